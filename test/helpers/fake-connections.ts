import {
  CONNECTION_KEYS,
  type ConnectionRecord,
  type PersonSalt,
  type ProviderSwitch,
} from '../../lambda/contract/connection-record';
import { nextVersion } from '../../lambda/core/connections/next-version';
import type { ConnectionContents, ConnectionStore } from '../../lambda/core/connections/ports';
import { isSalt } from '../../lambda/core/connections/seal-connection';
import type { BackendFailure } from '../../lambda/core/ports';
import { err, ok, type Result } from '../../lambda/core/result';

const WRITES = [
  'put',
  'lease',
  'release',
  'touch',
  'remove',
  'erase',
  'ensureSalt',
  'removeSalt',
  'switchProvider',
] as const;

export type ConnectionOperation = 'read' | 'list' | 'scan' | 'namesOf' | (typeof WRITES)[number];

/**
 * A failure is met before the operation has an effect. `after_write`: the write takes effect, and every answer to it
 * and to its repetitions gets lost, so that the caller learns of a timeout.
 */
export type ConnectionFault = BackendFailure | 'after_write';

export interface ConnectionFaultPlace {
  /** Only this operation, or only writes; any if absent. `after_write` always waits for a write. */
  readonly operation?: ConnectionOperation | 'write';
  /** How many operations that would fit pass unharmed before. @default 0 */
  readonly skip?: number;
}

export interface FakeConnections extends ConnectionStore {
  /** Fails one operation to come. Several calls add up, and are met in the order of the calls. */
  fail(fault: ConnectionFault, place?: ConnectionFaultPlace): void;
  /** Every operation so far, failed ones included. */
  readonly calls: ConnectionOperation[];
  peek(subject: string, provider: string): ConnectionRecord | undefined;
  peekSalt(subject: string): PersonSalt | undefined;
  peekSwitch(provider: string): ProviderSwitch | undefined;
  /** Stores a record as it is, whatever is there: what somebody who can write to the table does. */
  plant(record: ConnectionRecord): void;
  /** Everything that is stored, as text: what somebody who can read the tables sees. */
  dump(): string;
}

export interface FakeConnectionsOptions {
  /** Awaited before and after the effect of each operation, so that concurrent callers interleave. */
  readonly tick?: () => Promise<void>;
  /** Connections in a page of `scan`. @default 100 */
  readonly pageSize?: number;
}

const LOST_ANSWER: BackendFailure = { service: 'dynamodb', kind: 'unavailable', name: 'TimeoutError' };
const DEADLINE: BackendFailure = { service: 'dynamodb', kind: 'unavailable', name: 'DeadlineExceeded' };
const TOO_LARGE: BackendFailure = { service: 'dynamodb', kind: 'invalid', name: 'ItemTooLarge' };
const SALT: BackendFailure = { service: 'dynamodb', kind: 'invalid', name: 'MalformedSalt' };
const CURSOR: BackendFailure = { service: 'dynamodb', kind: 'invalid', name: 'MalformedCursor' };

/** Both tables in memory: the semantics of the port, and failures as told. */
export function fakeConnections(
  clock: { readonly now: () => number },
  { tick = async () => undefined, pageSize = 100 }: FakeConnectionsOptions = {},
): FakeConnections {
  const connections = new Map<string, ConnectionRecord>();
  const switches = new Map<string, ProviderSwitch>();
  const salts = new Map<string, PersonSalt>();
  const calls: ConnectionOperation[] = [];
  const faults: {
    readonly fault: ConnectionFault;
    readonly operation: ConnectionFaultPlace['operation'];
    skip: number;
  }[] = [];

  const nextFault = (operation: ConnectionOperation): ConnectionFault | undefined => {
    const isWrite = (WRITES as readonly string[]).includes(operation);
    const at = faults.findIndex(({ operation: wanted, fault }) => {
      if (fault === 'after_write' && !isWrite) return false;
      return wanted === undefined || wanted === operation || (wanted === 'write' && isWrite);
    });
    const found = faults[at];
    if (found === undefined) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    faults.splice(at, 1);
    return found.fault;
  };

  const perform = async <T>(
    operation: ConnectionOperation,
    effect: () => Result<T, BackendFailure>,
  ): Promise<Result<T, BackendFailure>> => {
    calls.push(operation);
    const fault = nextFault(operation);
    await tick();
    if (fault !== undefined && fault !== 'after_write') return err(fault);
    const done = effect();
    await tick();
    return fault === undefined ? done : err(LOST_ANSWER);
  };

  const { connection: nameOf } = CONNECTION_KEYS;
  const found = (subject: string, provider: string) => copy(connections.get(nameOf(subject, provider)));
  /** Stores what members are there. */
  const keep = (record: { readonly [K in keyof ConnectionRecord]: ConnectionRecord[K] | undefined }) => {
    const kept = copy(record) as ConnectionRecord;
    connections.set(nameOf(kept.subject, kept.provider), kept);
    return ok(copy(kept));
  };

  return {
    calls,

    read: (subject, provider, deadlineMs) =>
      perform('read', () =>
        deadlineMs <= clock.now()
          ? err(DEADLINE)
          : ok({
              connection: found(subject, provider),
              salt: copy(salts.get(subject)),
              providerSwitch: copy(switches.get(provider)),
            }),
      ),

    list: (subject, providers) =>
      perform('list', () =>
        ok({
          connections: [...new Set(providers)].flatMap((provider) => found(subject, provider) ?? []),
          switches: new Map(
            providers.flatMap((provider) => {
              const record = copy(switches.get(provider));
              return record === undefined ? [] : [[provider, record] as const];
            }),
          ),
        }),
      ),

    placeOf: (name) => cursorOf(CONNECTION_KEYS.connectionPrefix + name),
    scan: (cursor) =>
      perform('scan', () => {
        const from = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString();
        const isOwn = from.startsWith(CONNECTION_KEYS.connectionPrefix) && cursorOf(from) === cursor;
        if (cursor !== undefined && !isOwn) return err(CURSOR);
        const names = [...connections.keys()].filter((name) => name > from).sort();
        const page = names.slice(0, pageSize);
        const records = page.flatMap((name) => copy(connections.get(name)) ?? []);
        const last = names.length > page.length ? page.at(-1) : undefined;
        return ok({
          connections: records,
          unreadable: 0,
          ...(last === undefined ? {} : { cursor: cursorOf(last) }),
        });
      }),

    put: (subject, provider, expected, contents, leaseId) =>
      perform('put', () => {
        if (JSON.stringify(contents).length > 390_000) return err(TOO_LARGE);
        const stored = found(subject, provider);
        const version = nextVersion(expected, contents.facts);
        const isExpected =
          (stored?.version ?? 0) === expected && (leaseId === undefined || stored?.lease?.id === leaseId);
        // A repetition of what has been written.
        const isMade = stored !== undefined && isSame(contentsOf(stored), contentsOf({ ...contents, version }));
        if (!isExpected) return ok(isMade ? stored : undefined);
        return keep({ ...contents, subject, provider, version, lastUsedAtMs: stored?.lastUsedAtMs });
      }),

    lease: (subject, provider, version, lease, nowMs) =>
      perform('lease', () => {
        const stored = found(subject, provider);
        if (stored?.version !== version) return ok(undefined);
        if (isSame(stored.lease, lease)) return ok(stored);
        if (stored.lease !== undefined && stored.lease.untilMs > nowMs) return ok(undefined);
        return keep({ ...stored, lease });
      }),

    release: (subject, provider, leaseId, { facts, retryAtMs }) =>
      perform('release', () => {
        const stored = found(subject, provider);
        if (stored?.lease?.id !== leaseId) {
          return ok(stored !== undefined && isSame([stored.facts, stored.retryAtMs], [facts, retryAtMs]));
        }
        keep({ ...stored, facts, retryAtMs, lease: undefined });
        return ok(true);
      }),

    touch: (subject, provider, nowMs) =>
      perform('touch', () => {
        const stored = found(subject, provider);
        if (stored !== undefined && (stored.lastUsedAtMs ?? 0) < nowMs) keep({ ...stored, lastUsedAtMs: nowMs });
        return ok(undefined);
      }),

    remove: (subject, provider, version) =>
      perform('remove', () => {
        const stored = found(subject, provider);
        if (stored !== undefined && stored.version !== version) return ok(false);
        connections.delete(nameOf(subject, provider));
        return ok(true);
      }),

    erase: (subject, provider) =>
      perform('erase', () => {
        connections.delete(nameOf(subject, provider));
        return ok(undefined);
      }),

    namesOf: (subject) =>
      perform('namesOf', () => {
        const prefix = CONNECTION_KEYS.connection(subject, '');
        return ok(
          [...connections.keys()].flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : [])),
        );
      }),

    ensureSalt: (subject, fresh) =>
      perform('ensureSalt', () => {
        if (!isSalt(fresh.salt)) return err(SALT);
        const kept = salts.get(subject) ?? fresh;
        salts.set(subject, copy(kept));
        return ok(copy(kept));
      }),

    removeSalt: (subject) =>
      perform('removeSalt', () => {
        return ok(salts.delete(subject));
      }),

    switchProvider: (provider, record) =>
      perform('switchProvider', () => {
        switches.set(provider, copy(record));
        return ok(undefined);
      }),

    fail: (fault, { operation, skip = 0 } = {}) => {
      faults.push({ fault, operation, skip });
    },
    peek: found,
    peekSalt: (subject) => copy(salts.get(subject)),
    peekSwitch: (provider) => copy(switches.get(provider)),
    plant: (record) => {
      keep(record);
    },
    dump: () => JSON.stringify([...connections, ...switches, ...salts]),
  };
}

function cursorOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function contentsOf(contents: ConnectionContents & { readonly version: number }): unknown {
  const { version, status, facts, call, refresh, tokenExpiresAtMs, retryAtMs } = contents;
  return [version, status, facts, call, refresh, tokenExpiresAtMs, retryAtMs];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a caller does to it changes nothing here; members that are `undefined` are not there, as in a table. */
function copy<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
