import { AUTH_KEYS, type SwitchRecord } from '../../contract/auth-record';
import { isSwitchedOff } from '../grant-state';
import { type ClientProblem, clientHash } from './clients/client';
import type { ClientDirectory } from './clients/client-directory';
import { type AuthzAnswer, type AuthzRequest, readForm, single } from './http';
import type { PageProblem } from './pages/page-problems';
import { readAuthorizationRequest } from './read-authorization-request';
import { isRegisteredRedirect } from './redirect-uri';
import type { ResourceRules } from './resources';
import type { SignInDeps } from './sign-in';
import { clientFields, refuseByPage, refuseSignIn, refuseToClient } from './sign-in-answers';
import { startLogin } from './start-login';

export interface AuthorizeDeps extends SignInDeps {
  readonly clients: ClientDirectory;
  readonly resources: ResourceRules;
}

/** It is stored, and sent back in an address. */
const LONGEST_STATE = 2048;

/**
 * `GET` or `POST /authorize`.
 *
 * Until the redirect URI has been found with the client, whatever is wrong is told on a page: a redirect would make
 * this an open redirector for whoever wrote the link (RFC 9700 §4.11).
 */
export async function serveAuthorize(request: AuthzRequest, deps: AuthorizeDeps): Promise<AuthzAnswer> {
  const parameters = request.method === 'POST' ? readForm(request) : request.query;
  const badRequest = (cause: string) => refuseByPage({ problem: 'bad_request', cause }, request, deps);
  if (parameters === undefined) return badRequest('not a form');
  const [clientId, redirectUri] = [single(parameters, 'client_id'), single(parameters, 'redirect_uri')];
  const isRepeated = ['client_id', 'redirect_uri'].some((name) => (parameters[name]?.length ?? 0) > 1);
  if (isRepeated || clientId === undefined || redirectUri === undefined) return badRequest('client_id or redirect_uri');

  const client = await deps.clients.find(clientId);
  if (!client.ok) {
    const { kind, cause, host } = client.error;
    return refuseByPage({ problem: PROBLEM_OF[kind], cause, host }, request, deps);
  }
  if (!isRegisteredRedirect(redirectUri, client.value.redirectUris)) {
    return refuseByPage({ problem: 'redirect_not_registered', cause: clientHash(clientId) }, request, deps);
  }
  // Of two states neither is sent back: which of them is the client's own, nobody here can know.
  const state = parameters['state']?.length === 1 ? single(parameters, 'state') : undefined;
  if (state !== undefined && state.length > LONGEST_STATE) return badRequest('state too long');

  const read = readAuthorizationRequest(parameters, client.value, redirectUri, deps.resources);
  if (!read.ok) {
    const { error: outcome, cause } = read.error;
    deps.log({
      event: 'authorize.refused',
      outcome,
      cause,
      client: clientHash(clientId),
      requestId: request.requestId,
    });
    return refuseToClient({ redirectUri, ...(state === undefined ? {} : { state }) }, read.error, deps);
  }

  const switches = await deps.store.read([AUTH_KEYS.clientSwitch(clientHash(clientId)), AUTH_KEYS.gatewaySwitch()]);
  if (!switches.ok) return refuseSignIn(read.value, 'unavailable', switches.error.name, request, deps);
  const nowMs = deps.now();
  if (switches.value.some((one) => isSwitchedOff(one?.record as SwitchRecord | undefined, nowMs))) {
    return refuseSignIn(read.value, 'not_allowed', 'switched off', request, deps);
  }
  const { requestId } = request;
  deps.log({ event: 'authorize.accepted', outcome: 'ok', requestId, ...clientFields(read.value) });
  return startLogin(read.value, request, deps);
}

const PROBLEM_OF: Readonly<Record<ClientProblem['kind'], PageProblem>> = {
  unknown: 'unknown_client',
  host_not_allowed: 'client_not_allowed',
  document_refused: 'client_unreachable',
  document_unreachable: 'client_unreachable',
  unavailable: 'unavailable',
};
