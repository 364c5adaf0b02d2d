import type { AuthorizationRequestRecord } from '../../contract/auth-record';
import { GRANT_TYPES } from '../../contract/authorization-server';
import { err, ok, type Result } from '../result';
import { type Client, factsOf } from './clients/client';
import { type Parameters, repeatedNames, single } from './http';
import { type OAuthError, type OAuthErrorCode, oauthError } from './oauth-error';
import type { ResourceRules } from './resources';
import { scopesFor } from './scopes';

/** base64url SHA-256, RFC 7636 §4.2. */
const CHALLENGE = /^[\w-]{43}$/;

/**
 * Checks an authorization request whose client and redirect URI are already known to belong together: from here on
 * the client may be told what is wrong. Nothing in a request makes us fetch anything.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.1.1
 */
export function readAuthorizationRequest(
  parameters: Parameters,
  client: Client,
  redirectUri: string,
  resources: ResourceRules,
): Result<AuthorizationRequestRecord, OAuthError> {
  // RFC 8707 §2 alone lets a name come twice, and has a code for our saying no.
  const repeated = repeatedNames(parameters).filter((name) => name !== 'resource');
  if (repeated.length > 0) return refuse('invalid_request', 'A parameter came more than once.', 'repeated parameter');
  const parameter = (name: string) => single(parameters, name);

  if (parameters['request'] !== undefined) {
    return refuse('request_not_supported', 'Request objects are not supported.', 'request');
  }
  if (parameters['request_uri'] !== undefined) {
    return refuse('request_uri_not_supported', 'Request objects are not supported.', 'request_uri');
  }
  if (!client.grantTypes.includes(GRANT_TYPES.authorizationCode)) {
    return refuse('unauthorized_client', 'The client is not registered for the code grant.', 'grant types of client');
  }
  const responseType = parameter('response_type');
  if (responseType === undefined) return refuse('invalid_request', 'response_type is missing.', 'no response_type');
  if (responseType !== 'code') {
    return refuse('unsupported_response_type', 'response_type must be "code".', 'response_type');
  }
  if ((parameter('response_mode') ?? 'query') !== 'query') {
    return refuse('invalid_request', 'response_mode must be "query".', 'response_mode');
  }
  const codeChallenge = parameter('code_challenge') ?? '';
  if (!CHALLENGE.test(codeChallenge) || parameter('code_challenge_method') !== 'S256') {
    return refuse('invalid_request', 'PKCE with code_challenge_method "S256" is required.', 'code_challenge');
  }
  // Consent is always asked, so that there is never an answer without the person seeing a page.
  if (parameter('prompt')?.split(' ').includes('none')) {
    return refuse('login_required', 'The person has to sign in and consent.', 'prompt none');
  }
  const resource = resources.resolve(parameters['resource'], client);
  if (!resource.ok) return resource;
  const scopes = scopesFor(parameter('scope'), resources.scopesAt(resource.value));
  if (scopes === undefined) return refuse('invalid_scope', 'None of the scopes can be granted.', 'scope');

  const state = parameter('state');
  return ok({
    client: factsOf(client),
    redirectUri,
    ...(state === undefined ? {} : { state }),
    codeChallenge,
    scopes,
    resource: resource.value,
  });
}

function refuse(error: OAuthErrorCode, description: string, cause: string): Result<never, OAuthError> {
  return err(oauthError(error, description, cause));
}
