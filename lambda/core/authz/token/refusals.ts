import type { BackendFailure } from '../../ports';
import { unavailable } from '../client-authentication';
import { type OAuthError, oauthError } from '../oauth-error';

/**
 * Unknown, expired, forged, revoked, of another client: one answer for all of it. Whoever tries values learns from it
 * neither what exists nor how close they came.
 */
export function invalidGrant(cause: string): OAuthError {
  return oauthError('invalid_grant', 'The grant is not valid, is over, or belongs to another client.', cause);
}

export function invalidRequest(cause: string): OAuthError {
  return oauthError(
    'invalid_request',
    'Send each parameter once, in a form body (application/x-www-form-urlencoded).',
    cause,
  );
}

export function missingParameter(name: string): OAuthError {
  return oauthError('invalid_request', `The parameter ${name} is missing.`, `${name} missing`);
}

export function invalidScope(cause: string): OAuthError {
  return oauthError('invalid_scope', 'A scope was asked for that this grant does not have.', cause);
}

export function invalidTarget(cause: string): OAuthError {
  return oauthError('invalid_target', 'The resource is not the one this grant is for.', cause);
}

export function unauthorizedClient(cause: string): OAuthError {
  return oauthError('unauthorized_client', 'This client may not use this grant type.', cause);
}

export function backendFailed({ service, kind, name }: BackendFailure): OAuthError {
  return unavailable(`${service} ${kind} ${name}`);
}
