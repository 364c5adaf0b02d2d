import { type FetchAnswer, FetchGate } from './core/fetcher/fetch-gate';
import { readFetchTarget } from './core/fetcher/fetch-target';
import { fetchPublicDocument } from './io/fetcher/fetch-public-document';
import { logLine } from './io/log';

const now = Date.now;
const gate = new FetchGate({ fetch: (target, maxBytes) => fetchPublicDocument(target, maxBytes, { now }), now });

/** Invoked by the functions authz and connect only; fetches a document from an address a stranger chose. */
export async function handler(event: { readonly url?: unknown } | null): Promise<FetchAnswer> {
  const startedAt = now();
  const answer = await gate.serve(event);
  logLine({
    event: 'fetcher.fetch',
    // Of an address that was not even read, nothing: it may be long, or made to look like something else.
    host: readFetchTarget(event?.url)?.hostname,
    outcome: 'refused' in answer ? answer.refused : 'fetched',
    totalMs: now() - startedAt,
  });
  return answer;
}
