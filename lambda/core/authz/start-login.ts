import { AUTH_KEYS, type TransactionRecord } from '../../contract/auth-record';
import { signInCookies } from './cookies';
import { newHandle } from './handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer } from './http';
import { loginOf, type SignInDeps, type SignInPurpose, signInLifetime } from './sign-in';
import { clientFields, refuseSignIn } from './sign-in-answers';

/**
 * Sends the browser to the company's identity provider. `account`: for a page of the person's own, which `continueTo`
 * names.
 */
export async function startLogin(
  purpose: SignInPurpose,
  request: AuthzRequest,
  deps: SignInDeps,
  continueTo?: string,
): Promise<AuthzAnswer> {
  const handle = newHandle(deps);
  const url = await deps.identityProvider.authorizationUrl(loginOf(handle, deps));
  if (!url.ok) return refuseSignIn(purpose, 'unavailable', url.error, request, deps);
  const record: TransactionRecord = {
    request: purpose,
    ...(continueTo === undefined ? {} : { continueTo }),
    phase: 'login',
    createdAtMs: deps.now(),
  };
  const key = AUTH_KEYS.transaction(handle.transactionId);
  const written = await deps.store.create(key, record, signInLifetime(record));
  if (!written.ok) return refuseSignIn(purpose, 'unavailable', written.error.name, request, deps);
  deps.log({ event: 'sign_in.started', outcome: 'ok', requestId: request.requestId, ...clientFields(purpose) });
  return redirectAnswer(url.value, signInCookies(request.headers, handle));
}
