import type {
  ConnectionView,
  EndConnectionResponse,
  ListConnectionsResponse,
  StoreOwnKeyRequest,
} from '../lambda/contract/connections-api';
import { PATHS } from '../lambda/contract/paths';
import { type ApiConnection, call } from './admin-call';
import { type ConnectAccountOptions, type ConnectSurroundings, connectAccount } from './connect-account';
import { checkedName } from './vault';

/** The accounts that whoever is signed in has connected. Needs `authMode: 'oauth2.1-pkce'`; no administrator's right. */
export interface Connections {
  /** What is connected, and what can be. */
  list(): Promise<ListConnectionsResponse>;
  /** Opens the connect page of a platform in the browser, and waits until the account is connected, or connected anew. */
  connect(provider: string, options?: ConnectAccountOptions): Promise<ConnectionView>;
  /** Ends the connection here, and at the platform where that can be done: says whether it was. Of what is not connected, it is no error. */
  disconnect(provider: string): Promise<EndConnectionResponse>;
}

const OF_CONNECTIONS = { api: 'connections' } as const;

export class ConnectionsClient implements Connections {
  readonly #connection: ApiConnection;
  readonly #openBrowser: ConnectSurroundings['openBrowser'];

  constructor(connection: ApiConnection, openBrowser: ConnectSurroundings['openBrowser']) {
    this.#connection = connection;
    this.#openBrowser = openBrowser;
  }

  list(): Promise<ListConnectionsResponse> {
    return call<ListConnectionsResponse>(this.#connection, 'GET', PATHS.ownConnections, OF_CONNECTIONS);
  }

  async connect(provider: string, options: ConnectAccountOptions = {}): Promise<ConnectionView> {
    return connectAccount(checkedName('provider', provider), options, {
      gatewayUrl: this.#connection.url,
      list: () => this.list(),
      openBrowser: this.#openBrowser,
    });
  }

  async disconnect(provider: string): Promise<EndConnectionResponse> {
    return call<EndConnectionResponse>(this.#connection, 'DELETE', pathOf(provider), OF_CONNECTIONS);
  }

  /** One's own key at a platform of keys; replaces what is there. */
  async storeKey(provider: string, parts: StoreOwnKeyRequest['parts']): Promise<ConnectionView> {
    const body: StoreOwnKeyRequest = { parts };
    const secrets = Object.values(parts);
    return call<ConnectionView>(this.#connection, 'PUT', pathOf(provider), { ...OF_CONNECTIONS, body, secrets });
  }
}

function pathOf(provider: string): string {
  return `${PATHS.ownConnections}/${checkedName('provider', provider)}`;
}
