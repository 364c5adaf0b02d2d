import type { RefresherAnswer } from '../../contract/refresher-api';
import { parseRefresherRequest } from '../../core/refresh/parse-refresher-request';
import type { RefreshDeps } from '../../core/refresh/refresh-deps';
import { serveRefresher } from '../../core/refresh/serve-refresher';

/** What one refresh takes at the longest: waiting for a holder, a lease of its own, and writing for a minute. */
const RESERVE_MS = 100_000;

/** The refresher function. It throws where it could not do what it was asked, so that whoever asked can ask again. */
export function refresherHandler(
  deps: RefreshDeps,
): (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<RefresherAnswer> {
  return async (event, context) => {
    const request = parseRefresherRequest(event);
    // What was sent instead may hold anything, and is not quoted.
    if (request === undefined) throw new Error('not a request of lambda/contract/refresher-api.ts');
    const answer = await serveRefresher(request, deps, deps.now() + context.getRemainingTimeInMillis() - RESERVE_MS);
    if (answer.ok) return answer.value;
    const { service, name } = answer.error;
    throw new Error(`${request.action} was not done: ${service} answered ${name}; ask again`);
  };
}
