import { type Handle, handleFrom } from './handle';

/** `__Host-`: set over TLS, by this host, for this host alone; a page of a neighbouring host cannot plant one. */
const PREFIX = '__Host-mcp-';
export const SESSION_COOKIE = `${PREFIX}session`;

/** A sign-in not finished by then starts again. */
export const SIGN_IN_SECONDS = 600;

/** So many sign-ins may be open in one browser. More are some page's doing, and would fill the request's header. */
const MOST_SIGN_INS = 20;

type Headers = Readonly<Record<string, string>>;

/**
 * Value of the one cookie of this name.
 *
 * Several of one name: none of them, since one may be planted. Parted at semicolons only: another application's
 * cookie may contain a comma, and behind it what looks like one of ours.
 */
export function readCookie(headers: Headers, name: string): string | undefined {
  const values = cookiesOf(headers).flatMap(([found, value]) => (found === name ? [value] : []));
  return values.length === 1 ? values[0] : undefined;
}

/** The handle of the sign-in with this tag, if this browser holds it. What else a browser begins has another `prefix`. */
export function readHandle(headers: Headers, tag: string, prefix = PREFIX): Handle | undefined {
  if (!/^[\w-]{8}$/.test(tag)) return undefined;
  const secret = readCookie(headers, prefix + tag);
  if (secret === undefined || !/^[\w-]{43}$/.test(secret)) return undefined;
  const handle = handleFrom(secret);
  return handle.tag === tag ? handle : undefined;
}

/** Sets the cookie of a new sign-in. */
export function signInCookies(headers: Headers, handle: Handle, prefix = PREFIX): readonly string[] {
  const open = cookiesOf(headers).flatMap(([name]) => (isHandleCookie(name, prefix) ? [name] : []));
  const surplus = open.length < MOST_SIGN_INS ? [] : [...new Set(open)];
  return [setCookie(prefix + handle.tag, handle.secret, SIGN_IN_SECONDS), ...surplus.map(clearCookie)];
}

export function endSignInCookie(handle: Handle, prefix = PREFIX): string {
  return clearCookie(prefix + handle.tag);
}

/** `Lax`, as the IdP's redirect back is a navigation from another site. */
export function setCookie(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
}

export function clearCookie(name: string): string {
  return setCookie(name, '', 0);
}

function isHandleCookie(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^[\w-]{8}$/.test(name.slice(prefix.length));
}

function cookiesOf(headers: Headers): readonly (readonly [name: string, value: string])[] {
  return (headers['cookie'] ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const];
  });
}
