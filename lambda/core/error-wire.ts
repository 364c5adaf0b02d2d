import type { ConnectionError, GatewayError } from './gateway-error';

// JSON-RPC and MCP error codes. @see https://www.jsonrpc.org/specification#error_object and MCP 2026-07-28
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const HEADER_MISMATCH = -32020;
const UNSUPPORTED_VERSION = -32022;

/** A failure as HTTP status and headers, and as JSON-RPC error. */
export interface ErrorWire {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly help: string;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

const RETRY_SOON = { 'retry-after': '1' };
const TRY_AGAIN = 'Send the request again';
const IF_IT_PERSISTS = `${TRY_AGAIN}; if it persists, the operator checks`;
const MAY_HAVE_HAPPENED = 'The call may have taken effect upstream: check before sending it again.';

function coded(code: number) {
  return (
    status: number,
    message: string,
    help: string,
    data?: ErrorWire['data'],
    headers?: ErrorWire['headers'],
  ): ErrorWire => ({ status, code, message, help, data, headers });
}

/** Something the caller has to change. */
const refused = coded(INVALID_REQUEST);
const mismatched = coded(HEADER_MISMATCH);
/** A failure of the gateway or what is behind it: nothing the caller sent is wrong. */
const failed = coded(INTERNAL_ERROR);

/** What another access token would mend; a client reads from the challenge how to get one. */
function challenged(status: number, message: string, help: string, e: { readonly challenge: string }) {
  const { challenge } = e;
  return refused(status, message, help, { challenge }, { 'www-authenticate': challenge });
}

/** A failure of the upstream. */
function failedBehind(
  e: { readonly upstream: string },
  status: number,
  what: string,
  help: string,
  data?: ErrorWire['data'],
  headers?: ErrorWire['headers'],
) {
  return failed(status, `${e.upstream} ${what}`, help, data, headers);
}

/** A key that cannot be used, and what the operator does about it. */
function unusableKey(e: { readonly provider: string }, what: string, remedy: string, verb = 'store', status = 503) {
  const { provider } = e;
  const help = `The operator ${remedy}: npx -p cdk-mcp-gateway mcp-gateway vault ${verb} ${provider}`;
  return failed(status, `The key for ${provider} ${what}`, help, { provider });
}

/** What each failure looks like from outside. */
const WIRES: {
  readonly [R in Exclude<GatewayError, ConnectionError>['reason']]: (
    e: Extract<GatewayError, { reason: R }>,
  ) => ErrorWire;
} = {
  method_not_allowed: () =>
    refused(
      405,
      'Method not allowed',
      'Send MCP messages by POST; this gateway offers no standalone stream.',
      undefined,
      {
        allow: 'POST',
      },
    ),
  origin_not_allowed: () =>
    refused(403, 'This web origin may not call the gateway', 'The operator allows it by the allowedOrigins property.'),
  unauthorized: (e) =>
    challenged(
      401,
      'A valid access token for this endpoint is required',
      'Get a Bearer token from the authorization server in the resource metadata.',
      e,
    ),
  insufficient_scope: (e) =>
    challenged(
      403,
      'The access token lacks a scope this endpoint requires',
      `Ask the authorization server for the scopes: ${e.scopes.join(' ')}`,
      e,
    ),
  issuer_unreachable: () =>
    failed(
      503,
      'The access token cannot be checked: its issuer does not answer',
      `${IF_IT_PERSISTS} the issuer and its JWKS.`,
      undefined,
      RETRY_SOON,
    ),
  unknown_upstream: (e) =>
    refused(404, 'No upstream has this name', `Use one of: ${e.known.map((name) => `/mcp/${name}`).join(', ')}`),
  not_acceptable: () =>
    refused(
      406,
      'The Accept header must allow both application/json and text/event-stream',
      'Send: Accept: application/json, text/event-stream',
    ),
  unsupported_media_type: () =>
    refused(415, 'The body must be application/json', 'Send: Content-Type: application/json'),
  request_too_large: (e) =>
    refused(413, 'The request is too large', `Send at most ${e.limitBytes} bytes, and pass larger data by reference.`),
  parse_error: () =>
    coded(PARSE_ERROR)(
      400,
      'The body cannot be read as JSON in UTF-8',
      'Send one JSON-RPC 2.0 message of at most 128 levels.',
    ),
  batch_not_supported: () =>
    refused(
      400,
      'JSON-RPC batches are not accepted',
      'Send one message per request; MCP removed batching in 2025-06-18.',
    ),
  ambiguous_json: (e) =>
    refused(
      400,
      'The body names a key twice, or misspells one',
      'Readers disagree on it: send each key once, spelled as in MCP.',
      { key: e.key },
    ),
  invalid_message: (e) =>
    refused(400, `Not a JSON-RPC 2.0 message: ${e.detail}`, 'Send one message with "jsonrpc":"2.0".'),
  invalid_header: (e) =>
    mismatched(
      400,
      'A header has characters that cannot be forwarded',
      'Encode them as =?base64?…?= (MCP streamable HTTP).',
      { header: e.header },
    ),
  header_mismatch: (e) =>
    mismatched(
      400,
      `The ${e.header} header does not match the body`,
      'Headers repeat the body (MCP 2026-07-28, streamable HTTP).',
      { header: e.header },
    ),
  missing_meta: (e) =>
    coded(INVALID_PARAMS)(
      400,
      `params._meta lacks ${e.key}`,
      'Requests of MCP 2026-07-28 carry version and client capabilities in _meta.',
    ),
  unsupported_protocol_version: (e) =>
    coded(UNSUPPORTED_VERSION)(400, 'This protocol version is not supported', `Use one of: ${e.supported.join(', ')}`, {
      supported: e.supported,
      requested: e.requested,
    }),
  // A modern client reads "no such method" from the status; a legacy one expects a JSON-RPC answer in a 200.
  method_not_offered: (e) =>
    coded(METHOD_NOT_FOUND)(
      e.modern ? 404 : 200,
      'Method not found',
      'No subscriptions are offered; lists carry a time to live.',
    ),
  session_not_found: () => refused(404, 'Session not found', 'Send initialize without Mcp-Session-Id.'),
  credential_missing: (e) => ({
    ...unusableKey(e, '', 'stores one'),
    message: `No key is stored for ${e.provider}`,
  }),
  credential_disabled: (e) => unusableKey(e, 'is disabled', 'allows it again', 'enable', 403),
  credential_lost: (e) => unusableKey(e, 'is recorded, but its value is gone', 'stores it again'),
  credential_unreadable: (e) =>
    unusableKey(e, 'does not open: its envelope was altered or belongs elsewhere', 'stores it again'),
  credential_wrong_origin: (e) =>
    unusableKey(e, 'was stored for another upstream origin', 'binds it to the new URL if that is right'),
  credential_incomplete: (e) => unusableKey(e, 'lacks a part the upstream needs', 'stores all parts'),
  vault_unavailable: () =>
    failed(
      503,
      'The vault does not answer, so no key can be used',
      `${TRY_AGAIN}; the gateway uses no key it could not check.`,
      undefined,
      RETRY_SOON,
    ),
  vault_denied: () =>
    failed(
      503,
      'The gateway may not read its vault',
      'The operator compares role and key policy with the last deployment.',
    ),
  upstream_unreachable: (e) =>
    failedBehind(e, 502, 'cannot be reached', `${IF_IT_PERSISTS} the upstream URL and its network path.`),
  upstream_timeout: (e) => failedBehind(e, 504, 'did not answer in time', MAY_HAVE_HAPPENED, { phase: e.phase }),
  upstream_connection_lost: (e) =>
    failedBehind(e, 502, 'broke the connection before its answer was complete', MAY_HAVE_HAPPENED),
  upstream_redirected: (e) =>
    failedBehind(
      e,
      502,
      'redirects, which is never followed with a key',
      'The operator sets the upstream URL to the final address.',
    ),
  upstream_refused_credential: (e) =>
    failedBehind(
      e,
      502,
      `refuses access with status ${e.status}`,
      'The operator checks its key: missing, revoked, expired or lacking a permission.',
    ),
  // A 4xx stays one: by it a client learns that its session is gone, or that the server is of an older revision,
  // and takes a 5xx for neither.
  upstream_failed: (e) =>
    failedBehind(e, e.status < 500 ? e.status : 502, `failed with status ${e.status}`, MAY_HAVE_HAPPENED, {
      upstreamStatus: e.status,
    }),
  upstream_rate_limited: (e) =>
    failedBehind(
      e,
      429,
      'limits the rate of calls',
      'Wait as long as Retry-After says.',
      undefined,
      e.retryAfter === undefined ? undefined : { 'retry-after': e.retryAfter },
    ),
  upstream_not_mcp: (e) =>
    failedBehind(e, 502, 'did not answer in MCP', 'The operator checks that its URL is a streamable HTTP endpoint.'),
  internal: () =>
    failed(500, 'The gateway failed', `${TRY_AGAIN}; the operator finds the cause in the log by requestId.`),
};

export function toWire(e: GatewayError): ErrorWire {
  return 'wire' in e ? e.wire : (WIRES[e.reason] as (error: GatewayError) => ErrorWire)(e);
}
