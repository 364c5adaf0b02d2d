import * as oauth from 'oauth4webapi';
import type { IdpProblem } from '../../core/authz/ports';
import { IdpUnreachable } from './idp-fetch';

/**
 * Says what an exception on the way from the token endpoint to the claims means. The names of checks are ours: messages, error descriptions and
 * unknown error codes are text of the provider's, or of whoever plays it, and go nowhere.
 */
export function idpProblem(error: unknown): IdpProblem {
  if (error instanceof IdpUnreachable) return { kind: 'unreachable', check: 'token_unreachable' };
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  switch (code) {
    case oauth.RESPONSE_BODY_ERROR:
      return refusedToken((error as oauth.ResponseBodyError).error);
    case oauth.WWW_AUTHENTICATE_CHALLENGE:
      return { kind: 'invalid', check: 'token_invalid_client' };
    case oauth.RESPONSE_IS_NOT_CONFORM:
      return {
        kind: isTheirFault((cause as { readonly status?: unknown }).status) ? 'unreachable' : 'invalid',
        check: 'token_status',
      };
    case oauth.JWT_CLAIM_COMPARISON:
    case oauth.JWT_TIMESTAMP_CHECK:
      return { kind: 'invalid', check: `id_token_${fieldOf(cause, 'claim')}` };
    default:
      return { kind: 'invalid', check: checkOf(cause) };
  }
}

/** Names the library gives in `cause`; the rest is told apart by what it came with. */
function checkOf(cause: unknown): string {
  if (has(cause, 'header')) return 'id_token_header';
  return has(cause, 'claims') ? 'id_token_claims' : 'token_response';
}

/** Error codes of an IdP that cannot answer right now. */
export const OVERLOADED = /^(server_error|temporarily_unavailable)$/;
const TOKEN_ERRORS =
  /^(invalid_request|invalid_client|invalid_grant|unauthorized_client|unsupported_grant_type|invalid_scope)$/;

function refusedToken(error: string): IdpProblem {
  if (OVERLOADED.test(error)) return { kind: 'unreachable', check: `token_${error}` };
  return { kind: 'invalid', check: TOKEN_ERRORS.test(error) ? `token_${error}` : 'token_error' };
}

/** Whether an answer says that the IdP, not the request, is at fault: it may work in a moment. */
export function isTheirFault(status: unknown): boolean {
  return typeof status === 'number' && (status >= 500 || status === 429);
}

function has(cause: unknown, field: string): boolean {
  return typeof cause === 'object' && cause !== null && field in cause;
}

function fieldOf(cause: unknown, field: string): string {
  return has(cause, field) ? String((cause as Readonly<Record<string, unknown>>)[field]) : 'claims';
}
