import { AUTH_KEYS, type DocumentRecord } from '../../../contract/auth-record';
import type { BackendFailure } from '../../ports';
import { ok, type Result } from '../../result';
import { hashOf } from '../handle';
import type { AuthzTools, DocumentFetcher, FetchRefusal, Stored } from '../ports';

/** What strangers' addresses had to say, remembered here and in the table. */
export interface DocumentCache {
  /**
   * What an address says: a document, or the problem there was with it.
   *
   * @param notBeforeMs an answer older than this will not do: a key is missing from the set it gave. The older answer
   *   comes back all the same where asking again brings none.
   */
  get(url: string, notBeforeMs?: number): Promise<Result<DocumentRecord, BackendFailure>>;
}

export interface DocumentCacheOptions extends Pick<AuthzTools, 'store' | 'now'> {
  readonly fetcher: DocumentFetcher;
}

/** A document that changes with every request could otherwise be used to make us fetch without end. */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 86_400_000;
/** A good document outlives its freshness by so much, and serves while it cannot be fetched anew. */
const STALE_MS = 7 * 86_400_000;
const MAX_REMEMBERED = 100;

/**
 * The host was reached, and what it answered is none to use: the older document is no longer what it says. Taking it
 * away is how a client's maker ends the client, or a key that was stolen, everywhere.
 */
const SAID_OTHERWISE: ReadonlySet<FetchRefusal> = new Set(['not_json', 'too_large', 'gone']);

interface Remembered {
  readonly record: DocumentRecord;
  /** When its address was asked last, with success or not. */
  readonly askedAtMs: number;
  readonly askAgainMs: number;
}

export function documentCache({ store, now, fetcher }: DocumentCacheOptions): DocumentCache {
  const remembered = new Map<string, Remembered>();
  const flights = new Map<string, Promise<Result<DocumentRecord, BackendFailure>>>();

  const remember = (record: DocumentRecord, askedAtMs = record.fetchedAtMs, askAgainMs = record.freshUntilMs) => {
    remembered.delete(record.url);
    remembered.set(record.url, { record, askedAtMs, askAgainMs });
    if (remembered.size > MAX_REMEMBERED) {
      // Whoever invents addresses pushes out inventions.
      const failed = [...remembered.values()].find(({ record: { problem } }) => problem !== undefined);
      const [oldest = ''] = remembered.keys();
      remembered.delete(failed?.record.url ?? oldest);
    }
    return ok(record);
  };

  /** The older document, where there is a good one; it is not tried again for a while. */
  const stale = (good: DocumentRecord | undefined): Result<DocumentRecord, BackendFailure> | undefined =>
    good && remember(good, now(), now() + SHORTEST_MS);

  const load = async (url: string, notBeforeMs: number): Promise<Result<DocumentRecord, BackendFailure>> => {
    const key = AUTH_KEYS.document(hashOf(url));
    const read = await store.read([key]);
    if (!read.ok) return stale(goodOf(remembered.get(url)?.record, now())) ?? read;
    const stored = read.value[0] as Stored<DocumentRecord> | undefined;
    const older = stored?.record;
    if (older !== undefined && older.freshUntilMs > now() && older.fetchedAtMs >= notBeforeMs) return remember(older);

    const good = goodOf(older, now()) ?? goodOf(remembered.get(url)?.record, now());
    const fetched = await fetcher.fetch(url, good !== undefined);
    if (!fetched.ok) return stale(good) ?? fetched;
    const record = recordOf(url, fetched.value, now());
    const refused = 'refused' in fetched.value ? fetched.value.refused : undefined;
    if (refused !== undefined) {
      // A stranger who asks until the fetcher has enough must not take from others what was good a moment ago.
      const kept = SAID_OTHERWISE.has(refused) ? undefined : stale(good);
      if (kept !== undefined) return kept;
      if (refused === 'rate_limited') return ok(record);
    }
    // Whether it could be stored decides only whether the next instance has to ask again.
    const lifetime = { validUntilMs: record.freshUntilMs + (refused === undefined ? STALE_MS : 0) };
    await (stored === undefined
      ? store.create(key, record, lifetime)
      : store.replace(key, stored.version, record, lifetime));
    return remember(record);
  };

  const get: DocumentCache['get'] = async (url, wantedMs = 0) => {
    const notBeforeMs = Math.min(wantedMs, now());
    const known = remembered.get(url);
    if (known !== undefined && known.askAgainMs > now() && known.askedAtMs >= notBeforeMs) return ok(known.record);
    // Who will not have an older answer does not wait for one.
    const name = notBeforeMs > 0 ? `${url} again` : url;
    const flight = flights.get(name);
    if (flight !== undefined) return flight;
    const started = load(url, notBeforeMs).finally(() => flights.delete(name));
    flights.set(name, started);
    return started;
  };
  return { get };
}

type Fetched = Extract<Awaited<ReturnType<DocumentFetcher['fetch']>>, { ok: true }>['value'];

function recordOf(url: string, fetched: Fetched, nowMs: number): DocumentRecord {
  const soonestMs = nowMs + SHORTEST_MS;
  if ('refused' in fetched) return { url, problem: fetched.refused, fetchedAtMs: nowMs, freshUntilMs: soonestMs };
  const { document, freshUntilMs: wishedMs = 0 } = fetched;
  const freshUntilMs = Math.min(Math.max(wishedMs, soonestMs), nowMs + LONGEST_MS);
  return { url, document, fetchedAtMs: nowMs, freshUntilMs };
}

/** A document that may still serve, fresh or not. */
function goodOf(record: DocumentRecord | undefined, nowMs: number): DocumentRecord | undefined {
  return record !== undefined && record.problem === undefined && record.freshUntilMs + STALE_MS > nowMs
    ? record
    : undefined;
}
