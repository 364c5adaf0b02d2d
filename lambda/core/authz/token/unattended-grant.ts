import type { AuthorizationServerConfig } from '../../../config/gateway-config';
import { AUTH_KEYS, type GrantRecord } from '../../../contract/auth-record';
import { PATHS } from '../../../contract/paths';
import { grantProblem, isSwitchedOff } from '../../grant-state';
import { err, type Result } from '../../result';
import type { Client } from '../clients/client';
import { hashOf } from '../handle';
import type { OAuthError } from '../oauth-error';
import { type Decision, type FoundGrant, refusal } from './redemption';
import { invalidTarget } from './refusals';
import type { TokenDeps } from './token-deps';

/** A grant nobody consented to in a browser: a machine's own, or one the company's IdP vouches for. */
export type UnattendedGrant = Pick<GrantRecord, 'person' | 'client' | 'scopes' | 'resource'> & {
  readonly origin: 'machine' | 'assertion';
};

/**
 * One for an agent, a person and an endpoint: asking again renews it instead of piling them up, and once it is ended
 * no other choice of scopes leads around that.
 */
export function usualGrantId({ origin, client, person, resource }: UnattendedGrant): string {
  return grantIdOf([origin, client.clientId, person.subject, resource]);
}

/**
 * Creates the usual grant or renews it, at most once per lifetime of a token.
 *
 * One that a person or an administrator ended stays ended, as long as the table remembers: nobody is asked here, so
 * the next assertion would undo it. One that the client gave up itself, or a switch ended, has a successor; it is not
 * brought back while tokens from before name it.
 */
export function decideUnattended(
  wanted: UnattendedGrant,
  found: FoundGrant,
  grantId: string,
  { accessTokenSeconds }: Pick<AuthorizationServerConfig, 'accessTokenSeconds'>,
  refused: (cause: string) => OAuthError,
  nowMs: number,
): Decision {
  // As if it were created now: then it is about blocks, and about a revocation in this very millisecond.
  if (found.switches.some((one) => isSwitchedOff(one, nowMs))) return refusal(refused('switched off'));
  const tokenEndsAtMs = nowMs + accessTokenSeconds * 1000;
  const { grant: before, version } = found;
  if (isEndedForGood(found)) return refusal(refused('ended'));
  const isAlive = before !== undefined && grantProblem(found, nowMs) === undefined;
  if (before !== undefined && !isAlive && before.endsAtMs > nowMs) {
    return { kind: 'succeeded', grantId: grantIdOf([grantId, version]) };
  }
  const issue = { kind: 'issue', scopes: wanted.scopes, endsAtMs: tokenEndsAtMs, hasRefreshToken: false } as const;
  const hasScopes = wanted.scopes.every((scope) => before?.scopes.includes(scope));
  if (isAlive && hasScopes && before.endsAtMs >= tokenEndsAtMs) return { ...issue, grant: before };

  const usual = usualGrantId(wanted);
  const grant: GrantRecord = {
    ...wanted,
    ...(grantId === usual ? {} : { standsInFor: usual }),
    // All that was given under it, for whoever looks at it.
    scopes: isAlive ? [...new Set([...before.scopes, ...wanted.scopes])] : wanted.scopes,
    grantId,
    phase: 'active',
    generation: 0,
    createdAtMs: isAlive ? before.createdAtMs : nowMs,
    lastUsedAtMs: nowMs,
    endsAtMs: tokenEndsAtMs + accessTokenSeconds * 1000,
  };
  return {
    ...issue,
    grant,
    write: {
      key: AUTH_KEYS.grant(wanted.person.subject, grantId),
      ...(version === undefined ? {} : { version }),
      lifetime: { validUntilMs: grant.endsAtMs },
    },
  };
}

/** An administrator may allow the person or the client again; what a person ended is the person's. */
function isEndedForGood({ grant, switches }: FoundGrant): boolean {
  const revoked = grant?.phase === 'revoked' ? grant.revoked : undefined;
  if (revoked === undefined || revoked.reason === 'client') return false;
  const isAllowedAgain = switches.some((one) => one?.kind !== 'gateway' && (one?.allowedAtMs ?? 0) > revoked.atMs);
  return revoked.reason !== 'administrator' || !isAllowedAgain;
}

/** 128 bits, as those of a sign-in. */
function grantIdOf(facts: readonly unknown[]): string {
  return hashOf(JSON.stringify(facts)).slice(0, 22);
}

/** The endpoint asked for. Not the vault's keys: those are for administrators who were asked in person. */
export function endpointNamed(
  named: readonly string[] | undefined,
  client: Pick<Client, 'kind'>,
  { resources, issuer }: Pick<TokenDeps, 'resources' | 'issuer'>,
): Result<string, OAuthError> {
  const resource = resources.resolve(named, client);
  return resource.ok && resource.value === issuer + PATHS.vaultResource
    ? err(invalidTarget('vault without a person'))
    : resource;
}
