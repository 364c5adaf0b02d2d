import type { ErrorWire } from '../error-wire';
import type { ConnectionError } from '../gateway-error';
import { err, type Result } from '../result';

const INTERNAL_ERROR = -32603;

/** An error of a call on a person's own account, with its words. */
export function failed(
  reason: ConnectionError['reason'],
  status: number,
  code: number,
  message: string,
  help: string,
  data?: ErrorWire['data'],
  headers?: ErrorWire['headers'],
): { readonly ok: false; readonly error: ConnectionError } {
  return err({ reason, wire: { status, code, message, help, data, headers } });
}

/** Ends a call whose answer is not the upstream's. What is said instead is worded in another chunk. */
export function ended(reason: 'connection_needed' | 'connection_declined' | 'connection_ready') {
  return failed(reason, 503, INTERNAL_ERROR, '', '');
}

export function blocked(platform: string): Result<never, ConnectionError> {
  const help = 'The operator has switched the platform off; ask them when it is back.';
  return failed('connection_blocked', 403, INTERNAL_ERROR, `${platform} accounts may not be used now`, help);
}

/** Nothing to click: the platform does not answer, and the old token has ended. */
export function unavailable(platform: string): Result<never, ConnectionError> {
  const message = `The connection to ${platform} cannot be renewed at the moment`;
  const help = 'Send the request again later; the gateway goes on trying.';
  return failed('connection_unavailable', 503, INTERNAL_ERROR, message, help, undefined, { 'retry-after': '5' });
}
