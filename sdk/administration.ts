import type { ConnectionView, EndConnectionResponse, ShredPersonResponse } from '../lambda/contract/connections-api';
import type { SetProviderSwitchRequest, SwitchMetadata } from '../lambda/contract/grants-api';
import { PATHS } from '../lambda/contract/paths';
import type { StoreClientSecretRequest } from '../lambda/contract/vault-api';
import { type ApiConnection, call, everyPage, queryText } from './admin-call';
import { McpGatewayError } from './gateway-error';
import { checkedName } from './vault';

export interface PersonConnection extends ConnectionView {
  /** Whose: as the lists of grants and connections show people. */
  readonly subject: string;
}

/** Everybody's connected accounts. No call shows a token or a key. */
export interface PeopleConnections {
  /** Everybody's, or those of one person. */
  list(filter?: { readonly subject?: string }): Promise<readonly PersonConnection[]>;
  /** Ends one here, and at the platform where that can be done. Of what is not there, it is no error. */
  disconnect(connection: { readonly subject: string; readonly provider: string }): Promise<EndConnectionResponse>;
  /**
   * Makes every credential a person connected unreadable for good, in every backup too. Cannot be undone; the person may
   * connect anew. Nothing can be revoked at the platforms afterwards: to have that too, `disconnect` each one before.
   */
  shred(person: { readonly subject: string }): Promise<ShredPersonResponse>;
}

/** What an operator does about people's accounts. Needs `authMode: 'iam'`. */
export interface Administration {
  readonly connections: PeopleConnections;
  /** Nobody's connection of the platform is used, and none is made, within the gateway's `cacheTtl`. */
  blockProvider(provider: string): Promise<SwitchMetadata>;
  /** Takes that back: what was connected works again, unless the platform has ended it unused meanwhile. */
  allowProvider(provider: string): Promise<SwitchMetadata>;
  /** Replaces the gateway's own client secret at a platform. Nothing reads it back. */
  setClientSecret(provider: string, clientSecret: string): Promise<void>;
}

/** base64url SHA-256. */
const SUBJECT = /^[A-Za-z0-9_-]{43}$/;

export function administration(connection: ApiConnection): Administration {
  const setSwitch = (provider: string, blocked: boolean) => {
    const body: SetProviderSwitchRequest = { id: checkedName('provider', provider), blocked };
    return call<SwitchMetadata>(connection, 'PUT', `${PATHS.switches}/provider`, { api: 'connections', body });
  };
  return {
    connections: peopleConnections(connection),
    blockProvider: async (provider) => setSwitch(provider, true),
    allowProvider: async (provider) => setSwitch(provider, false),
    setClientSecret: async (provider, clientSecret) => {
      const path = `${PATHS.vaultClients}/${checkedName('provider', provider)}`;
      const body: StoreClientSecretRequest = { clientSecret: checkedSecret(clientSecret) };
      await call(connection, 'PUT', path, { api: 'vault', body, secrets: [clientSecret] });
    },
  };
}

function peopleConnections(connection: ApiConnection): PeopleConnections {
  const api = 'connections';
  return {
    list: async ({ subject } = {}) => {
      if (subject !== undefined) checkSubject(subject);
      return everyPage<'connections', PersonConnection>(
        connection,
        'connections',
        api,
        (cursor) => PATHS.connections + queryText({ subject, cursor }),
      );
    },
    disconnect: async ({ subject, provider }) => {
      const path = `${PATHS.connections}/${checkSubject(subject)}/${checkedName('provider', provider)}`;
      return call<EndConnectionResponse>(connection, 'DELETE', path, { api });
    },
    shred: async ({ subject }) =>
      call<ShredPersonResponse>(connection, 'DELETE', `${PATHS.connections}/${checkSubject(subject)}`, { api }),
  };
}

function checkSubject(subject: unknown): string {
  if (typeof subject === 'string' && SUBJECT.test(subject)) return subject;
  throw new McpGatewayError(
    'invalid_option',
    'The person is not named by a subject of 43 characters',
    'Take it from administration.connections.list() or grants.list().',
  );
}

/** Caught here, because a platform answers it with a puzzling invalid_client. */
function checkedSecret(secret: unknown): string {
  if (typeof secret === 'string' && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(secret)) return secret;
  throw new McpGatewayError(
    'invalid_option',
    'The client secret is empty, or has white space around it or a character no secret has',
    'Check where it is read from, and trim it.',
  );
}
