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

const GRANT_ID_BYTES = 16;
/** As many base64url characters. */
const GRANT_ID_LENGTH = 22;

/** The same for the same use, so that asking again renews one grant instead of piling them up. */
export function usualGrantId({ origin, client, person, resource, scopes }: UnattendedGrant): string {
  return hashOf(JSON.stringify([origin, client.clientId, person.subject, resource, scopes])).slice(0, GRANT_ID_LENGTH);
}

/**
 * Creates the usual grant or renews it, at most once per lifetime of a token.
 *
 * A usual grant that was revoked or switched off is never brought back, because tokens from before name it: until
 * those are surely over, each request gets a grant of its own, `freshId`.
 */
export function decideUnattended(
  wanted: UnattendedGrant,
  found: FoundGrant,
  freshId: () => string,
  { accessTokenSeconds }: Pick<AuthorizationServerConfig, 'accessTokenSeconds'>,
  refused: (cause: string) => OAuthError,
  nowMs: number,
): Decision {
  // As if it were created now: then it is about blocks, and about a revocation in this very millisecond.
  if (found.switches.some((one) => isSwitchedOff(one, nowMs))) return refusal(refused('switched off'));
  const tokenEndsAtMs = nowMs + accessTokenSeconds * 1000;
  const { grant: usual, version } = found;
  const isAlive = usual !== undefined && grantProblem(found, nowMs) === undefined;
  const issue = { kind: 'issue', scopes: wanted.scopes, endsAtMs: tokenEndsAtMs, hasRefreshToken: false } as const;
  if (isAlive && usual.endsAtMs >= tokenEndsAtMs) return { ...issue, grant: usual };

  const grant: GrantRecord = {
    ...wanted,
    grantId: usual === undefined || isAlive ? usualGrantId(wanted) : freshId(),
    phase: 'active',
    generation: 0,
    createdAtMs: isAlive ? usual.createdAtMs : nowMs,
    lastUsedAtMs: nowMs,
    endsAtMs: tokenEndsAtMs + accessTokenSeconds * 1000,
  };
  return {
    ...issue,
    grant,
    write: {
      key: AUTH_KEYS.grant(wanted.person.subject, grant.grantId),
      ...(isAlive && version !== undefined ? { version } : {}),
      lifetime: { validUntilMs: grant.endsAtMs },
    },
  };
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

export function freshGrantId(tools: Pick<TokenDeps, 'randomBytes'>): string {
  return Buffer.from(tools.randomBytes(GRANT_ID_BYTES)).toString('base64url');
}
