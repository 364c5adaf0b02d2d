import type { AssertionIssuerConfig } from '../../config/gateway-config';
import { AUTH_KEYS, type OnceRecord } from '../../contract/auth-record';
import { parseObject } from '../json';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { Client } from './clients/client';
import { hashOf } from './handle';
import type { AuthStore, AuthzTools } from './ports';

/** Public keys, as JWKs. What they are worth is the verifier's question. */
export interface KeySet {
  readonly keys: readonly object[];
}

/** `unreachable`: try again later. `unusable`: there are none, or not where they may be. */
export type KeysProblem = BackendFailure | 'unreachable' | 'unusable';

/**
 * The keys others sign with. `newer`: a token names a key the known set lacks, so fetch again; the same set comes back
 * if that was done a moment ago, because anyone can invent key ids.
 */
export interface AssertionKeys {
  forClient(client: Client, newer: boolean): Promise<Result<KeySet, KeysProblem>>;
  forIssuer(issuer: AssertionIssuerConfig, newer: boolean): Promise<Result<KeySet, KeysProblem>>;
}

export type Claims = Readonly<Record<string, unknown>>;

export type JwtProblem = 'malformed' | 'wrong_type' | 'unknown_key' | 'bad_signature';

/** Verifies that one of the keys signed a JWT, and that it is of one of the types; reads nothing into its claims. */
export interface JwtVerifier {
  /** `types`: `typ` header values, lower case; `undefined` stands for a JWT without one. */
  verify(jwt: string, keys: KeySet, types: readonly (string | undefined)[]): Promise<Result<Claims, JwtProblem>>;
}

/** What a JWT says before anyone has verified it: good for choosing whose keys to try, and for nothing else. */
export function unverifiedClaims(jwt: string): Claims {
  return parseObject(Buffer.from(jwt.split('.')[1] ?? '', 'base64url')) ?? {};
}

const CLOCK_TOLERANCE_S = 5;
const MAX_JTI_LENGTH = 512;

/** Verifies with the keys known; with newer ones, once, if the JWT names a key that is not among them. */
export async function verifyWithKeys(
  jwt: string,
  types: readonly (string | undefined)[],
  keysOf: (newer: boolean) => Promise<Result<KeySet, KeysProblem>>,
  verifier: JwtVerifier,
): Promise<Result<Claims, JwtProblem | KeysProblem>> {
  const known = await keysOf(false);
  if (!known.ok) return known;
  const verified = await verifier.verify(jwt, known.value, types);
  if (verified.ok || verified.error !== 'unknown_key') return verified;
  const newer = await keysOf(true);
  return newer.ok ? verifier.verify(jwt, newer.value, types) : newer;
}

export interface Expectation {
  readonly issuer: string;
  /** Whoever accepts it for more than itself accepts what was meant for others: exactly one of these, alone. */
  readonly audiences: readonly string[];
  /** How far ahead `exp` may be, in seconds. */
  readonly maxLifetimeS: number;
}

/** What RFC 7523 §3 asks of the claims of any assertion. The problem is for the log. */
export function assertionProblem(claims: Claims, expected: Expectation, nowMs: number): string | undefined {
  const { iss, aud, exp, nbf, iat, jti } = claims;
  const nowS = nowMs / 1000;
  if (iss !== expected.issuer) return 'iss';
  const [only, ...others] = Array.isArray(aud) ? (aud as unknown[]) : [aud];
  if (others.length > 0 || typeof only !== 'string' || !expected.audiences.includes(only)) return 'aud';
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'exp';
  if (exp + CLOCK_TOLERANCE_S <= nowS) return 'expired';
  if (exp - CLOCK_TOLERANCE_S > nowS + expected.maxLifetimeS) return 'exp too far';
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= nowS + CLOCK_TOLERANCE_S)) return 'nbf';
  if (iat !== undefined && !(typeof iat === 'number' && iat <= nowS + CLOCK_TOLERANCE_S)) return 'iat';
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) return 'jti';
  return undefined;
}

/** An assertion that passed: from here on it can be used up. */
export interface OnceUse {
  readonly hash: string;
  readonly validUntilMs: number;
}

/** `claims` have passed {@link assertionProblem}. Two signers may well choose the same `jti`. */
export function onceUse(kind: 'client' | 'issuer', claims: Claims): OnceUse {
  const { iss, jti, exp } = claims;
  return {
    hash: hashOf(JSON.stringify([kind, iss, jti])),
    // A little longer than any clock here could still accept it.
    validUntilMs: (Math.ceil(Number(exp)) + 4 * CLOCK_TOLERANCE_S) * 1000,
  };
}

/** Uses an assertion up; `already_used` for all but the first of however many at once. */
export async function useOnce(
  { hash, validUntilMs }: OnceUse,
  { store, now }: { readonly store: Pick<AuthStore, 'create'> } & Pick<AuthzTools, 'now'>,
): Promise<Result<undefined, BackendFailure | 'already_used'>> {
  const record: OnceRecord = { usedAtMs: now() };
  const written = await store.create(AUTH_KEYS.once(hash), record, { validUntilMs });
  if (!written.ok) return written;
  return written.value.won ? ok(undefined) : err('already_used');
}
