import type { AuthItemKey } from '../../lambda/contract/auth-record';
import type { AuthStore, Lifetime, Stored, Written } from '../../lambda/core/authz/ports';
import type { BackendFailure } from '../../lambda/core/ports';
import { err, ok, type Result } from '../../lambda/core/result';

export type StoreOperation = 'read' | 'create' | 'replace' | 'list';

/**
 * A failure is met before the operation has an effect. `after_write`: the write takes effect, and every answer to it
 * and to its repetitions gets lost, so that the caller learns of a timeout.
 */
export type StoreFault = BackendFailure | 'after_write';

export interface FaultPlace {
  /** Only this operation, or only writes; any if absent. `after_write` always waits for a write. */
  readonly operation?: StoreOperation | 'write';
  /** How many operations that would fit pass unharmed before. @default 0 */
  readonly skip?: number;
}

export interface FakeAuthStore extends AuthStore {
  /** Fails one operation to come. Several calls add up, and are met in the order of the calls. */
  fail(fault: StoreFault, place?: FaultPlace): void;
  /** Every operation so far, failed ones included. */
  readonly calls: StoreOperation[];
  /** The valid document of a key, as a test wants to see it. */
  peek<T>(key: AuthItemKey): T | undefined;
  /** Everything that is stored, expired documents included, as text: what somebody who can read the table sees. */
  dump(): string;
}

export interface FakeAuthStoreOptions {
  readonly now: () => number;
  /** Awaited before and after the effect of each operation, so that concurrent callers interleave. */
  readonly tick?: () => Promise<void>;
}

interface Item {
  readonly key: AuthItemKey;
  readonly version: number;
  readonly data: string;
  readonly validUntilMs: number;
}

const LOST_ANSWER: BackendFailure = { service: 'dynamodb', kind: 'unavailable', name: 'TimeoutError' };

/** The auth table in memory: the semantics of the port, and failures as told. */
export function fakeAuthStore({ now, tick = async () => undefined }: FakeAuthStoreOptions): FakeAuthStore {
  const items = new Map<string, Item>();
  const faults: { readonly fault: StoreFault; readonly operation: FaultPlace['operation']; skip: number }[] = [];
  const calls: StoreOperation[] = [];

  const validItem = (key: AuthItemKey): Item | undefined => {
    const item = items.get(nameOf(key));
    return item !== undefined && item.validUntilMs > now() ? item : undefined;
  };
  const put = (key: AuthItemKey, version: number, record: object, { validUntilMs }: Lifetime): Written => {
    items.set(nameOf(key), { key, version, data: JSON.stringify(record), validUntilMs });
    return { won: true, version };
  };

  const nextFault = (operation: StoreOperation): StoreFault | undefined => {
    const isWrite = operation === 'create' || operation === 'replace';
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

  const perform = async <T>(operation: StoreOperation, effect: () => T): Promise<Result<T, BackendFailure>> => {
    calls.push(operation);
    const fault = nextFault(operation);
    await tick();
    if (fault !== undefined && fault !== 'after_write') return err(fault);
    const value = effect();
    await tick();
    return fault === undefined ? ok(value) : err(LOST_ANSWER);
  };

  return {
    calls,
    read: (keys) => perform('read', () => keys.map((key) => stored(validItem(key)))),
    create: (key, record, lifetime) =>
      perform('create', () => {
        const kept = validItem(key);
        // Not from 1 again, where a document expired: whoever read that one must not replace its successor.
        return kept === undefined ? put(key, now(), record, lifetime) : { won: false, kept: stored(kept) };
      }),
    replace: (key, version, record, lifetime) =>
      perform('replace', () => {
        const kept = validItem(key);
        return kept?.version === version ? put(key, version + 1, record, lifetime) : { won: false, kept: stored(kept) };
      }),
    list: (pk, skPrefix) =>
      perform('list', () =>
        [...items.values()]
          .filter(({ key }) => key.pk === pk && key.sk.startsWith(skPrefix) && validItem(key) !== undefined)
          .sort((a, b) => Buffer.compare(Buffer.from(a.key.sk), Buffer.from(b.key.sk)))
          .flatMap((item) => stored(item) ?? []),
      ),
    fail: (fault, { operation, skip = 0 } = {}) => {
      faults.push({ fault, operation, skip });
    },
    peek: <T>(key: AuthItemKey) => stored(validItem(key))?.record as T | undefined,
    dump: () => JSON.stringify([...items.values()]),
  };
}

function nameOf({ pk, sk }: AuthItemKey): string {
  return JSON.stringify([pk, sk]);
}

/** A copy: what a caller does to it changes nothing here. */
function stored(item: Item | undefined): Stored<unknown> | undefined {
  return item && { version: item.version, record: JSON.parse(item.data) as unknown };
}
