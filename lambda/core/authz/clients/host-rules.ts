/** Letters, digits and hyphens in at least two labels, the last of them no number. Lower case; no trailing dot. */
const DNS_NAME = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Names that lead to this machine or a private network wherever they are looked up (RFC 6761, RFC 8375, ICANN). */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|home\.arpa|onion)$/;

/** Whether a host is a name on the public internet, by its text alone: no address in any notation, no local name. */
export function isPublicName(host: string): boolean {
  return DNS_NAME.test(host) && !PRIVATE_NAME.test(host);
}

/** Whether a host is on a list of hosts, exact or `*.example.com` for every host below that one. */
export function isListedHost(host: string, listed: readonly string[]): boolean {
  return listed.some((entry) => (entry.startsWith('*.') ? host.endsWith(entry.slice(1)) : host === entry));
}
