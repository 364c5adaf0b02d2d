import type {
  ConnectionFacts,
  ConnectionRecord,
  ConnectionStatus,
  PersonContext,
  PersonSalt,
  ProviderSwitch,
} from '../../contract/connection-record';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';
import type { DataKey } from '../vault/seal-value';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** A connection with everything that decides whether it may be used, read in one strongly consistent round trip. */
export interface ConnectionState {
  readonly connection: ConnectionRecord | undefined;
  readonly salt: PersonSalt | undefined;
  readonly providerSwitch: ProviderSwitch | undefined;
}

/** What the hot path reads. */
export interface ConnectionStateSource {
  read(subject: string, provider: string, deadlineMs: number): Answer<ConnectionState>;
}

/** New contents of a connection, sealed for the version it will have once stored: `nextVersion`. */
export interface ConnectionContents {
  readonly status: ConnectionStatus;
  readonly facts: ConnectionFacts;
  readonly call: string;
  readonly refresh?: string | undefined;
  readonly tokenExpiresAtMs?: number | undefined;
  readonly retryAtMs?: number | undefined;
}

/**
 * The connections. Each change is one conditional write of one item, and safe to repeat: where the condition does not
 * hold because what was to be written is there already, the write has succeeded. `undefined`: the condition does not hold.
 */
export interface ConnectionStore extends ConnectionStateSource {
  /** Connections of one person at these providers: one round trip. */
  list(
    subject: string,
    providers: readonly string[],
  ): Answer<{
    readonly connections: readonly ConnectionRecord[];
    readonly switches: ReadonlyMap<string, ProviderSwitch>;
  }>;
  /** Where a walk may begin that is to begin anywhere: the place of a name, whether or not there is one. */
  placeOf(name: string): string;
  /** Everybody's, page by page. */
  scan(cursor: string | undefined): Answer<{
    readonly connections: readonly ConnectionRecord[];
    /** Items of the page one cannot believe: left out, because one of them must not keep the rest from being seen. */
    readonly unreadable: number;
    readonly cursor?: string;
  }>;
  /**
   * Replaces contents, if the stored version is `expected` (0: none is stored). Ends any lease, unless `leaseId` is
   * given: then that lease must still be held too.
   */
  put(
    subject: string,
    provider: string,
    expected: number,
    contents: ConnectionContents,
    leaseId?: string,
  ): Answer<ConnectionRecord | undefined>;
  /** Takes the lease, if the version is this one and nobody holds it (or it ended before `nowMs`). */
  lease(
    subject: string,
    provider: string,
    version: number,
    lease: { readonly id: string; readonly untilMs: number },
    nowMs: number,
  ): Answer<ConnectionRecord | undefined>;
  /** Gives the lease back, noting what went wrong; version and contents stay. */
  release(
    subject: string,
    provider: string,
    leaseId: string,
    note: { readonly facts: ConnectionFacts; readonly retryAtMs?: number | undefined },
  ): Answer<boolean>;
  touch(subject: string, provider: string, nowMs: number): Answer<void>;
  /** Deletes, if the version is this one; a connection that is not there is deleted. */
  remove(subject: string, provider: string, version: number): Answer<boolean>;
  /** Deletes whatever is there, one that cannot be read too. */
  erase(subject: string, provider: string): Answer<void>;
  /** Platforms the person has a record of, configured or not: a walk through the whole table, for what is rare. */
  namesOf(subject: string): Answer<readonly string[]>;
  /** The person's salt, made from `fresh` if there is none. */
  ensureSalt(subject: string, fresh: PersonSalt): Answer<PersonSalt>;
  /** Crypto-shredding: from here on nothing sealed for the person opens, wherever a copy of it is. Whether there was one. */
  removeSalt(subject: string): Answer<boolean>;
  switchProvider(provider: string, record: ProviderSwitch): Answer<void>;
}

/** Makes a data key under a context: KMS GenerateDataKey. */
export interface PersonKeyMaker {
  make(context: PersonContext): Answer<DataKey>;
}
