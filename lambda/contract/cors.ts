/**
 * What lets pages of one web origin call the gateway and read its answers.
 *
 * One, because most of these headers are fixed text in the API itself, which cannot choose among several.
 * Never `Access-Control-Allow-Credentials`: a token is sent by the page, not by the browser.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  if (origin === undefined) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Mcp-Session-Id, WWW-Authenticate, Retry-After',
    Vary: 'Origin',
  };
}

/** The answer to a browser that asks before it sends the call itself. */
export function preflightHeaders(origin: string): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(origin),
    // GET and DELETE are refused, but in words a page can read.
    'Access-Control-Allow-Methods': 'POST, GET, DELETE',
    // The star is for Mcp-Param-<name>, which cannot be listed; it never covers Authorization.
    'Access-Control-Allow-Headers':
      'Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, *',
    'Access-Control-Max-Age': '7200',
  };
}
