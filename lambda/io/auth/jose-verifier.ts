import { type CompactVerifyGetKey, type CryptoKey, compactVerify, createLocalJWKSet, type JWK } from 'jose';
import { ASSERTION_ALGORITHMS } from '../../contract/authorization-server';
import type { Claims, JwtProblem, JwtVerifier, KeySet } from '../../core/authz/assertion';
import { parseObject } from '../../core/json';
import { err, ok, type Result } from '../../core/result';

type Verdict = Result<Claims, JwtProblem>;

/**
 * Verifies JWTs others signed. Asymmetric algorithms only, and keys only from the set given: what a header says of
 * keys (`jwk`, `jku`, `x5u`, `x5c`) is its sender's word.
 */
export const joseVerifier: JwtVerifier = {
  verify: (jwt, keys, types) => verify(jwt, createLocalJWKSet({ keys: usableKeys(keys) }), types),
};

async function verify(
  jwt: string,
  lookup: CompactVerifyGetKey,
  types: readonly (string | undefined)[],
): Promise<Verdict> {
  try {
    const { payload, protectedHeader } = await compactVerify(jwt, lookup, { algorithms: [...ASSERTION_ALGORITHMS] });
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (!types.includes(type)) return err('wrong_type');
    const claims: Claims | undefined = parseObject(payload);
    return claims === undefined ? err('malformed') : ok(claims);
  } catch (error) {
    return fitsSeveralKeys(error) ? verifyWithAny(jwt, error, types) : err(problemOf(error));
  }
}

/** Without a key id, or with one that is there twice. */
async function verifyWithAny(
  jwt: string,
  candidates: AsyncIterable<CryptoKey>,
  types: readonly (string | undefined)[],
): Promise<Verdict> {
  for await (const key of candidates) {
    const verdict = await verify(jwt, async () => key, types);
    // A key that cannot be used at all is as good as another's.
    if (verdict.ok || !/^(bad_signature|malformed)$/.test(verdict.error)) return verdict;
  }
  return err('bad_signature');
}

/** A set may hold what we cannot read beside what we can (RFC 7517 §5); no shared secret is ever a key here. */
function usableKeys({ keys }: KeySet): JWK[] {
  return keys.filter((key): key is JWK => 'kty' in key && typeof key.kty === 'string' && key.kty !== 'oct');
}

function fitsSeveralKeys(error: unknown): error is AsyncIterable<CryptoKey> {
  return typeof error === 'object' && error !== null && Symbol.asyncIterator in error;
}

/** Told apart by jose's stable codes. */
function problemOf(error: unknown): JwtProblem {
  switch ((error as { readonly code?: unknown } | null)?.code) {
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'unknown_key';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'bad_signature';
    default:
      return 'malformed';
  }
}
