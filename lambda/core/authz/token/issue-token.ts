import { ok, type Result } from '../../result';
import { type AccessTokenClaims, signAccessToken } from '../access-token';
import type { OAuthError } from '../oauth-error';
import { mintRefreshToken } from '../refresh-token';
import type { Issue } from './redemption';
import { backendFailed } from './refusals';
import type { TokenDeps } from './token-deps';

/** Everything of an answer that can fail to be made; made before anything is written. */
export interface Signed {
  readonly grantId: string;
  readonly accessToken: string;
  readonly expiresInS: number;
  /** Absent where there will be no refresh token. */
  readonly tokenKey: Uint8Array | undefined;
}

const JTI_BYTES = 16;

export async function signFor(issue: Issue, deps: TokenDeps): Promise<Result<Signed, OAuthError>> {
  const { grant, scopes, endsAtMs } = issue;
  const iat = Math.floor(deps.now() / 1000);
  const exp = Math.min(iat + deps.config.accessTokenSeconds, Math.ceil(endsAtMs / 1000));
  const tokenKey = issue.hasRefreshToken ? await deps.tokenKey() : undefined;
  if (tokenKey?.ok === false) return { ok: false, error: backendFailed(tokenKey.error) };
  const claims: AccessTokenClaims = {
    iss: deps.issuer,
    sub: grant.person.subject,
    aud: grant.resource,
    client_id: grant.client.clientId,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    iat,
    exp,
    jti: Buffer.from(deps.randomBytes(JTI_BYTES)).toString('base64url'),
    sid: grant.grantId,
    ...(grant.origin === 'consent' ? { auth_time: Math.floor(grant.person.authenticatedAtMs / 1000) } : {}),
  };
  const signed = await signAccessToken(claims, deps);
  if (!signed.ok) return { ok: false, error: backendFailed(signed.error) };
  return ok({ grantId: grant.grantId, accessToken: signed.value, expiresInS: exp - iat, tokenKey: tokenKey?.value });
}

/** The token response. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export function tokenBody({ accessToken, expiresInS, tokenKey }: Signed, { grant, scopes }: Issue): object {
  const { person, grantId, generation, client } = grant;
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInS,
    ...(tokenKey === undefined
      ? {}
      : {
          refresh_token: mintRefreshToken(tokenKey, { subject: person.subject, grantId, generation }, client.clientId),
        }),
    scope: scopes.join(' '),
  };
}
