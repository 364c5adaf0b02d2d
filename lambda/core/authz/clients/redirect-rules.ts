import { hasAnswerParameter } from '../../../contract/answer-parameters';
import { isLoopbackRedirect } from '../redirect-uri';
import { isListedHost, isPublicName } from './host-rules';

/** Which redirect URIs a client may register. */
export interface RedirectRules {
  /**
   * Hosts of https addresses, exact or `*.example.com`, with a path or without; any public one if absent. A path is
   * that one, or all below it where it ends in a slash: a host may well redirect elsewhere at some other path.
   */
  readonly hosts?: readonly string[];
  /** Private-use schemes (RFC 8252 §7.1), without colon. */
  readonly privateSchemes: readonly string[];
}

export const MOST_REDIRECT_URIS = 20;
/** All of a client that registers itself: whoever likes to can have us store them. */
export const LONGEST_REDIRECT_URIS = 4096;
const LONGEST = 2048;

/** What RFC 3986 allows in a URI, without `#` and `*`: a fragment hides the answer, a star looks like a pattern. */
const URI_TEXT = /^[A-Za-z0-9\-._~:/?[\]@!$&'()+,;=%]+$/;

/** Schemes a browser or an operating system acts on by itself: no operator's list makes them safe. */
const NEVER = new Set(
  'about blob data file filesystem ftp http https intent javascript mailto ms-msdt search-ms vbscript view-source ws wss'.split(
    ' ',
  ),
);

/** Whether a client may register this address. Its text must be what every URL parser reads from it. */
export function isAllowedRedirect(uri: string, rules: RedirectRules): boolean {
  if (uri.length > LONGEST || !URI_TEXT.test(uri) || !isReadAsWritten(uri)) return false;
  if (hasAnswerParameter(uri)) return false;
  if (uri.startsWith('https:')) {
    const [, host = '', rest = ''] = /^https:\/\/([^/?:]+)(.*)/.exec(uri) ?? [];
    return isPublicName(host) && (rules.hosts?.some((entry) => isWithin(entry, host, rest)) ?? true);
  }
  if (uri.startsWith('http:')) return isLoopbackRedirect(uri);
  const scheme = /^([a-z][a-z0-9+.-]*):./.exec(uri)?.[1];
  return scheme !== undefined && !NEVER.has(scheme) && rules.privateSchemes.includes(scheme);
}

/** Below a path no query and nothing encoded: what is behind it might read either as another path. */
function isWithin(entry: string, host: string, rest: string): boolean {
  const [, name = '', path = ''] = /^([^/]*)(.*)/.exec(entry) ?? [];
  if (!isListedHost(host, [name])) return false;
  return path === '' || rest === path || (path.endsWith('/') && rest.startsWith(path) && !/[?%;]/.test(rest));
}

/** Nothing in it that a parser would repair: dot segments, a default port, capitals in the host; and no user information. */
function isReadAsWritten(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { href, username, password } = new URL(uri);
  return (href === uri || href === `${uri}/`) && !username && !password;
}
