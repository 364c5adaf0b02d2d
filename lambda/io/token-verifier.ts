import { hash } from 'node:crypto';
import {
  type CompactVerifyGetKey,
  type CompactVerifyResult,
  type CryptoKey,
  compactVerify,
  createLocalJWKSet,
} from 'jose';
import type { AuthConfig } from '../config/gateway-config';
import type { TokenVerifier, VerifiedToken } from '../core/authenticate';
import type { TokenProblem } from '../core/gateway-error';
import { isText, parseObject } from '../core/json';
import { type Awaitable, err, ok, type Result } from '../core/result';
import type { IssuerKeys } from './issuer-keys';

type Verdict = Result<VerifiedToken, TokenProblem | 'issuer_unreachable'>;

/** One signature check costs as much as forty calls; a token is checked once and remembered by hash. */
const MAX_REMEMBERED = 2_000;

/**
 * Verifies JWT access tokens (RFC 9068 §4) with the issuer's keys, and remembers the good ones
 * until they expire or the keys change. Whom a token is for is the caller's question.
 */
export function tokenVerifier(auth: AuthConfig, keys: IssuerKeys, now: () => number): TokenVerifier {
  const remembered = new Map<string, Verdict & { ok: true }>();
  let keysVersion = -1;
  let keyLookup: CompactVerifyGetKey | undefined;

  return { verify };

  function verify(token: string): Awaitable<Verdict> {
    const digest = hash('sha256', token, 'base64');
    return (keys.isFresh && keysVersion === keys.version && recall(digest)) || verifyAnew(token, digest);
  }

  async function verifyAnew(token: string, digest: string): Promise<Verdict> {
    const jwks = await keys.current();
    if (jwks === undefined) return err('issuer_unreachable');
    if (keysVersion !== keys.version || keyLookup === undefined) {
      remembered.clear();
      keyLookup = createLocalJWKSet(jwks);
      keysVersion = keys.version;
    }
    const known = recall(digest);
    if (known !== undefined) return known;
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

  function recall(digest: string): Verdict | undefined {
    const known = remembered.get(digest);
    if (known === undefined || now() < known.value.expiresAtMs) return known;
    remembered.delete(digest);
    return undefined;
  }

  function remember(digest: string, verdict: Verdict): void {
    if (!verdict.ok) return;
    remembered.set(digest, verdict);
    const [oldest = ''] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED) remembered.delete(oldest);
  }

  async function check(token: string, lookup: CompactVerifyGetKey): Promise<Verdict> {
    let verified: CompactVerifyResult;
    try {
      verified = await compactVerify(token, lookup, { algorithms: [...auth.algorithms] });
    } catch (error) {
      if (!fitsSeveralKeys(error)) return err(problemOf(error));
      for await (const key of error) {
        const verdict = await check(token, async () => key);
        // A key that cannot be used at all is as good as another's.
        if (verdict.ok || !/^(bad_signature|malformed)$/.test(verdict.error)) return verdict;
      }
      return err('bad_signature');
    }
    const { protectedHeader, payload } = verified;
    const claims = parseObject(payload);
    // RFC 7797 §7: what was signed must be what is read.
    if (claims === undefined || protectedHeader.b64 === false) return err('malformed');
    return checkClaims(claims, protectedHeader.typ);
  }

  function checkClaims(claims: Readonly<Record<string, unknown>>, typ: unknown): Verdict {
    const { iss, exp, nbf, iat, sub } = claims;
    const tolerance = auth.clockToleranceSeconds;
    const seconds = Math.floor(now() / 1000);
    if (iss !== auth.issuer) return err('wrong_issuer');
    if (typeof exp !== 'number') return err('malformed');
    for (const from of [nbf, iat]) {
      if (from === undefined) continue;
      if (typeof from !== 'number') return err('malformed');
      if (from > seconds + tolerance) return err('not_yet_valid');
    }
    if (exp <= seconds - tolerance) return err('expired');
    // An ID token is signed by the same keys for another purpose (RFC 9068 §5, cross-JWT confusion).
    const type = isText(typ) ? typ.toLowerCase().replace(/^application\//, '') : '';
    if (!auth.tokenTypes.includes(type)) return err('wrong_type');
    // Bound to a key (RFC 7800), which a Bearer request does not prove: whoever sends it may have stolen it (RFC 9449 §7.2).
    if (claims['cnf'] !== undefined) return err('wrong_type');
    if (!isText(sub) || sub === '') return err('no_subject');
    return ok(read(claims, sub, (exp + tolerance) * 1000));
  }
}

function read(claims: Readonly<Record<string, unknown>>, subject: string, expiresAtMs: number): VerifiedToken {
  const { aud, sid } = claims;
  const clientId = claims['client_id'] ?? claims['azp'];
  const scope = claims['scope'] ?? claims['scp'];
  return {
    subject,
    clientId: isText(clientId) ? clientId : undefined,
    scopes: isText(scope) ? scope.split(' ').filter(Boolean) : stringsOf(scope),
    audiences: isText(aud) ? [aud] : stringsOf(aud),
    grantId: isText(sid) ? sid : undefined,
    expiresAtMs,
  };
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

/** A token without a key id, while the issuer has several keys of its type: jose lists them. */
function fitsSeveralKeys(error: unknown): error is AsyncIterable<CryptoKey> {
  return Symbol.asyncIterator in (error as object);
}

/** Told apart by jose's stable codes. */
function problemOf(error: unknown): TokenProblem {
  switch ((error as { readonly code?: unknown }).code) {
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'unknown_key';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'bad_signature';
    default:
      return 'malformed';
  }
}
