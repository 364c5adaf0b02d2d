import { type AuthzAnswer, jsonAnswer } from './http';

/** RFC 6749 §4.1.2.1 and §5.2, RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8707 §2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'interaction_required'
  | 'login_required'
  | 'unsupported_token_type'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'server_error'
  | 'temporarily_unavailable';

/** A refusal. `description` is fixed text: it never quotes a request, a token or a backend, nor says which check failed. */
export interface OAuthError {
  readonly error: OAuthErrorCode;
  readonly description: string;
  /** Why, for the log only. */
  readonly cause: string;
}

export function oauthError(error: OAuthErrorCode, description: string, cause: string): OAuthError {
  return { error, description, cause };
}

/** The answer of an endpoint that speaks JSON. */
export function errorAnswer({ error, description }: OAuthError): AuthzAnswer {
  return jsonAnswer(STATUS[error] ?? 400, { error, error_description: description }, HEADERS[error]);
}

/** RFC 6749 §5.2 asks for 401 only where the client used the Authorization header, which none of ours does. */
const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  server_error: 500,
  temporarily_unavailable: 503,
};

const HEADERS: Partial<Record<OAuthErrorCode, Readonly<Record<string, string>>>> = {
  temporarily_unavailable: { 'Retry-After': '1' },
};
