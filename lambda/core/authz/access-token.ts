import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { SigningKeys, TokenSigner } from './ports';
import { signingKeyAt } from './signing-key';

export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** Claims of an access token. @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2 */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  /** One endpoint or the gateway's own resource (RFC 8707): nobody else accepts it. */
  readonly aud: string;
  readonly client_id: string;
  readonly scope?: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** The grant it was made under: revoking that ends it. */
  readonly sid: string;
  readonly auth_time?: number;
}

export interface SigningTools {
  readonly keys: SigningKeys;
  readonly signer: TokenSigner;
  readonly now: () => number;
}

/** Signs an access token with the key of the moment: one call to KMS. */
export async function signAccessToken(
  claims: AccessTokenClaims,
  { keys, signer, now }: SigningTools,
): Promise<Result<string, BackendFailure>> {
  const known = await keys.current();
  if (!known.ok) return known;
  const key = signingKeyAt(known.value, now());
  if (key === undefined) return err({ service: 'kms', kind: 'not_found', name: 'NoSigningKey' });
  const input = `${encode({ alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid: key.kid })}.${encode(claims)}`;
  const signature = await signer.sign(key, input);
  return signature.ok ? ok(`${input}.${Buffer.from(signature.value).toString('base64url')}`) : signature;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
