import type { GatewayError } from './gateway-error';

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
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

const RETRY_SOON = { 'retry-after': '1' };
const TRY_AGAIN = 'Send the request again';
const MAY_HAVE_HAPPENED = 'The call may have taken effect upstream: check before sending it again.';

function wire(
  status: number,
  code: number,
  message: string,
  help: string,
  data?: ErrorWire['data'],
  headers?: ErrorWire['headers'],
): ErrorWire {
  return { status, code, message, help, ...(headers && { headers }), ...(data && { data }) };
}

/** A failure of the gateway or what is behind it: nothing the caller sent is wrong. */
function failed(
  status: number,
  message: string,
  help: string,
  data?: ErrorWire['data'],
  headers?: ErrorWire['headers'],
) {
  return wire(status, INTERNAL_ERROR, message, help, data, headers);
}

/** A key that cannot be used, and what the operator does about it. */
function unusableKey(e: { readonly provider: string }, what: string, remedy: string, verb = 'store', status = 503) {
  const { provider } = e;
  const help = `${remedy}: npx -p cdk-mcp-gateway mcp-gateway vault ${verb} ${provider}`;
  return failed(status, `The key for ${provider} ${what}`, help, { provider });
}

/** What a failure looks like from outside; one arm per reason. */
export function toWire(e: GatewayError): ErrorWire {
  switch (e.reason) {
    case 'method_not_allowed':
      return wire(
        405,
        INVALID_REQUEST,
        'Method not allowed',
        'Send MCP messages by POST; this gateway offers no standalone stream.',
        undefined,
        { allow: 'POST' },
      );
    case 'origin_not_allowed':
      return wire(
        403,
        INVALID_REQUEST,
        'This web origin may not call the gateway',
        'The operator allows web origins by the allowedOrigins property.',
      );
    case 'unauthorized':
      return wire(
        401,
        INVALID_REQUEST,
        'A valid access token for this endpoint is required',
        'Get a Bearer token from the authorization server the resource metadata names.',
        { challenge: e.challenge },
        { 'www-authenticate': e.challenge },
      );
    case 'insufficient_scope':
      return wire(
        403,
        INVALID_REQUEST,
        'The access token lacks a scope this endpoint requires',
        `Ask the authorization server for the scopes: ${e.scopes.join(' ')}`,
        { challenge: e.challenge },
        { 'www-authenticate': e.challenge },
      );
    case 'issuer_unreachable':
      return failed(
        503,
        'The access token could not be checked: the issuer does not answer',
        `${TRY_AGAIN}; if it persists, the operator checks the issuer and its JWKS.`,
        undefined,
        RETRY_SOON,
      );
    case 'unknown_upstream':
      return wire(
        404,
        INVALID_REQUEST,
        'No upstream has this name',
        `Use one of: ${e.known.map((name) => `/mcp/${name}`).join(', ')}`,
      );
    case 'not_acceptable':
      return wire(
        406,
        INVALID_REQUEST,
        'The Accept header must allow both application/json and text/event-stream',
        'Send: Accept: application/json, text/event-stream',
      );
    case 'unsupported_media_type':
      return wire(415, INVALID_REQUEST, 'The body must be application/json', 'Send: Content-Type: application/json');
    case 'request_too_large':
      return wire(
        413,
        INVALID_REQUEST,
        'The request is larger than the gateway accepts',
        `Send at most ${e.limitBytes} bytes, and pass larger data by reference.`,
      );
    case 'parse_error':
      return wire(400, PARSE_ERROR, 'The body is not valid JSON in UTF-8', 'Send exactly one JSON-RPC 2.0 message.');
    case 'batch_not_supported':
      return wire(
        400,
        INVALID_REQUEST,
        'JSON-RPC batches are not accepted',
        'Send one message per request; MCP removed batching in 2025-06-18.',
      );
    case 'ambiguous_json':
      return wire(
        400,
        INVALID_REQUEST,
        'The body names a key twice, or misspells one',
        'Readers disagree on it: send each key once, spelled as in MCP.',
        { key: e.key },
      );
    case 'invalid_message':
      return wire(
        400,
        INVALID_REQUEST,
        `Not a JSON-RPC 2.0 message: ${e.detail}`,
        'Send one message with "jsonrpc":"2.0".',
      );
    case 'invalid_header':
      return wire(
        400,
        HEADER_MISMATCH,
        'A header has characters that cannot be forwarded',
        'Encode other characters as =?base64?…?= (MCP streamable HTTP).',
        { header: e.header },
      );
    case 'header_mismatch':
      return wire(
        400,
        HEADER_MISMATCH,
        `The ${e.header} header does not match the body`,
        'Headers must repeat what the body says (MCP 2026-07-28, streamable HTTP).',
        { header: e.header },
      );
    case 'missing_meta':
      return wire(
        400,
        INVALID_PARAMS,
        `params._meta lacks ${e.key}`,
        'Requests of MCP 2026-07-28 carry protocol version and client capabilities in _meta.',
      );
    case 'unsupported_protocol_version':
      return wire(
        400,
        UNSUPPORTED_VERSION,
        'This protocol version is not supported',
        `Use one of: ${e.supported.join(', ')}`,
        { supported: e.supported, requested: e.requested },
      );
    case 'method_not_offered':
      // A modern client reads "no such method" from the status; a legacy one expects a JSON-RPC answer in a 200.
      return wire(
        e.modern ? 404 : 200,
        METHOD_NOT_FOUND,
        'Method not found',
        'The gateway offers no subscriptions; lists carry a time to live instead.',
      );
    case 'session_not_found':
      return wire(404, INVALID_REQUEST, 'Session not found', 'Send initialize without Mcp-Session-Id.');
    case 'credential_missing':
      return { ...unusableKey(e, '', 'The operator stores one'), message: `No key is stored for ${e.provider}` };
    case 'credential_disabled':
      return unusableKey(e, 'is disabled', 'The operator allows it again', 'enable', 403);
    case 'credential_lost':
      return unusableKey(e, 'is recorded, but its value is gone', 'The operator stores it again');
    case 'credential_unreadable':
      return unusableKey(
        e,
        'does not open',
        'Its envelope was altered or belongs elsewhere; the operator stores it again',
      );
    case 'credential_wrong_origin':
      return unusableKey(
        e,
        'was stored for another upstream origin',
        'If the new URL is right, the operator binds the key to it',
      );
    case 'credential_incomplete':
      return unusableKey(e, 'lacks a part the upstream needs', 'The operator stores all parts');
    case 'vault_unavailable':
      return failed(
        503,
        'The vault does not answer, so no key can be used',
        `${TRY_AGAIN}; the gateway uses no key it could not check.`,
        undefined,
        RETRY_SOON,
      );
    case 'vault_denied':
      return failed(
        503,
        'The gateway may not read its vault',
        'The operator compares role and key policy with the last deployment.',
      );
    case 'upstream_unreachable':
      return failed(
        502,
        `${e.upstream} cannot be reached`,
        `${TRY_AGAIN}; if it persists, the operator checks the upstream URL and its network path.`,
      );
    case 'upstream_timeout':
      return failed(504, `${e.upstream} did not answer in time`, MAY_HAVE_HAPPENED, { phase: e.phase });
    case 'upstream_connection_lost':
      return failed(502, `The connection to ${e.upstream} broke before the answer was complete`, MAY_HAVE_HAPPENED);
    case 'upstream_redirected':
      return failed(
        502,
        `${e.upstream} redirects, which the gateway never follows with a key`,
        'The operator sets the upstream URL to the final address.',
      );
    case 'upstream_refused_credential':
      return failed(
        502,
        `${e.upstream} refused the stored key`,
        'The operator checks the key: it may be revoked, expired or lack a permission.',
      );
    case 'upstream_failed':
      // A 4xx stays one: by it a client learns that its session is gone, or that the server is of an older revision,
      // and takes a 5xx for neither.
      return failed(
        e.status < 500 ? e.status : 502,
        `${e.upstream} failed with status ${e.status}`,
        MAY_HAVE_HAPPENED,
        { upstreamStatus: e.status },
      );
    case 'upstream_rate_limited':
      return failed(
        429,
        `${e.upstream} limits the rate of calls`,
        'Wait as long as Retry-After says and send the request again.',
        undefined,
        e.retryAfter === undefined ? undefined : { 'retry-after': e.retryAfter },
      );
    case 'upstream_not_mcp':
      return failed(
        502,
        `${e.upstream} did not answer in MCP`,
        'The operator checks that the upstream URL is its streamable HTTP endpoint.',
      );
    case 'internal':
      return failed(500, 'The gateway failed', `${TRY_AGAIN}; the operator finds the cause in the log by requestId.`);
  }
}
