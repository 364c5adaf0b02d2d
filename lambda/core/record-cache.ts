import type { Awaitable, Result } from './result';

/** How a cache behaves. */
export interface RecordCacheOptions<K extends string, V, E> {
  /** How long an answer may be used after its read began, ms; 0 reads on every call. */
  readonly ttlMs: number;
  readonly maxEntries: number;
  readonly now: () => number;
  /** Reads what is true now. `previous` is what the last read found, so that unchanged values need no fetching. */
  readonly load: (key: K, previous: V | undefined, deadlineMs: number) => Promise<Result<V, E>>;
}

interface Entry<V, E> {
  readonly found: Result<V, E> & { readonly ok: true };
  readonly readAtMs: number;
  /** Place among all reads: the clock may be set back, this may not. */
  readonly order: number;
}

interface Flight<V, E> {
  readonly startedAtMs: number;
  readonly result: Promise<Result<V, E>>;
}

/**
 * Remembers what was read for `ttlMs`: bounded, single-flight, and invalidated by epoch.
 *
 * Age counts from the moment a read *began*: what is revoked while the answer travels is
 * not used longer than promised. Failures are never remembered: fail closed, try again.
 */
export class RecordCache<K extends string, V, E> {
  readonly #entries = new Map<K, Entry<V, E>>();
  readonly #flights = new Map<K, Flight<V, E>>();
  #epoch = 0;
  #reads = 0;

  readonly #options: RecordCacheOptions<K, V, E>;

  constructor(options: RecordCacheOptions<K, V, E>) {
    this.#options = options;
  }

  /** At once, if a recent read is remembered. */
  get(key: K, deadlineMs: number): Awaitable<Result<V, E>> {
    const now = this.#options.now();
    const entry = this.#entries.get(key);
    if (entry !== undefined && this.#isFresh(entry.readAtMs, now)) return entry.found;
    const flight = this.#flights.get(key);
    if (flight !== undefined && this.#isFresh(flight.startedAtMs, now)) return flight.result;
    return this.#read(key, entry?.found.value, now, deadlineMs);
  }

  /** Makes the next use of a key read it. Reads under way, of whatever key, will not be remembered. */
  invalidate(key: K): void {
    this.#epoch += 1;
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#entries.set(key, { ...entry, readAtMs: -Infinity });
    this.#flights.delete(key);
  }

  /** Forgets what was read of one key, value included. */
  forget(key: K): void {
    this.#entries.delete(key);
  }

  #isFresh(readAtMs: number, now: number): boolean {
    // A clock set back must not stretch a lifetime.
    return now - readAtMs < this.#options.ttlMs && now >= readAtMs;
  }

  #read(key: K, previous: V | undefined, startedAtMs: number, deadlineMs: number): Promise<Result<V, E>> {
    const epoch = this.#epoch;
    this.#reads += 1;
    const order = this.#reads;
    const flight: Flight<V, E> = {
      startedAtMs,
      result: this.#options.load(key, previous, deadlineMs).then(
        (result) => {
          this.#land(key, flight);
          if (result.ok && epoch === this.#epoch) this.#remember(key, { found: result, readAtMs: startedAtMs, order });
          return result;
        },
        (error: unknown) => {
          this.#land(key, flight);
          throw error;
        },
      ),
    };
    this.#flights.set(key, flight);
    return flight.result;
  }

  #land(key: K, flight: Flight<V, E>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #remember(key: K, entry: Entry<V, E>): void {
    const newer = this.#entries.get(key);
    if (newer !== undefined && newer.order > entry.order) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#options.maxEntries) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
