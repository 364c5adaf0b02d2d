import { isSameSecret } from '../authz/handle';
import {
  type AuthzAnswer,
  type AuthzRequest,
  LONGEST_PAGE_FORM,
  type Parameters,
  readForm,
  repeatedNames,
  single,
} from '../authz/http';
import { isFromAnotherSite } from '../authz/same-origin';
import { readSession, type Session } from '../authz/session';
import { refuse, unavailable } from './connect-answers';
import type { AccountDeps } from './connect-deps';

/** Runs what a form asks for, if it is the session's own form, sent from our own page. */
export async function withForm(
  request: AuthzRequest,
  deps: AccountDeps,
  act: (session: Session, form: Parameters) => Promise<AuthzAnswer>,
  longest = LONGEST_PAGE_FORM,
): Promise<AuthzAnswer> {
  if (isFromAnotherSite(request.headers, deps.issuer)) {
    return refuse({ problem: 'cross_site', cause: 'other_origin' }, request, deps);
  }
  const form = readForm(request, longest);
  if (form === undefined || repeatedNames(form).length > 0) {
    return refuse({ problem: 'bad_request', cause: 'form' }, request, deps);
  }
  const read = await readSession(request.headers, deps);
  if (!read.ok) return unavailable(read.error, request, deps);
  const session = read.value;
  // Not a redirect to sign in: `form-action` would stop it on its way to the identity provider.
  if (session === 'none') return refuse({ problem: 'session_over', cause: 'no_session' }, request, deps);
  if (session === 'blocked') return refuse({ problem: 'switched_off', cause: 'switch' }, request, deps);
  if (!isSameSecret(single(form, 'csrf') ?? '', session.csrf)) {
    return refuse({ problem: 'stale_form', cause: 'csrf' }, request, deps);
  }
  return act(session, form);
}

/** Shows a page to whoever is signed in. `otherwise` is where whoever is not goes. */
export async function withSession(
  request: AuthzRequest,
  deps: AccountDeps,
  otherwise: () => AuthzAnswer,
  act: (session: Session) => Promise<AuthzAnswer>,
): Promise<AuthzAnswer> {
  const read = await readSession(request.headers, deps);
  if (!read.ok) return unavailable(read.error, request, deps);
  if (read.value === 'none') return otherwise();
  if (read.value === 'blocked') return refuse({ problem: 'switched_off', cause: 'switch' }, request, deps);
  return act(read.value);
}
