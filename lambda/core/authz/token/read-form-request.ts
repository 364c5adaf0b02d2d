import { err, ok, type Result } from '../../result';
import { type AuthzRequest, type Parameters, readForm, repeatedNames } from '../http';
import type { OAuthError } from '../oauth-error';
import { invalidRequest } from './refusals';

/**
 * The parameters of a request to the token or the revocation endpoint.
 *
 * From the body only: what is in an address ends up in logs (RFC 6749 §2.3.1). Each once: which of two would count
 * differs between readers. `resource` alone may be repeated (RFC 8707 §2), and is refused where it is understood.
 */
export function readFormRequest(request: AuthzRequest): Result<Parameters, OAuthError> {
  if (Object.keys(request.query).length > 0) return err(invalidRequest('parameters in the query'));
  const parameters = readForm(request);
  if (parameters === undefined) return err(invalidRequest('no form, or too large'));
  const repeated = repeatedNames(parameters).filter((name) => name !== 'resource');
  return repeated.length > 0 ? err(invalidRequest('repeated parameter')) : ok(parameters);
}
