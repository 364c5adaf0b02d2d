import type { AuthorizationServerConfig, ProviderConfig } from '../../config/gateway-config';
import type { AuthzTools } from '../authz/ports';
import type { ConnectionStore, PersonKeyMaker } from '../connections/ports';
import type { ProviderClient } from '../connections/provider-port';
import type { RefresherPort } from '../connections/refresher-port';
import type { Ticket } from '../connections/ticket';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';

/** What every page of a person's own is given. */
export interface AccountDeps extends AuthzTools {
  /** URL of the gateway, below which its pages are. */
  readonly issuer: string;
  readonly config: Pick<AuthorizationServerConfig, 'branding'>;
  readonly upstreamNames: readonly string[];
  /** Present where there are platforms to connect. */
  readonly connect?: ConnectTools | undefined;
}

/** What connecting accounts takes beside that. */
export interface ConnectTools {
  readonly gatewayId: string;
  /** By name. */
  readonly providers: ReadonlyMap<string, ConnectableConfig>;
  readonly connections: ConnectionStore;
  readonly keys: PersonKeyMaker;
  readonly client: ProviderClient;
  readonly refresher: RefresherPort;
  /** `undefined`: not ours, altered, or its time is over. */
  readonly openTicket: (text: string) => Promise<Result<Ticket | undefined, BackendFailure>>;
  /** Before a write is tried again. */
  readonly pause: (ms: number) => Promise<void>;
}

export interface ConnectableConfig extends ProviderConfig {
  /** Endpoints whose calls carry the person's credential. */
  readonly usedBy: readonly string[];
}

export type ConnectDeps = AccountDeps & { readonly connect: ConnectTools };
