import type { Answer } from './http-message';
import type { BackendFailure } from './ports';

/** JSON-RPC and MCP error codes. @see https://www.jsonrpc.org/specification#error_object and MCP 2026-07-28 */
export const RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  headerMismatch: -32020,
  unsupportedVersion: -32022,
} as const;

/** A JSON-RPC request id, `null` where none could be read. */
export type RpcId = string | number | null;

/** Why a token was not accepted. Told to the operator's log; the caller learns only what helps to get a better one. */
export type TokenProblem =
  | 'missing'
  | 'malformed'
  | 'bad_signature'
  | 'unknown_key'
  | 'wrong_issuer'
  | 'wrong_type'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid'
  | 'no_subject';

/** Every way a call can fail at the gateway. `reason` is stable public API. */
export type GatewayError =
  | { readonly reason: 'method_not_allowed' }
  | { readonly reason: 'origin_not_allowed' }
  | { readonly reason: 'unauthorized'; readonly problem: TokenProblem; readonly challenge: string }
  | { readonly reason: 'insufficient_scope'; readonly challenge: string; readonly scopes: readonly string[] }
  | { readonly reason: 'issuer_unreachable' }
  | { readonly reason: 'unknown_upstream'; readonly known: readonly string[] }
  | { readonly reason: 'not_acceptable' }
  | { readonly reason: 'unsupported_media_type' }
  | { readonly reason: 'request_too_large'; readonly limitBytes: number }
  | { readonly reason: 'parse_error' }
  | { readonly reason: 'batch_not_supported' }
  | { readonly reason: 'ambiguous_json'; readonly key: string }
  | { readonly reason: 'invalid_message'; readonly detail: string }
  | { readonly reason: 'invalid_header'; readonly header: string }
  | { readonly reason: 'header_mismatch'; readonly header: string }
  | { readonly reason: 'missing_meta'; readonly key: string }
  | {
      readonly reason: 'unsupported_protocol_version';
      readonly requested: string;
      readonly supported: readonly string[];
    }
  | { readonly reason: 'method_not_offered'; readonly method: string; readonly modern: boolean }
  | { readonly reason: 'session_not_found' }
  | { readonly reason: 'credential_missing'; readonly provider: string }
  | { readonly reason: 'credential_disabled'; readonly provider: string }
  | { readonly reason: 'credential_lost'; readonly provider: string }
  | { readonly reason: 'credential_unreadable'; readonly provider: string }
  | { readonly reason: 'credential_wrong_origin'; readonly provider: string }
  | { readonly reason: 'credential_incomplete'; readonly provider: string }
  | { readonly reason: 'vault_unavailable'; readonly failure: BackendFailure }
  | { readonly reason: 'vault_denied'; readonly failure: BackendFailure }
  | { readonly reason: 'upstream_unreachable'; readonly upstream: string }
  | { readonly reason: 'upstream_timeout'; readonly upstream: string; readonly phase: 'connect' | 'idle' | 'total' }
  | { readonly reason: 'upstream_connection_lost'; readonly upstream: string }
  | { readonly reason: 'upstream_redirected'; readonly upstream: string; readonly status: number }
  | { readonly reason: 'upstream_refused_credential'; readonly upstream: string; readonly status: number }
  | { readonly reason: 'upstream_failed'; readonly upstream: string; readonly status: number }
  | { readonly reason: 'upstream_rate_limited'; readonly upstream: string; readonly retryAfter: string | undefined }
  | { readonly reason: 'upstream_not_mcp'; readonly upstream: string }
  | { readonly reason: 'internal' };

interface Wire {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly help: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

const RETRY_SOON = { 'retry-after': '1' };

/** The JSON-RPC error object of a failure, for a body or for the last event of a stream. */
export function toRpcError(error: GatewayError, id: RpcId, requestId: string): string {
  const wire = toWire(error);
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: {
      code: wire.code,
      message: wire.message,
      data: { reason: error.reason, help: wire.help, requestId, ...wire.data },
    },
  });
}

/** The HTTP answer of a failure. */
export function toAnswer(error: GatewayError, id: RpcId, requestId: string): Answer {
  const wire = toWire(error);
  return {
    status: wire.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...wire.headers },
    body: { kind: 'complete', bytes: toRpcError(error, id, requestId) },
  };
}

/** What the operator's log may additionally know. Never a value, a token, a body or an upstream's words. */
export function toLog(error: GatewayError): Readonly<Record<string, unknown>> {
  switch (error.reason) {
    case 'unauthorized':
      return { reason: error.reason, problem: error.problem };
    case 'vault_unavailable':
    case 'vault_denied':
      return { reason: error.reason, ...error.failure };
    case 'upstream_timeout':
      return { reason: error.reason, phase: error.phase };
    case 'upstream_redirected':
    case 'upstream_refused_credential':
    case 'upstream_failed':
      return { reason: error.reason, upstreamStatus: error.status };
    default:
      return { reason: error.reason };
  }
}

function wire(
  status: number,
  code: number,
  message: string,
  help: string,
  headers?: Wire['headers'],
  data?: Wire['data'],
): Wire {
  return { status, code, message, help, ...(headers && { headers }), ...(data && { data }) };
}

/** What an operator does about a key that cannot be used. */
function byOperator(why: string, verb: 'store' | 'enable', provider: string): string {
  return `${why}: npx mcp-gateway vault ${verb} ${provider}`;
}

function toWire(e: GatewayError): Wire {
  switch (e.reason) {
    case 'method_not_allowed':
      return wire(
        405,
        RPC.invalidRequest,
        'Method not allowed',
        'Send MCP messages by POST; this gateway offers no standalone stream.',
        { allow: 'POST' },
      );
    case 'origin_not_allowed':
      return wire(
        403,
        RPC.invalidRequest,
        'This web origin may not call the gateway',
        'The operator allows web origins by the allowedOrigins property.',
      );
    case 'unauthorized':
      return wire(
        401,
        RPC.invalidRequest,
        'A valid access token for this endpoint is required',
        'Get a token from the authorization server named in the resource metadata and send it as a Bearer token.',
        { 'www-authenticate': e.challenge },
        { challenge: e.challenge },
      );
    case 'insufficient_scope':
      return wire(
        403,
        RPC.invalidRequest,
        'The access token lacks a scope this endpoint requires',
        `Ask the authorization server for the scopes: ${e.scopes.join(' ')}`,
        { 'www-authenticate': e.challenge },
        { challenge: e.challenge },
      );
    case 'issuer_unreachable':
      return wire(
        503,
        RPC.internalError,
        'The access token could not be checked: the issuer does not answer',
        'Send the request again; if it persists, the operator checks the issuer and its JWKS.',
        RETRY_SOON,
      );
    case 'unknown_upstream':
      return wire(
        404,
        RPC.invalidRequest,
        'No upstream has this name',
        `Use one of: ${e.known.map((name) => `/mcp/${name}`).join(', ')}`,
      );
    case 'not_acceptable':
      return wire(
        406,
        RPC.invalidRequest,
        'The Accept header must allow both application/json and text/event-stream',
        'Send: Accept: application/json, text/event-stream',
      );
    case 'unsupported_media_type':
      return wire(415, RPC.invalidRequest, 'The body must be application/json', 'Send: Content-Type: application/json');
    case 'request_too_large':
      return wire(
        413,
        RPC.invalidRequest,
        'The request is larger than the gateway accepts',
        `Send at most ${e.limitBytes} bytes, and pass larger data by reference.`,
      );
    case 'parse_error':
      return wire(400, RPC.parseError, 'The body is not valid JSON in UTF-8', 'Send exactly one JSON-RPC 2.0 message.');
    case 'batch_not_supported':
      return wire(
        400,
        RPC.invalidRequest,
        'JSON-RPC batches are not accepted',
        'Send one message per request; MCP removed batching in 2025-06-18.',
      );
    case 'ambiguous_json':
      return wire(
        400,
        RPC.invalidRequest,
        'The body names a key twice',
        'JSON readers disagree on which of two equal keys counts; send each key once.',
        undefined,
        { key: e.key },
      );
    case 'invalid_message':
      return wire(
        400,
        RPC.invalidRequest,
        `Not a JSON-RPC 2.0 message: ${e.detail}`,
        'Send one request, notification or response with "jsonrpc":"2.0".',
      );
    case 'invalid_header':
      return wire(
        400,
        RPC.invalidRequest,
        'A header has characters that cannot be forwarded',
        'Encode other characters as =?base64?…?= (MCP streamable HTTP).',
        undefined,
        { header: e.header },
      );
    case 'header_mismatch':
      return wire(
        400,
        RPC.headerMismatch,
        `The ${e.header} header does not match the body`,
        'Headers must repeat what the body says (MCP 2026-07-28, streamable HTTP).',
        undefined,
        { header: e.header },
      );
    case 'missing_meta':
      return wire(
        400,
        RPC.invalidParams,
        `params._meta lacks ${e.key}`,
        'Every request of MCP 2026-07-28 carries its protocol version and client capabilities in _meta.',
      );
    case 'unsupported_protocol_version':
      return wire(
        400,
        RPC.unsupportedVersion,
        'This protocol version is not supported',
        `Use one of: ${e.supported.join(', ')}`,
        undefined,
        { supported: e.supported, requested: e.requested },
      );
    case 'method_not_offered':
      // A modern client reads "no such method" from the status; a legacy one expects a JSON-RPC answer in a 200.
      return wire(
        e.modern ? 404 : 200,
        RPC.methodNotFound,
        'Method not found',
        'The gateway offers no subscriptions; lists carry a time to live instead.',
      );
    case 'session_not_found':
      return wire(
        404,
        RPC.invalidRequest,
        'Session not found',
        'Start a new session by sending initialize without Mcp-Session-Id.',
      );
    case 'credential_missing':
      return wire(
        503,
        RPC.internalError,
        `No key is stored for ${e.provider}`,
        byOperator('The operator stores one', 'store', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'credential_disabled':
      return wire(
        403,
        RPC.internalError,
        `The key for ${e.provider} is disabled`,
        byOperator('The operator allows it again', 'enable', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'credential_lost':
      return wire(
        503,
        RPC.internalError,
        `The key for ${e.provider} is recorded, but its value is gone`,
        byOperator('The operator stores it again', 'store', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'credential_unreadable':
      return wire(
        503,
        RPC.internalError,
        `The key for ${e.provider} does not open`,
        byOperator('Its envelope was altered or belongs elsewhere; the operator stores it again', 'store', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'credential_wrong_origin':
      return wire(
        503,
        RPC.internalError,
        `The key for ${e.provider} was stored for another upstream origin`,
        byOperator('If the new URL is right, the operator binds the key to it', 'store', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'credential_incomplete':
      return wire(
        503,
        RPC.internalError,
        `The key for ${e.provider} lacks a part the upstream needs`,
        byOperator('The operator stores all parts', 'store', e.provider),
        undefined,
        { provider: e.provider },
      );
    case 'vault_unavailable':
      return wire(
        503,
        RPC.internalError,
        'The vault does not answer, so no key can be used',
        'Send the request again; the gateway uses no key it could not check.',
        RETRY_SOON,
      );
    case 'vault_denied':
      return wire(
        503,
        RPC.internalError,
        'The gateway may not read its vault',
        'The operator compares the function role and the key policy with the last deployment.',
      );
    case 'upstream_unreachable':
      return wire(
        502,
        RPC.internalError,
        `${e.upstream} cannot be reached`,
        'Send the request again; if it persists, the operator checks the upstream URL and its network path.',
      );
    case 'upstream_timeout':
      return wire(
        504,
        RPC.internalError,
        `${e.upstream} did not answer in time`,
        'The call may still take effect upstream: check before sending it again.',
        undefined,
        { phase: e.phase },
      );
    case 'upstream_connection_lost':
      return wire(
        502,
        RPC.internalError,
        `The connection to ${e.upstream} broke before the answer was complete`,
        'The call may have taken effect upstream: check before sending it again.',
      );
    case 'upstream_redirected':
      return wire(
        502,
        RPC.internalError,
        `${e.upstream} redirects, which the gateway never follows with a key`,
        'The operator sets the upstream URL to the final address.',
      );
    case 'upstream_refused_credential':
      return wire(
        502,
        RPC.internalError,
        `${e.upstream} refused the stored key`,
        'The operator checks the key: it may be revoked, expired or lack a permission.',
      );
    case 'upstream_failed':
      return wire(
        502,
        RPC.internalError,
        `${e.upstream} failed with status ${e.status}`,
        'The call may have taken effect upstream: check before sending it again.',
        undefined,
        { upstreamStatus: e.status },
      );
    case 'upstream_rate_limited':
      return wire(
        429,
        RPC.internalError,
        `${e.upstream} limits the rate of calls`,
        'Wait as long as Retry-After says and send the request again.',
        e.retryAfter === undefined ? {} : { 'retry-after': e.retryAfter },
      );
    case 'upstream_not_mcp':
      return wire(
        502,
        RPC.internalError,
        `${e.upstream} did not answer in MCP`,
        'The operator checks that the upstream URL is its streamable HTTP endpoint.',
      );
    case 'internal':
      return wire(
        500,
        RPC.internalError,
        'The gateway failed',
        'Send the request again; the operator finds the cause in the log by requestId.',
      );
  }
}
