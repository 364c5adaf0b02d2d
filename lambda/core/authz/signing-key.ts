import type { SigningKeyRecord } from '../../contract/auth-record';

/** A public key as `/jwks` shows it. @see https://www.rfc-editor.org/rfc/rfc7517#section-4 */
export interface PublicSigningKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** The key to sign with: the newest whose time has come, so that every cached key set has it already. */
export function signingKeyAt(keys: readonly SigningKeyRecord[], nowMs: number): SigningKeyRecord | undefined {
  return keys
    .filter((key) => key.signFromMs <= nowMs && isVerifiedAt(key, nowMs))
    .reduce<SigningKeyRecord | undefined>(
      (newest, key) => (newest !== undefined && newest.signFromMs >= key.signFromMs ? newest : key),
      undefined,
    );
}

/** The key set: keys from before they sign until nothing they signed is left. */
export function jwksAt(
  keys: readonly SigningKeyRecord[],
  nowMs: number,
): { readonly keys: readonly PublicSigningKey[] } {
  return {
    keys: keys
      .filter((key) => isVerifiedAt(key, nowMs))
      // Member by member: whatever else a record may come to hold is not for the public.
      .map(({ kid, publicJwk: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' })),
  };
}

function isVerifiedAt({ verifyUntilMs }: SigningKeyRecord, nowMs: number): boolean {
  return verifyUntilMs === undefined || nowMs < verifyUntilMs;
}
