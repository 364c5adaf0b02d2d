import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';

/** Asks the refresher function, and waits for its answer until `deadlineMs`, a point in time (epoch ms). */
export interface RefresherPort {
  ask(request: RefresherRequest, deadlineMs: number): Promise<Result<RefresherAnswer, BackendFailure>>;
}

/** It throws where it could not do what it was asked; to ask again is right then, whatever Lambda calls it. */
export function refresherFailure(failure: BackendFailure): BackendFailure {
  return failure.service === 'lambda' && failure.name === 'Unhandled' ? { ...failure, kind: 'unavailable' } : failure;
}
