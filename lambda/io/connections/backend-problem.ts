import type { ProviderProblem } from '../../core/connections/provider-port';
import type { BackendFailure } from '../../core/ports';
import { err, type Result } from '../../core/result';

/** AWS did not give what proves us. The provider was not asked. */
export function backendProblem({ service, kind, name }: BackendFailure): Result<never, ProviderProblem> {
  const passes = kind === 'throttled' || kind === 'unavailable';
  return err({ kind: passes ? 'unavailable' : 'misconfigured', cause: `${service}_${name}` });
}
