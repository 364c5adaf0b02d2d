import { hash } from 'node:crypto';
import {
  type CryptoKey,
  createLocalJWKSet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import type { AuthConfig } from '../config/gateway-config';
import type { TokenVerifier, VerifiedToken } from '../core/authenticate';
import type { TokenProblem } from '../core/gateway-error';
import { err, ok, type Result } from '../core/result';
import type { IssuerKeys } from './issuer-keys';

type Verdict = Result<VerifiedToken, TokenProblem | 'issuer_unreachable'>;

/** One signature check costs as much as forty calls; a token is checked once and remembered by hash. */
const MAX_REMEMBERED = 2_000;

/**
 * Verifies JWT access tokens (RFC 9068 §4) with the issuer's keys, and remembers the good ones
 * until they expire or the keys change. Whom a token is for is the caller's question.
 */
export function tokenVerifier(auth: AuthConfig, keys: IssuerKeys, now: () => number): TokenVerifier {
  const remembered = new Map<string, VerifiedToken>();
  let keysVersion = -1;
  let keyLookup: JWTVerifyGetKey | undefined;

  return { verify };

  async function verify(token: string): Promise<Verdict> {
    const jwks = await keys.current();
    if (jwks === undefined) return err('issuer_unreachable');
    if (keysVersion !== keys.version || keyLookup === undefined) {
      remembered.clear();
      keyLookup = createLocalJWKSet(jwks);
      keysVersion = keys.version;
    }
    const digest = hash('sha256', token, 'base64');
    const known = remembered.get(digest);
    if (known !== undefined) {
      if (now() < known.expiresAtMs) return ok(known);
      remembered.delete(digest);
    }
    const { version } = keys;
    const checked = await check(token, keyLookup);
    if (!checked.ok && checked.error === 'unknown_key' && (await keys.reload())) {
      const reloaded = await keys.current();
      if (reloaded === undefined) return err('issuer_unreachable');
      return check(token, createLocalJWKSet(reloaded));
    }
    // Not if the keys changed meanwhile: what a withdrawn key signed must not be remembered.
    if (version === keys.version) remember(digest, checked);
    return checked;
  }

  function remember(digest: string, verdict: Verdict): void {
    if (!verdict.ok) return;
    remembered.set(digest, verdict.value);
    const [oldest = ''] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED) remembered.delete(oldest);
  }

  async function check(token: string, lookup: JWTVerifyGetKey): Promise<Verdict> {
    let verified: JWTVerifyResult;
    try {
      verified = await jwtVerify(token, lookup, {
        issuer: auth.issuer,
        algorithms: [...auth.algorithms],
        clockTolerance: auth.clockToleranceSeconds,
        currentDate: new Date(now()),
        requiredClaims: ['exp'],
      });
    } catch (error) {
      if (!fitsSeveralKeys(error)) return err(problemOf(error));
      for await (const key of error) {
        const verdict = await check(token, async () => key);
        if (verdict.ok || verdict.error !== 'bad_signature') return verdict;
      }
      return err('bad_signature');
    }
    // An ID token is signed by the same keys for another purpose (RFC 9068 §5, cross-JWT confusion).
    const type = verified.protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (type === undefined || !auth.tokenTypes.includes(type)) return err('wrong_type');
    return read(verified.payload, auth.clockToleranceSeconds);
  }
}

function read(claims: JWTPayload, toleranceSeconds: number): Verdict {
  const { sub, aud, exp } = claims;
  if (typeof sub !== 'string' || sub === '') return err('no_subject');
  const clientId = claims['client_id'] ?? claims['azp'];
  const scope = claims['scope'] ?? claims['scp'];
  return ok({
    subject: sub,
    clientId: typeof clientId === 'string' ? clientId : undefined,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : stringsOf(scope),
    audiences: typeof aud === 'string' ? [aud] : stringsOf(aud),
    expiresAtMs: ((exp ?? 0) + toleranceSeconds) * 1000,
  });
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** A token without a key id, while the issuer has several keys of its type: jose lists them. */
function fitsSeveralKeys(error: unknown): error is AsyncIterable<CryptoKey> {
  return Symbol.asyncIterator in (error as object);
}

/** Told apart by jose's stable codes. */
function problemOf(error: unknown): TokenProblem {
  const { code, claim } = error as { readonly code?: unknown; readonly claim?: unknown };
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return 'expired';
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'unknown_key';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'bad_signature';
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return claim === 'iss' ? 'wrong_issuer' : claim === 'nbf' ? 'not_yet_valid' : 'malformed';
    default:
      return 'malformed';
  }
}
