import { AUTH_KEYS, type GrantRecord } from '../../../contract/auth-record';
import { err, ok, type Result } from '../../result';
import type { Caller } from '../client-authentication';
import { hashOf, isSameSecret } from '../handle';
import { type Parameters, single } from '../http';
import type { OAuthError } from '../oauth-error';
import { grantsRefreshTokens, lifetimeOf } from './grant-lifetime';
import { checkGrant, isRefusal } from './grant-policy';
import { type Decision, type FoundGrant, type Redemption, refusal } from './redemption';
import { invalidGrant, invalidTarget, missingParameter } from './refusals';
import type { TokenDeps } from './token-deps';

const CODE = /^([\w-]{43})\.([\w-]{22})\.[\w-]{43}$/;
/** RFC 7636 §4.1. */
const VERIFIER = /^[\w.~-]{43,128}$/;

/** `authorization_code` with PKCE S256. @see https://www.rfc-editor.org/rfc/rfc7636#section-4.6 */
export async function redeemCode(
  parameters: Parameters,
  caller: Caller,
  deps: TokenDeps,
): Promise<Result<Redemption, OAuthError>> {
  const code = single(parameters, 'code');
  if (code === undefined) return err(missingParameter('code'));
  const [, subject, grantId] = CODE.exec(code) ?? [];
  if (subject === undefined || grantId === undefined) return err(invalidGrant('code malformed'));
  const request: CodeRequest = {
    code,
    verifier: single(parameters, 'code_verifier') ?? '',
    redirectUri: single(parameters, 'redirect_uri'),
    resource: parameters['resource'],
  };
  return ok({ subject, grantId, decide: (found, nowMs) => decide(request, found, caller, deps, nowMs) });
}

interface CodeRequest {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string | undefined;
  readonly resource: readonly string[] | undefined;
}

function decide(request: CodeRequest, found: FoundGrant, caller: Caller, deps: TokenDeps, nowMs: number): Decision {
  const checked = checkGrant(found, caller, deps.config, nowMs);
  if (isRefusal(checked)) return refusal(checked);
  const grant = checked;
  // Only who has all of it is told apart from a guesser, and only they can end the grant by coming twice.
  if (!isSameSecret(hashOf(request.code), grant.codeHash ?? '')) return refusal(invalidGrant('code unknown'));
  if (!isVerifiedBy(grant, request.verifier)) return refusal(invalidGrant('code_verifier'));
  if (request.redirectUri !== undefined && request.redirectUri !== grant.redirectUri) {
    return refusal(invalidGrant('redirect_uri'));
  }
  if (!isForGrant(request.resource, grant, deps)) return refusal(invalidTarget('resource'));
  if (grant.phase === 'active') return { kind: 'reused', reason: 'code_reused' };
  if ((grant.codeExpiresAtMs ?? 0) <= nowMs) return refusal(invalidGrant('code expired'));

  const next: GrantRecord = { ...grant, phase: 'active', generation: 1, lastUsedAtMs: nowMs };
  const { record, lifetime } = lifetimeOf(next, deps.config, nowMs);
  if (lifetime.validUntilMs <= nowMs) return refusal(invalidGrant('grant expired'));
  return {
    kind: 'issue',
    grant: record,
    scopes: grant.scopes,
    endsAtMs: lifetime.validUntilMs,
    write: { key: AUTH_KEYS.grant(grant.person.subject, grant.grantId), version: found.version ?? 0, lifetime },
    hasRefreshToken: grantsRefreshTokens(caller.client),
  };
}

/** A grant without a challenge has no verifier that fits: leaving both out must not be a way around PKCE. */
function isVerifiedBy({ codeChallenge }: GrantRecord, verifier: string): boolean {
  return codeChallenge !== undefined && VERIFIER.test(verifier) && isSameSecret(hashOf(verifier), codeChallenge);
}

/** Whether `resource` is absent or names what the person consented to (RFC 8707 §2.2). */
export function isForGrant(
  resource: readonly string[] | undefined,
  grant: GrantRecord,
  { resources }: Pick<TokenDeps, 'resources'>,
): boolean {
  const named = (resource ?? []).filter((value) => value !== '');
  if (named.length === 0) return true;
  const resolved = resources.resolve(named, grant.client);
  return resolved.ok && resolved.value === grant.resource;
}
