import { PATHS } from '../../contract/paths';
import { type AuthzAnswer, type AuthzRequest, jsonAnswer } from '../authz/http';
import { errorPage } from '../authz/pages/error-page';
import type { AccountDeps, ConnectDeps } from './connect-deps';
import { serveDisconnect } from './own-platforms';
import { serveAccount, serveAccountRevoke, serveAccountSignOut } from './serve-account';
import { serveConnect } from './serve-connect';
import { serveConnectCallback } from './serve-connect-callback';
import { type ConnectionsDeps, serveOwnConnections } from './serve-own-connections';

/** `programs`: who a bearer token speaks for. `documents`: of the gateway as a client, by path. */
export interface PagesDeps extends AccountDeps, Partial<Pick<ConnectionsDeps, 'callers'>> {
  readonly documents?: ReadonlyMap<string, () => Promise<object | undefined>> | undefined;
}

const ACCOUNT: ReadonlyMap<string, (request: AuthzRequest, deps: AccountDeps) => Promise<AuthzAnswer>> = new Map([
  [`GET ${PATHS.account}`, serveAccount],
  [`POST ${PATHS.accountRevoke}`, serveAccountRevoke],
  [`POST ${PATHS.accountSignOut}`, serveAccountSignOut],
]);

/** Serves one request to the function of people's own pages. `path` without a stage in front. */
export async function servePages(request: AuthzRequest, deps: PagesDeps): Promise<AuthzAnswer> {
  const { method } = request;
  // API Gateway takes a slash at the end for nothing, and so do the routes.
  const path = request.path.replace(/(.)\/$/, '$1');
  const account = ACCOUNT.get(`${method} ${path}`);
  if (account !== undefined) return account(request, deps);
  const document = method === 'GET' ? await deps.documents?.get(path)?.() : undefined;
  if (document !== undefined) return documentAnswer(document);
  if (hasPlatforms(deps)) {
    if (path.startsWith(`${PATHS.connect}/`)) return serveConnect(request, deps);
    if (method === 'GET' && path.startsWith(`${PATHS.callback}/`)) return serveConnectCallback(request, deps);
    if (method === 'POST' && path === PATHS.accountDisconnect) return serveDisconnect(request, deps);
    if (isForPrograms(path) && deps.callers)
      return serveOwnConnections({ ...request, path }, { ...deps, callers: deps.callers });
  }
  return jsonAnswer(404, {
    error: { code: 'not_found', message: 'Nothing is served at this path and method', help: '' },
  });
}

/** The answer where something failed that nobody foresaw: for a program or for a person. */
export function internalPageFailure(
  { path, requestId }: AuthzRequest,
  { config }: Pick<PagesDeps, 'config'>,
): AuthzAnswer {
  if (!isForPrograms(path)) return errorPage({ branding: config.branding, problem: 'internal', requestId });
  const help = 'The operator finds the cause in the function log by the request id.';
  return jsonAnswer(500, { error: { code: 'internal', message: 'The gateway failed unexpectedly', help } });
}

function isForPrograms(path: string): boolean {
  return path === PATHS.ownConnections || path.startsWith(`${PATHS.ownConnections}/`);
}

function hasPlatforms(deps: PagesDeps): deps is PagesDeps & ConnectDeps {
  return deps.connect !== undefined;
}

/** Other authorization servers fetch these: as public as what the gateway says of itself elsewhere. */
function documentAnswer(document: object): AuthzAnswer {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=300',
      'Access-Control-Allow-Origin': '*',
    },
    body: JSON.stringify(document),
  };
}
