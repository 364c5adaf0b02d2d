import type { BackendFailure } from '../ports';
import { err, type Result } from '../result';
import type { SigningKeys, TokenSigner } from './ports';
import { signJws } from './sign-jws';
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
  const header = { alg: 'ES256', typ: ACCESS_TOKEN_TYPE, kid: key.kid };
  return signJws(header, claims, (signingInput) => signer.sign(key, signingInput));
}
