import type { AuthorizationServerConfig } from '../../../config/gateway-config';
import type { GrantRecord } from '../../../contract/auth-record';
import { GRANT_TYPES } from '../../../contract/authorization-server';
import { VAULT_SCOPE } from '../../../contract/vault-api';
import type { Client } from '../clients/client';
import type { Lifetime } from '../ports';

/**
 * Who has an administrator's computer for a moment must not have the keys for months: a working day, then the person
 * is asked again.
 */
const LONGEST_VAULT_S = 8 * 3600;

/** How long a grant with these scopes lives at most, however used. */
export function longestGrantSeconds(
  scopes: readonly string[],
  { grantMaxSeconds }: Pick<AuthorizationServerConfig, 'grantMaxSeconds'>,
): number {
  return scopes.includes(VAULT_SCOPE) ? Math.min(grantMaxSeconds, LONGEST_VAULT_S) : grantMaxSeconds;
}

/**
 * How long a person's grant lives when it is used now: until it is idle for too long, and never past its end. The end
 * counts from the consent and by today's configuration, so that a shortened one is honoured by old grants too.
 */
export function lifetimeOf(
  grant: GrantRecord,
  config: Pick<AuthorizationServerConfig, 'grantIdleSeconds' | 'grantMaxSeconds'>,
  nowMs: number,
): { readonly record: GrantRecord; readonly lifetime: Lifetime } {
  const latestMs = grant.createdAtMs + longestGrantSeconds(grant.scopes, config) * 1000;
  const endsAtMs = grant.generation > 1 ? Math.min(grant.endsAtMs, latestMs) : latestMs;
  return {
    record: { ...grant, endsAtMs },
    lifetime: { validUntilMs: Math.min(endsAtMs, nowMs + config.grantIdleSeconds * 1000) },
  };
}

/** Whether a client gets refresh tokens: any may whose entry does not say otherwise. */
export function grantsRefreshTokens(client: Client | undefined): boolean {
  return client === undefined || client.grantTypes.includes(GRANT_TYPES.refreshToken);
}
