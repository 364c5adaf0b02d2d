import type { IdpCallback, IdpLogin, IdpProblem } from '../../core/authz/ports';
import { err, ok, type Result } from '../../core/result';
import { OVERLOADED } from './idp-problem';

/** What has to be known of the IdP to judge its authorization response. */
export interface ResponseIssuer {
  readonly issuer: string;
  readonly authorization_response_iss_parameter_supported?: boolean;
}

/** Of flows that were not asked for: an ID token, or a whole response, that has been in the browser's hands. */
const FOREIGN = ['response', 'id_token', 'token'];

const DENIED = /^(access_denied|login_required|interaction_required|consent_required|account_selection_required)$/;
const OUR_REQUEST = /^(invalid_request|unauthorized_client|unsupported_response_type|invalid_scope)$/;

/** The code in what the browser brought from the IdP, if that is the IdP's answer to this very sign-in. */
export function codeOf(as: ResponseIssuer, login: IdpLogin, callback: IdpCallback): Result<string, IdpProblem> {
  // Two values of one name: the IdP, a proxy and we could each read another one.
  if (Object.values(callback).some((values) => values.length > 1)) return invalid('response_repeated_parameter');
  const parameters = new URLSearchParams(callback);
  // RFC 9207 before everything else: of a response of another issuer, nothing is used.
  const iss = parameters.get('iss');
  if (iss === null ? as.authorization_response_iss_parameter_supported === true : iss !== as.issuer) {
    return invalid('response_iss');
  }
  // Then whose it is: of an answer to another sign-in, not even the error (RFC 6749 §10.12).
  if (parameters.get('state') !== login.state || FOREIGN.some((name) => parameters.has(name))) {
    return invalid('response_state');
  }
  const error = parameters.get('error');
  if (error) return err(refusedLogin(error));
  const code = parameters.get('code');
  return code ? ok(code) : invalid('response_code');
}

function refusedLogin(error: string): IdpProblem {
  if (OVERLOADED.test(error)) return { kind: 'unreachable', check: `response_${error}` };
  const isKnown = DENIED.test(error) || OUR_REQUEST.test(error);
  return { kind: 'denied', check: isKnown ? `response_${error}` : 'response_error' };
}

function invalid(check: string): Result<never, IdpProblem> {
  return err({ kind: 'invalid', check });
}
