import type { AuthzAnswer, AuthzRequest } from '../http';
import { errorAnswer } from '../oauth-error';
import { jwksAt } from '../signing-key';
import { methodNotAllowed, openToPages } from './open-answer';
import { backendFailed } from './refusals';
import type { TokenDeps } from './token-deps';

/** Shorter than a new key waits before it signs. */
const MAX_AGE_S = 300;

/** Serves `GET /jwks`. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
export async function serveJwks(
  { method, requestId }: AuthzRequest,
  { keys, now, log }: Pick<TokenDeps, 'keys' | 'now' | 'log'>,
): Promise<AuthzAnswer> {
  if (method !== 'GET') return methodNotAllowed('GET');
  const known = await keys.current();
  if (!known.ok) {
    const error = backendFailed(known.error);
    log({ event: 'auth.jwks', outcome: error.error, cause: error.cause, requestId });
    return openToPages(errorAnswer(error));
  }
  return openToPages({
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': `public, max-age=${MAX_AGE_S}` },
    body: JSON.stringify(jwksAt(known.value, now())),
  });
}
