import type { ProviderConfig } from '../../config/gateway-config';
import type { ConnectionProblem } from '../../contract/connection-record';
import type { ConnectionStore } from '../connections/ports';
import type { ProviderClient } from '../connections/provider-port';
import type { DataKeySource } from '../ports';

/** Whose connection to what. The subject is a hash and names nobody. */
export interface ConnectionName {
  readonly subject: string;
  readonly provider: string;
}

export interface RefreshDeps {
  readonly gatewayId: string;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly store: ConnectionStore;
  readonly dataKeys: DataKeySource;
  readonly client: Pick<ProviderClient, 'refresh' | 'revoke'>;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1, spreads whoever waits. */
  readonly random: () => number;
  readonly randomId: () => string;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: (event: RefreshEvent) => void;
}

/**
 * What the log keeps. Alarms rest on two of them: `refresh_write_failed`, a provider's answer could not be stored at
 * once and is tried again; `refresh_token_at_risk`, it could not be stored at all.
 */
export interface RefreshEvent extends Partial<ConnectionName> {
  readonly event:
    | 'connection.refreshed'
    | 'connection.refresh_failed'
    | 'connection.refresh_write_failed'
    | 'connection.refresh_token_at_risk'
    | 'connection.refresh_superseded'
    | 'connection.broken'
    | 'connection.disconnected'
    | 'connection.disconnect_unsettled'
    | 'connection.replaced_revoked'
    | 'connection.revoke_failed'
    | 'connection.swept'
    | 'connection.sweep_failed';
  readonly version?: number;
  readonly problem?: ConnectionProblem;
  /** OAuth error code, AWS error name or our own word: never a token, never prose of others. */
  readonly cause?: string;
  readonly failures?: number;
  readonly retryAtMs?: number;
  readonly by?: string;
  readonly revokedAtProvider?: boolean;
  readonly looked?: number;
  readonly refreshed?: number;
  readonly failed?: number;
  /** Of a sweep: records one cannot believe, and connections it had no time or no patience for. */
  readonly unreadable?: number;
  readonly skipped?: number;
  /** Whether the sweep has looked at every connection, and tried all that were due. */
  readonly isComplete?: boolean;
}

/** A holder of a lease that shows nothing for so long has died. Longer than a provider may take to answer. */
export const LEASE_MS = 15_000;
/** What the provider client gives one request, at most. */
export const PROVIDER_TIMEOUT_MS = 10_000;
/** One read or unwrapping, with its retries. */
export const BACKEND_MS = 5_000;
