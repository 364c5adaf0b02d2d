import { PATHS } from '../../contract/paths';
import type { AuthzAnswer, AuthzRequest } from './http';
import { jsonAnswer } from './http';
import { errorAnswer, oauthError } from './oauth-error';
import { errorPage } from './pages/error-page';
import { type AuthorizeDeps, serveAuthorize } from './serve-authorize';
import { serveCallback } from './serve-callback';
import { serveConsent } from './serve-consent';
import { serveRegister } from './serve-register';
import { serveSignIn } from './serve-sign-in';
import { openToPages } from './token/open-answer';
import { serveJwks } from './token/serve-jwks';
import { serveRevoke } from './token/serve-revoke';
import { serveToken, type TokenDeps } from './token/serve-token';

export type AuthzDeps = TokenDeps & AuthorizeDeps;

type Serve = (request: AuthzRequest, deps: AuthzDeps) => Promise<AuthzAnswer>;

/** As in the front-door table, which lets nothing else through. */
const ROUTES: ReadonlyMap<string, Serve> = new Map<string, Serve>([
  [`GET ${PATHS.authorize}`, serveAuthorize],
  [`POST ${PATHS.authorize}`, serveAuthorize],
  [`GET ${PATHS.idpCallback}`, serveCallback],
  [`GET ${PATHS.consent}`, serveConsent],
  [`POST ${PATHS.consent}`, serveConsent],
  [`POST ${PATHS.token}`, serveToken],
  [`POST ${PATHS.revoke}`, serveRevoke],
  [`POST ${PATHS.register}`, serveRegister],
  [`GET ${PATHS.jwks}`, serveJwks],
  [`GET ${PATHS.accountSignIn}`, serveSignIn],
]);

/** Serves one request to the authorization server. `path` without a stage in front. */
export async function serveAuthz(request: AuthzRequest, deps: AuthzDeps): Promise<AuthzAnswer> {
  const serve = ROUTES.get(`${request.method} ${routePath(request)}`);
  if (serve !== undefined) return serve(request, deps);
  return jsonAnswer(404, { error: 'invalid_request', error_description: 'Nothing is served at this path and method.' });
}

const FOR_PROGRAMS: readonly string[] = [PATHS.token, PATHS.revoke, PATHS.register, PATHS.jwks];

/** The answer where something failed that nobody foresaw: for a program or for a person. */
export function internalFailure(request: AuthzRequest, { config }: Pick<AuthzDeps, 'config'>): AuthzAnswer {
  const { requestId } = request;
  if (!FOR_PROGRAMS.includes(routePath(request))) {
    return errorPage({ branding: config.branding, problem: 'internal', requestId });
  }
  return openToPages(
    errorAnswer(oauthError('server_error', 'The gateway failed; send the request again.', 'internal')),
  );
}

/** API Gateway takes a slash at the end for nothing, and so do the routes. */
function routePath({ path }: AuthzRequest): string {
  return path.replace(/(.)\/$/, '$1');
}
