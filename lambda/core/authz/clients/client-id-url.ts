import { isListedHost, isPublicName } from './host-rules';

const LONGEST = 2048;

/**
 * `https://`, a host without port, a path other than `/`, no user information, query or fragment. A query is what
 * would turn a page that repeats its parameters into anybody's document.
 */
const DOCUMENT_URL = /^https:\/\/([a-z0-9.-]+)(\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]+)$/;

/** Whether a client id says that it is the address of a document. Such an id is never looked up anywhere else. */
export function isClientIdUrl(clientId: string): boolean {
  return clientId.startsWith('https://');
}

/**
 * Host of a client id that may be fetched as an address, decided by its text: nothing has been looked up or asked by
 * then. `undefined` if it will not do.
 */
export function clientIdHost(clientId: string): string | undefined {
  if (clientId.length > LONGEST) return undefined;
  const [, host] = DOCUMENT_URL.exec(clientId) ?? [];
  if (host === undefined || !isPublicName(host)) return undefined;
  // Dot segments, encoded ones included, are what a parser would change.
  return URL.canParse(clientId) && new URL(clientId).href === clientId ? host : undefined;
}

/**
 * Whether a client of this host may keep its keys at an address: on its own host; or on one above or below it in the
 * name tree which is itself on the operator's list, since only that says that the two belong together.
 */
export function isAllowedKeysUrl(jwksUri: string, clientHost: string, listed: readonly string[]): boolean {
  const host = clientIdHost(jwksUri);
  if (host === undefined) return false;
  if (host === clientHost) return true;
  const isRelated = host.endsWith(`.${clientHost}`) || clientHost.endsWith(`.${host}`);
  return isRelated && isListedHost(host, listed);
}
