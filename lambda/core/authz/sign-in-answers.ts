import type { AuthorizationRequestRecord } from '../../contract/auth-record';
import { hashOf } from './handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer } from './http';
import { type OAuthError, oauthError } from './oauth-error';
import { errorPage } from './pages/error-page';
import type { PageProblem } from './pages/page-problems';
import { withParameters } from './redirect-uri';
import type { SignInDeps, SignInPurpose } from './sign-in';

/** Why a sign-in ends without what it was for. */
export type SignInRefusal = Extract<PageProblem, 'not_allowed' | 'sign_in_failed' | 'unavailable'>;

type Target = Pick<AuthorizationRequestRecord, 'redirectUri' | 'state'>;

/** An answer to the client, at the address that was checked. RFC 9207: with the issuer, on success and error alike. */
export function answerClient(
  { redirectUri, state }: Target,
  parameters: Readonly<Record<string, string>>,
  { issuer }: Pick<SignInDeps, 'issuer'>,
): AuthzAnswer {
  return redirectAnswer(withParameters(redirectUri, { ...parameters, state, iss: issuer }));
}

export function refuseToClient(
  target: Target,
  { error, description }: Pick<OAuthError, 'error' | 'description'>,
  deps: Pick<SignInDeps, 'issuer'>,
): AuthzAnswer {
  return answerClient(target, { error, error_description: description }, deps);
}

/** Ends a sign-in: the client learns of it at its own address; where there is no client, the person by a page. */
export function refuseSignIn(
  purpose: SignInPurpose,
  refusal: SignInRefusal,
  cause: string,
  request: AuthzRequest,
  deps: Pick<SignInDeps, 'issuer' | 'config' | 'log'>,
): AuthzAnswer {
  if (purpose === 'account') return refuseByPage({ problem: refusal, cause }, request, deps);
  const { requestId } = request;
  deps.log({ event: 'sign_in.refused', outcome: refusal, cause, requestId, ...clientFields(purpose) });
  return refuseToClient(purpose, refusalError(refusal, cause), deps);
}

/** Ends where no client may be told: which one it is was not shown, or the request is not its. */
export function refuseByPage(
  {
    problem,
    cause,
    host,
  }: { readonly problem: PageProblem; readonly cause: string; readonly host?: string | undefined },
  { requestId }: AuthzRequest,
  deps: Pick<SignInDeps, 'config' | 'log'>,
): AuthzAnswer {
  deps.log({
    event: /client|redirect/.test(problem) ? 'client.refused' : 'sign_in.refused',
    outcome: problem,
    cause,
    requestId,
    clientHost: host,
  });
  return errorPage({ branding: deps.config.branding, problem, requestId, host });
}

/** How the log names who asks: a client id is a stranger's text, or an address with a stranger's words in it. */
export function clientFields(purpose: SignInPurpose): Readonly<Record<string, unknown>> {
  if (purpose === 'account') return { purpose };
  const { clientId, kind, host } = purpose.client;
  return { client: hashOf(clientId), clientKind: kind, clientHost: host };
}

function refusalError(refusal: SignInRefusal, cause: string): OAuthError {
  switch (refusal) {
    case 'not_allowed':
      return oauthError('access_denied', 'The person may not give this access.', cause);
    case 'sign_in_failed':
      return oauthError('access_denied', 'The person did not sign in.', cause);
    case 'unavailable':
      return oauthError('temporarily_unavailable', 'Signing in does not work right now; try again.', cause);
  }
}
