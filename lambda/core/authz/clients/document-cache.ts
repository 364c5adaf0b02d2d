import { AUTH_KEYS, type DocumentRecord } from '../../../contract/auth-record';
import type { BackendFailure } from '../../ports';
import { ok, type Result } from '../../result';
import { hashOf } from '../handle';
import type { AuthzTools, DocumentFetcher, Stored } from '../ports';

/** What strangers' addresses had to say, remembered here and in the table as long as they allow. */
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
const MAX_REMEMBERED = 100;

export function documentCache({ store, now, fetcher }: DocumentCacheOptions): DocumentCache {
  const remembered = new Map<string, DocumentRecord>();
  const flights = new Map<string, Promise<Result<DocumentRecord, BackendFailure>>>();

  const remember = (record: DocumentRecord): DocumentRecord => {
    remembered.delete(record.url);
    remembered.set(record.url, record);
    const [oldest] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return record;
  };

  const load = async (url: string, notBeforeMs: number): Promise<Result<DocumentRecord, BackendFailure>> => {
    const key = AUTH_KEYS.document(hashOf(url));
    const read = await store.read([key]);
    if (!read.ok) return read;
    const stored = read.value[0] as Stored<DocumentRecord> | undefined;
    if (stored !== undefined && stored.record.fetchedAtMs >= notBeforeMs) return ok(remember(stored.record));

    const fetched = await fetcher.fetch(url);
    if (!fetched.ok) return fetched;
    const fetchedAtMs = now();
    if ('refused' in fetched.value) {
      // A stranger who asks until the fetcher has enough must not take from others what was good a moment ago.
      if (stored !== undefined) return ok(remember(stored.record));
      const failed = { url, problem: fetched.value.refused, fetchedAtMs, freshUntilMs: fetchedAtMs + SHORTEST_MS };
      if (fetched.value.refused === 'rate_limited') return ok(failed);
      await store.create(key, failed, { validUntilMs: failed.freshUntilMs });
      return ok(remember(failed));
    }
    const { document, freshUntilMs: wishedMs = 0 } = fetched.value;
    const freshUntilMs = Math.min(Math.max(wishedMs, fetchedAtMs + SHORTEST_MS), fetchedAtMs + LONGEST_MS);
    const record: DocumentRecord = { url, document, fetchedAtMs, freshUntilMs };
    // Whether it could be stored decides only whether the next instance has to ask again.
    const lifetime = { validUntilMs: freshUntilMs };
    await (stored === undefined
      ? store.create(key, record, lifetime)
      : store.replace(key, stored.version, record, lifetime));
    return ok(remember(record));
  };

  const get: DocumentCache['get'] = async (url, wantedMs = 0) => {
    const notBeforeMs = Math.min(wantedMs, now());
    const known = remembered.get(url);
    if (known !== undefined && known.freshUntilMs > now() && known.fetchedAtMs >= notBeforeMs) return ok(known);
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
