import { GRANT_TYPES } from '../../../contract/authorization-server';
import { err, ok, type Result } from '../../result';
import type { Caller } from '../client-authentication';
import { factsOf } from '../clients/client';
import { hashOf } from '../handle';
import { type Parameters, single } from '../http';
import type { OAuthError } from '../oauth-error';
import { scopesFor } from '../scopes';
import type { Redemption } from './redemption';
import { invalidScope, unauthorizedClient } from './refusals';
import type { TokenDeps } from './token-deps';
import { decideUnattended, endpointNamed, type UnattendedGrant, usualGrantId } from './unattended-grant';

/**
 * `client_credentials`, for machines the operator has entered, with `private_key_jwt` and nothing less: anybody can
 * register a client, and nobody consented to this one.
 */
export async function machineGrant(
  parameters: Parameters,
  { client, assertion }: Caller,
  deps: TokenDeps,
): Promise<Result<Redemption, OAuthError>> {
  if (client?.kind !== 'registered' || assertion === undefined) return err(unauthorizedClient('not a machine'));
  if (!client.grantTypes.includes(GRANT_TYPES.clientCredentials)) return err(unauthorizedClient('not entered as one'));
  const resource = endpointNamed(parameters['resource'], client, deps);
  if (!resource.ok) return resource;
  const scopes = scopesFor(single(parameters, 'scope'), deps.resources.scopesAt(resource.value));
  if (scopes === undefined) return err(invalidScope('none of the resource'));

  const nowMs = deps.now();
  const wanted: UnattendedGrant = {
    origin: 'machine',
    client: factsOf(client),
    person: {
      // No issuer of people is called so.
      subject: hashOf(`machine\0${client.clientId}`),
      displayName: client.name,
      groups: [],
      isAdministrator: false,
      authenticatedAtMs: nowMs,
    },
    scopes,
    resource: resource.value,
  };
  return ok({
    subject: wanted.person.subject,
    grantId: usualGrantId(wanted),
    decide: (found, atMs, grantId) => decideUnattended(wanted, found, grantId, deps.config, unauthorizedClient, atMs),
  });
}
