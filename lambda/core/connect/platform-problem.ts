import type { ProviderProblem } from '../connections/provider-port';
import type { Refusal } from './connect-answers';
import type { ConnectableConfig } from './connect-deps';
import { aboutPlatform } from './offered-platform';
import type { ConnectProblem } from './pages/connect-problems';

const PAGES: Readonly<Record<ProviderProblem['kind'], ConnectProblem>> = {
  refused: 'platform_refused',
  invalid: 'platform_refused',
  misconfigured: 'platform_misconfigured',
  unavailable: 'platform_unavailable',
};

/** The page for what went wrong with a platform. */
export function platformProblem({ kind, cause }: ProviderProblem, provider: ConnectableConfig): Refusal {
  return {
    problem: PAGES[kind],
    cause: `${provider.name} ${kind}: ${cause}`,
    detail: aboutPlatform(provider),
    again: provider.name,
  };
}
