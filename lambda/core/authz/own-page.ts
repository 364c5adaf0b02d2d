import { NAME_PATTERN, PATHS } from '../../contract/paths';

/** Longer than any ticket. */
const LONGEST = 4096;

/**
 * Path and query of one of our own pages that a sign-in may lead back to: the account, or a platform to connect with
 * its ticket. Put together from what was recognised, so that nothing a stranger wrote in a link is where a browser that
 * has just signed in goes to (RFC 9700 §4.11).
 */
export function ownPage(text: string): string | undefined {
  if (text === PATHS.account) return PATHS.account;
  if (text.length > LONGEST || !text.startsWith(`${PATHS.connect}/`)) return undefined;
  const rest = text.slice(PATHS.connect.length + 1);
  const [, provider, ticket] = /^([a-z0-9-]+)(?:\?e=([\w-]+))?$/.exec(rest) ?? [];
  return provider !== undefined && NAME_PATTERN.test(provider) ? connectPage(provider, ticket) : undefined;
}

/** Path and query of the page that connects a platform. `ticket`: base64url. */
export function connectPage(provider: string, ticket?: string): string {
  return `${PATHS.connect}/${provider}${ticket === undefined ? '' : `?e=${ticket}`}`;
}
