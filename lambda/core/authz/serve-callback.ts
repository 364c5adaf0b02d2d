import { AUTH_KEYS, type PersonRecord, type SwitchRecord, type TransactionRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { isSwitchedOff } from '../grant-state';
import { endSignInCookie } from './cookies';
import { type Handle, isSameSecret, tagOfState } from './handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer, repeatedNames, single } from './http';
import { personFrom } from './identity';
import { grantableScopes } from './scopes';
import { openSession } from './session';
import { continueSignIn, loginOf, type SignInDeps, signInLifetime } from './sign-in';
import { refuseByPage, refuseSignIn } from './sign-in-answers';

/**
 * `GET /idp/callback`: the browser comes back from the company's identity provider.
 *
 * The order matters. The cookie shows that this browser began the sign-in, so that nobody can make another person's
 * browser finish it (CVE-2026-27124); the state, that the identity provider sent it; and the change of phase lets one
 * of several through, before the code is redeemed.
 */
export async function serveCallback(request: AuthzRequest, deps: SignInDeps): Promise<AuthzAnswer> {
  const { query } = request;
  if (repeatedNames(query).length > 0) {
    return refuseByPage({ problem: 'bad_request', cause: 'repeated parameter' }, request, deps);
  }
  const state = single(query, 'state') ?? '';
  const isGenuine = (handle: Handle) => isSameSecret(state, loginOf(handle, deps).state);
  const found = await continueSignIn(tagOfState(state), isGenuine, request, deps);
  if ('problem' in found) return refuseByPage(found, request, deps);
  const { handle, stored } = found;
  const over = (cause: string) => refuseByPage({ problem: 'sign_in_over', cause }, request, deps);
  if (stored.record.phase !== 'login') return over(stored.record.phase);

  const exchanging: TransactionRecord = { ...stored.record, phase: 'exchanging' };
  const key = AUTH_KEYS.transaction(handle.transactionId);
  const claimed = await deps.store.replace(key, stored.version, exchanging, signInLifetime(exchanging));
  // Nothing is redeemed yet: the person can load the page again.
  if (!claimed.ok) return refuseByPage({ problem: 'unavailable', cause: claimed.error.name }, request, deps);
  if (!claimed.value.won) return over('answered at the same moment');

  const { request: purpose } = exchanging;
  const claims = await deps.identityProvider.finish(loginOf(handle, deps), query);
  if (!claims.ok) {
    const { kind, check } = claims.error;
    const refusal = kind === 'unreachable' ? 'unavailable' : 'sign_in_failed';
    return refuseSignIn(purpose, refusal, `${kind}: ${check}`, request, deps);
  }
  const person = personFrom(claims.value, deps.config.identityProvider, deps.now());
  if (!person.ok) return refuseSignIn(purpose, 'not_allowed', person.error, request, deps);
  if (purpose === 'account') return openAccount(person.value, exchanging.continueTo, handle, request, deps);
  if (grantableScopes(purpose.scopes, person.value).length === 0) {
    return refuseSignIn(purpose, 'not_allowed', 'no scope left', request, deps);
  }

  const asking: TransactionRecord = { ...exchanging, phase: 'consent', person: person.value };
  const written = await deps.store.replace(key, claimed.value.version, asking, signInLifetime(asking));
  if (!written.ok) return refuseSignIn(purpose, 'unavailable', written.error.name, request, deps);
  return written.value.won
    ? redirectAnswer(`${deps.issuer}${PATHS.consent}?tx=${handle.tag}`)
    : over('changed meanwhile');
}

async function openAccount(
  person: PersonRecord,
  continueTo: string | undefined,
  handle: Handle,
  request: AuthzRequest,
  deps: SignInDeps,
): Promise<AuthzAnswer> {
  // The account page would find such a session over and send the browser here again, without end.
  const switches = await deps.store.read([AUTH_KEYS.personSwitch(person.subject), AUTH_KEYS.gatewaySwitch()]);
  if (!switches.ok) return refuseSignIn('account', 'unavailable', switches.error.name, request, deps);
  const nowMs = deps.now();
  if (switches.value.some((one) => isSwitchedOff(one?.record as SwitchRecord | undefined, nowMs))) {
    return refuseSignIn('account', 'not_allowed', 'switched off', request, deps);
  }
  const cookie = await openSession(person, deps);
  if (!cookie.ok) return refuseSignIn('account', 'unavailable', cookie.error.name, request, deps);
  deps.log({ event: 'session.started', outcome: 'ok', subject: person.subject, requestId: request.requestId });
  return redirectAnswer(deps.issuer + (continueTo ?? PATHS.account), [cookie.value, endSignInCookie(handle)]);
}
