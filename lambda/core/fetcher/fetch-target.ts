/** Where a checked address leads. */
export interface FetchTarget {
  /** A DNS name of at least two labels, lower case. */
  readonly hostname: string;
  /** Path and query, byte for byte as they were given. */
  readonly path: string;
}

const MAX_LENGTH = 2_048;
const MAX_HOSTNAME = 253;

/**
 * `https://name[:443][/path][?query]`, and nothing a second parser could read differently: this pattern is the only
 * one that reads the address, and what it captured is what is connected to and sent.
 *
 * The last label begins with a letter and so the host is no IPv4 address in any notation (`127.1`, `0x7f000001`,
 * `2130706433`); brackets, `@`, `\`, `#`, spaces, controls and everything beyond ASCII occur nowhere.
 */
const ADDRESS =
  /^https:\/\/((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)(?::443)?((?:\/[\w\-.~!$&'()*+,;=:@%/]*)(?:\?[\w\-.~!$&'()*+,;=:@%/?]*)?)?$/i;

/** Names that mean something else on every machine or network. They would not resolve to public addresses anyway. */
const LOCAL_NAMES = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|arpa|test|invalid|onion)$/;

/** Reads an address a stranger chose; `undefined` if it is not one to fetch. Nothing is looked up for that. */
export function readFetchTarget(url: unknown): FetchTarget | undefined {
  // The literal scheme in lower case: `HTTPS://` is a trick or a mistake.
  if (typeof url !== 'string' || url.length > MAX_LENGTH || !url.startsWith('https://')) return undefined;
  const [, host = '', path = '/'] = ADDRESS.exec(url) ?? [];
  const hostname = host.toLowerCase();
  if (hostname === '' || hostname.length > MAX_HOSTNAME || LOCAL_NAMES.test(hostname)) return undefined;
  return { hostname, path };
}
