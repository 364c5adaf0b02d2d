import type { ErrorWire } from './error-wire';
import type { CompleteAnswer } from './http-message';
import { JSON_TYPE } from './media-types';
import type { BackendFailure } from './ports';

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
  | 'no_subject'
  /** RFC 6750 calls it revoked or expired: the grant behind the token does not count any more. */
  | 'grant_over';

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
  | { readonly reason: 'internal' }
  | ConnectionError;

/** Of a call on a person's own account. Worded where it is made: other gateways need not load the words. */
export interface ConnectionError {
  readonly reason:
    | 'connection_needed'
    | 'connection_declined'
    | 'connection_ready'
    | 'connection_blocked'
    | 'connection_unavailable'
    | 'request_state_invalid';
  readonly wire: ErrorWire;
}

/** The HTTP answer of a failure: a JSON-RPC error object. Its words are a chunk of their own: few calls fail. */
export async function toAnswer(error: GatewayError, id: RpcId, requestId: string): Promise<CompleteAnswer> {
  const { toWire } = await import('./error-wire');
  const { status, code, message, help, data, headers } = toWire(error);
  const shown = { code, message, data: { reason: error.reason, help, requestId, ...data } };
  return {
    status,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers },
    body: { kind: 'complete', bytes: JSON.stringify({ jsonrpc: '2.0', id, error: shown }) },
  };
}

/** What the operator's log may additionally know. Never a value, a token, a body or an upstream's words. */
export function toLog(error: GatewayError): Readonly<Record<string, unknown>> {
  const { reason } = error;
  switch (error.reason) {
    case 'unauthorized':
      return { reason, problem: error.problem };
    case 'vault_unavailable':
    case 'vault_denied':
      return { reason, ...error.failure };
    case 'upstream_timeout':
      return { reason, phase: error.phase };
    case 'upstream_redirected':
    case 'upstream_refused_credential':
    case 'upstream_failed':
      return { reason, upstreamStatus: error.status };
    default:
      return { reason };
  }
}

/** The vault did not answer; `denied` says that waiting will not change it. */
export function vaultFailure(failure: BackendFailure): GatewayError {
  const waitingHelps = failure.kind === 'throttled' || failure.kind === 'unavailable';
  return { reason: waitingHelps ? 'vault_unavailable' : 'vault_denied', failure };
}
