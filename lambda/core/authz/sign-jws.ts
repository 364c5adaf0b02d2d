import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';

/** A JWS in compact form (RFC 7515 §7.1), signed by a key that is elsewhere. `header.alg` is what `sign` does. */
export async function signJws(
  header: object,
  claims: object,
  sign: (signingInput: string) => Promise<Result<Uint8Array, BackendFailure>>,
): Promise<Result<string, BackendFailure>> {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = await sign(input);
  return signature.ok ? ok(`${input}.${Buffer.from(signature.value).toString('base64url')}`) : signature;
}
