import type { AuthorizationServerConfig, IdentityProviderConfig } from '../../../config/gateway-config';
import type { ClientFacts, GrantRecord } from '../../../contract/auth-record';
import { VAULT_SCOPE } from '../../../contract/vault-api';
import { grantProblem } from '../../grant-state';
import { type Caller, invalidClient } from '../client-authentication';
import { isListedHost } from '../clients/host-rules';
import { isAdministrator, isStillAllowed } from '../identity';
import type { OAuthError } from '../oauth-error';
import type { FoundGrant } from './redemption';
import { invalidGrant } from './refusals';

/**
 * Why this caller gets no tokens from the grant a person gave; the grant itself if it may.
 *
 * What was allowed at consent is asked again each time: switches, and what the operator's configuration says today
 * about the client and the person's groups.
 */
export function checkGrant(
  found: FoundGrant,
  caller: Caller,
  config: AuthorizationServerConfig,
  nowMs: number,
): GrantRecord | OAuthError {
  const { grant } = found;
  if (grant === undefined) return invalidGrant('grant unknown');
  // Nothing is revoked by another client: a spent code or an old token may have leaked to it.
  if (grant.client.clientId !== caller.clientId) return invalidGrant('of another client');
  if (grant.client.authentication !== 'none' && caller.assertion === undefined) {
    return invalidClient('assertion missing');
  }
  if (grant.origin !== 'consent') return invalidGrant(`origin ${grant.origin}`);
  const problem = grantProblem(found, nowMs);
  if (problem !== undefined) return invalidGrant(`grant ${problem}`);
  if (!isAllowedClient(grant.client, config)) return invalidClient('client no longer allowed');
  return isAllowedPerson(grant, config.identityProvider) ? grant : invalidGrant('person no longer allowed');
}

export function isRefusal(checked: GrantRecord | OAuthError): checked is OAuthError {
  return 'error' in checked;
}

function isAllowedClient(
  { kind, clientId, host = '' }: ClientFacts,
  { clients, clientIdMetadata, dynamicRegistration }: AuthorizationServerConfig,
): boolean {
  switch (kind) {
    case 'registered':
      return clients.some((client) => client.clientId === clientId);
    case 'metadata_document':
      return clientIdMetadata.enabled && isListedHost(host, clientIdMetadata.allowedHosts);
    case 'dynamic':
      return dynamicRegistration.enabled;
  }
}

/** By what the IdP said at the last sign-in: newer groups come with the next. */
function isAllowedPerson({ person, scopes }: GrantRecord, config: IdentityProviderConfig): boolean {
  return isStillAllowed(person, config) && (!scopes.includes(VAULT_SCOPE) || isAdministrator(person.groups, config));
}
