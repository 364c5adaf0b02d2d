import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import { disconnect } from './disconnect';
import { refreshConnection } from './refresh-connection';
import type { RefreshDeps } from './refresh-deps';
import { revokeReplaced } from './revoke-replaced';
import { sweep } from './sweep';

/** Serves one request of the gateway's other functions, or of the schedule. `untilMs`: when a sweep begins nothing new. */
export async function serveRefresher(
  request: RefresherRequest,
  deps: RefreshDeps,
  untilMs: number,
): Promise<Result<RefresherAnswer, BackendFailure>> {
  switch (request.action) {
    case 'refresh':
      return ok(await refreshConnection(request, deps));
    case 'touch': {
      const touched = await deps.store.touch(request.subject, request.provider, deps.now());
      return touched.ok ? ok({ outcome: 'done' }) : touched;
    }
    case 'disconnect':
      return disconnect(request, deps);
    case 'revoke':
      return revokeReplaced(request, deps);
    case 'sweep':
      return ok(await sweep(deps, untilMs));
  }
}
