import type { DocumentFetcher, FetchedDocument, FetchRefusal } from '../../core/authz/ports';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';

/** Runs the fetcher function; `deadlineMs` is a point in time, epoch ms. */
export type InvokeFetcher = (payload: object, deadlineMs: number) => Promise<Result<unknown, BackendFailure>>;

/** The function's own limit, and what a cold start of it takes. */
const PATIENCE_MS = 5_000;

const REFUSALS: ReadonlySet<unknown> = new Set<FetchRefusal>([
  'address_not_allowed',
  'unreachable',
  'timeout',
  'redirected',
  'gone',
  'bad_status',
  'not_json',
  'too_large',
  'rate_limited',
]);

/** Has the fetcher function fetch what a stranger named: nothing of this function's rights is in reach of the answer. */
export function remoteFetcher(invoke: InvokeFetcher, now: () => number): DocumentFetcher {
  return {
    async fetch(url, wasGood = false) {
      const answer = await invoke(wasGood ? { url, wasGood } : { url }, now() + PATIENCE_MS);
      return answer.ok ? readAnswer(answer.value) : answer;
    },
  };
}

function readAnswer(answer: unknown): Result<FetchedDocument | { readonly refused: FetchRefusal }, BackendFailure> {
  const { document, freshUntilMs, refused } = (answer ?? {}) as Partial<Record<string, unknown>>;
  if (REFUSALS.has(refused)) return ok({ refused: refused as FetchRefusal });
  if (document === undefined) return err({ service: 'lambda', kind: 'invalid', name: 'UnexpectedAnswer' });
  return ok({ document, ...(Number.isSafeInteger(freshUntilMs) ? { freshUntilMs: freshUntilMs as number } : {}) });
}
