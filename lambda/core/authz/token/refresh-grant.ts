import { AUTH_KEYS, type GrantRecord } from '../../../contract/auth-record';
import { err, ok, type Result } from '../../result';
import type { Caller } from '../client-authentication';
import { type Parameters, single } from '../http';
import type { OAuthError } from '../oauth-error';
import { openRefreshToken, type RefreshToken } from '../refresh-token';
import { parseScope } from '../scopes';
import { grantsRefreshTokens, lifetimeOf } from './grant-lifetime';
import { checkGrant, isRefusal } from './grant-policy';
import { isForGrant } from './redeem-code';
import { type Decision, type FoundGrant, type Redemption, refusal } from './redemption';
import {
  backendFailed,
  invalidGrant,
  invalidScope,
  invalidTarget,
  missingParameter,
  unauthorizedClient,
} from './refusals';
import type { TokenDeps } from './token-deps';

/** `refresh_token`: each is used once, and gives the next. @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 */
export async function refreshGrant(
  parameters: Parameters,
  caller: Caller,
  deps: TokenDeps,
): Promise<Result<Redemption, OAuthError>> {
  if (!grantsRefreshTokens(caller.client)) return err(unauthorizedClient('no refresh_token'));
  const text = single(parameters, 'refresh_token');
  if (text === undefined) return err(missingParameter('refresh_token'));
  const key = await deps.tokenKey();
  if (!key.ok) return err(backendFailed(key.error));
  const token = openRefreshToken(key.value, text, caller.clientId);
  if (token === undefined) return err(invalidGrant('refresh token forged or of another client'));
  const request: RefreshRequest = {
    token,
    scope: single(parameters, 'scope'),
    resource: parameters['resource'],
  };
  const { subject, grantId } = token;
  return ok({ subject, grantId, decide: (found, nowMs) => decide(request, found, caller, deps, nowMs) });
}

interface RefreshRequest {
  readonly token: RefreshToken;
  readonly scope: string | undefined;
  readonly resource: readonly string[] | undefined;
}

function decide(
  { token, scope, resource }: RefreshRequest,
  found: FoundGrant,
  caller: Caller,
  deps: TokenDeps,
  nowMs: number,
): Decision {
  const checked = checkGrant(found, caller, deps.config, nowMs);
  if (isRefusal(checked)) return refusal(checked);
  const grant = checked;
  const use = useOf(token, grant, deps.config.refreshGraceSeconds, nowMs);
  if (use === 'reused') return { kind: 'reused', reason: 'refresh_token_reused' };
  if (use === 'unknown') return refusal(invalidGrant('generation not there yet'));
  if (!isForGrant(resource, grant, deps)) return refusal(invalidTarget('resource'));
  const scopes = narrowed(scope, grant.scopes);
  if (scopes === undefined) return refusal(invalidScope('wider than the grant'));

  if (use === 'repeated') {
    const { lifetime } = lifetimeOf(grant, deps.config, grant.rotatedAtMs ?? nowMs);
    return { kind: 'issue', grant, scopes, endsAtMs: lifetime.validUntilMs, hasRefreshToken: true };
  }
  const next = { ...grant, generation: grant.generation + 1, rotatedAtMs: nowMs, lastUsedAtMs: nowMs };
  const { record, lifetime } = lifetimeOf(next, deps.config, nowMs);
  if (lifetime.validUntilMs <= nowMs) return refusal(invalidGrant('grant expired'));
  return {
    kind: 'issue',
    grant: record,
    scopes,
    endsAtMs: lifetime.validUntilMs,
    write: { key: AUTH_KEYS.grant(grant.person.subject, grant.grantId), version: found.version ?? 0, lifetime },
    hasRefreshToken: true,
  };
}

/**
 * What a refresh token of this generation means now.
 *
 * `repeated`: several processes of one agent share their token and refresh at once, or an answer got lost; for a short
 * time the token before the current one gives the current one again. Later, and for any older one, somebody has a copy.
 */
function useOf(
  { generation }: RefreshToken,
  grant: GrantRecord,
  graceSeconds: number,
  nowMs: number,
): 'current' | 'repeated' | 'reused' | 'unknown' {
  if (grant.phase !== 'active' || generation > grant.generation) return 'unknown';
  if (generation === grant.generation) return 'current';
  const graceEndsAtMs = (grant.rotatedAtMs ?? 0) + graceSeconds * 1000;
  return generation === grant.generation - 1 && nowMs < graceEndsAtMs ? 'repeated' : 'reused';
}

/** Fewer scopes may be asked for, for the access token alone (RFC 6749 §6); more may not. */
function narrowed(scope: string | undefined, granted: readonly string[]): readonly string[] | undefined {
  const asked = parseScope(scope ?? '');
  if (asked === undefined || asked.some((one) => !granted.includes(one))) return undefined;
  return asked.length === 0 ? granted : granted.filter((one) => asked.includes(one));
}
