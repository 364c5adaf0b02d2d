/** RFC 8252 §7.3: a native app listens on whatever port is free. `localhost` too, since deployed agents use it. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?((?:[/?].*)?)$/s;

/**
 * Whether an answer may go to this address: it is a registered one, character by character.
 *
 * Of a loopback address the port may be another. Texts are compared, never parsed URLs: a parser takes `/x/../cb` for
 * `/cb` and a backslash for a slash, and what stands in the Location header is the text.
 */
export function isRegisteredRedirect(uri: string, registered: readonly string[]): boolean {
  const asked = loopbackParts(uri);
  return registered.some((known) => {
    if (known === uri) return true;
    const parts = asked && loopbackParts(known);
    return parts !== undefined && parts.host === asked?.host && parts.rest === asked.rest;
  });
}

/** `http` to the machine the browser runs on, as a registered text or a requested one. */
export function isLoopbackRedirect(uri: string): boolean {
  return loopbackParts(uri) !== undefined;
}

/** An answer's parameters behind an address, which may have a query of its own (RFC 6749 §4.1.2). */
export function withParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.append(name, value);
  return `${uri}${uri.includes('?') ? '&' : '?'}${query}`;
}

function loopbackParts(uri: string): { readonly host: string; readonly rest: string } | undefined {
  const [, host, port, rest] = LOOPBACK.exec(uri) ?? [];
  if (host === undefined || rest === undefined || Number(port ?? 0) > 65_535) return undefined;
  return { host, rest };
}
