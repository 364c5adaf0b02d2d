import { type AuthzAnswer, type AuthzRequest, repeatedNames, single } from './http';
import { ownPage } from './own-page';
import type { SignInDeps } from './sign-in';
import { refuseByPage } from './sign-in-answers';
import { startLogin } from './start-login';

/** `GET /account/sign-in?continue=…`: a page of ours needs to know who looks at it. */
export async function serveSignIn(request: AuthzRequest, deps: SignInDeps): Promise<AuthzAnswer> {
  const continueTo = ownPage(single(request.query, 'continue') ?? '');
  if (continueTo === undefined || repeatedNames(request.query).length > 0) {
    return refuseByPage({ problem: 'bad_request', cause: 'continue' }, request, deps);
  }
  return startLogin('account', request, deps, continueTo);
}
