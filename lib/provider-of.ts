import type { Upstream } from './upstream';

/** Name of an upstream's vault key. */
export function providerOf(upstream: Upstream): string {
  return upstream._options.credential?._provider ?? upstream.name;
}
