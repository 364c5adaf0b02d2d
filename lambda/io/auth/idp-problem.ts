import * as oauth from 'oauth4webapi';
import type { IdpProblem } from '../../core/authz/ports';
import { IdpUnreachable } from './idp-fetch';

/** Which of the IdP's answers was being dealt with. */
export type IdpStep = 'response' | 'token';

/**
 * Says what an exception of oauth4webapi means. The names of checks are ours: messages, error descriptions and
 * unknown error codes are text of the provider's, or of whoever plays it, and go nowhere.
 */
export function idpProblem(error: unknown, step: IdpStep): IdpProblem {
  if (error instanceof IdpUnreachable) return { kind: 'unreachable', check: `${step}_unreachable` };
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  switch (code) {
    case oauth.AUTHORIZATION_RESPONSE_ERROR:
      return refusedLogin((error as oauth.AuthorizationResponseError).error);
    case oauth.RESPONSE_BODY_ERROR:
      return refusedToken((error as oauth.ResponseBodyError).error);
    case oauth.WWW_AUTHENTICATE_CHALLENGE:
      return { kind: 'invalid', check: 'token_invalid_client' };
    case oauth.RESPONSE_IS_NOT_CONFORM:
      return {
        kind: isTheirFault((cause as { readonly status?: unknown }).status) ? 'unreachable' : 'invalid',
        check: `${step}_status`,
      };
    case oauth.JWT_CLAIM_COMPARISON:
    case oauth.JWT_TIMESTAMP_CHECK:
      return { kind: 'invalid', check: `id_token_${fieldOf(cause, 'claim')}` };
    default:
      return { kind: 'invalid', check: checkOf(cause, step) };
  }
}

/** Names the library gives in `cause`; the rest is told apart by what it came with. */
function checkOf(cause: unknown, step: IdpStep): string {
  if (step === 'response') return 'response_state';
  if (has(cause, 'header')) return 'id_token_header';
  return has(cause, 'claims') ? 'id_token_claims' : 'token_response';
}

const DENIED = /^(access_denied|login_required|interaction_required|consent_required|account_selection_required)$/;
const OUR_REQUEST = /^(invalid_request|unauthorized_client|unsupported_response_type|invalid_scope)$/;
const OVERLOADED = /^(server_error|temporarily_unavailable)$/;
const TOKEN_ERRORS =
  /^(invalid_request|invalid_client|invalid_grant|unauthorized_client|unsupported_grant_type|invalid_scope)$/;

function refusedLogin(error: string): IdpProblem {
  if (OVERLOADED.test(error)) return { kind: 'unreachable', check: `response_${error}` };
  return {
    kind: 'denied',
    check: DENIED.test(error) || OUR_REQUEST.test(error) ? `response_${error}` : 'response_error',
  };
}

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
