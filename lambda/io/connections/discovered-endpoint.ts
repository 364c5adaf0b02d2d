import { readFetchTarget } from '../../core/fetcher/fetch-target';
import { isLoopbackHttp } from './provider-http';

/**
 * Whether an address that a server's documents name may be used: https on a public name, by the rules of the fetcher,
 * read by one pattern and by nothing that repairs it (`https://x";calc`). This machine only where the operator's own
 * address of the resource is on it.
 */
export function isDiscoveredEndpoint(url: unknown, resource: string): url is string {
  if (readFetchTarget(url) !== undefined) return true;
  if (typeof url !== 'string' || !URL.canParse(url) || !isLoopbackHttp(resource)) return false;
  return isLoopbackHttp(url) && /^http:\/\/[\w.:[\]-]+(?:\/[\w\-.~/%]*)?(?:\?[\w\-.~&=%]*)?$/.test(url);
}
