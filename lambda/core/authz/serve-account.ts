import type { AuthorizationServerConfig } from '../../config/gateway-config';
import { AUTH_KEYS, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { grantProblem } from '../grant-state';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import { clearCookie, SESSION_COOKIE } from './cookies';
import { hashOf, isSameSecret } from './handle';
import {
  type AuthzAnswer,
  type AuthzRequest,
  LONGEST_PAGE_FORM,
  type Parameters,
  readForm,
  redirectAnswer,
  repeatedNames,
  single,
} from './http';
import { ALL_GRANTS, accountPage, isAccountNotice } from './pages/account-page';
import { errorPage } from './pages/error-page';
import type { PageProblem } from './pages/page-problems';
import { signedOutPage } from './pages/signed-out-page';
import type { AuthzTools } from './ports';
import { revokeGrant } from './revoke-grant';
import { isFromAnotherSite } from './same-origin';
import { endSession, readSession, type Session } from './session';

export interface AccountDeps extends AuthzTools {
  /** URL of the gateway, below which its pages are. */
  readonly issuer: string;
  readonly config: Pick<AuthorizationServerConfig, 'branding'>;
  readonly upstreamNames: readonly string[];
  /** Sends the browser to the company's identity provider, and from there back to this page. */
  readonly startLogin: (request: AuthzRequest) => Promise<AuthzAnswer>;
}

const SIGNED_OUT = 'signed-out';
/** For so long what was revoked has just been. */
const NEWS_MS = 60_000;

/** How a page leads on, where that is not back to the account; `switched_off` does not. */
const LINKS: Partial<Record<PageProblem, string | undefined>> = {
  session_over: 'Sign in again',
  switched_off: undefined,
};
const GRANT_ID = /^[\w-]{1,64}$/;

/** `GET /account`: the person's agents. Without a session, the way to one. */
export async function serveAccount(request: AuthzRequest, deps: AccountDeps): Promise<AuthzAnswer> {
  const read = await readSession(request.headers, deps);
  if (!read.ok) return unavailable(request, deps, read.error);
  const session = read.value;
  const notice = single(request.query, 'done');
  if (session === 'blocked') return refuse(request, deps, 'switched_off', 'switch');
  if (session === 'none') {
    return notice === SIGNED_OUT ? signedOutPage(deps.config.branding, deps.issuer) : deps.startLogin(request);
  }
  const found = await ownGrants(session, deps);
  if (!found.ok) return unavailable(request, deps, found.error);
  const { live, isJustRevoked } = found.value;
  // Any page may link here: what is not so is not said.
  const isTrue = isJustRevoked && (notice === 'revoked' || live.length === 0);
  return accountPage({
    gatewayUrl: deps.issuer,
    branding: deps.config.branding,
    person: session.person,
    grants: live,
    upstreamNames: deps.upstreamNames,
    csrf: session.csrf,
    nowMs: deps.now(),
    notice: isTrue && isAccountNotice(notice) ? notice : undefined,
  });
}

/** `POST /account/revoke`: one grant, or all of them. */
export function serveAccountRevoke(request: AuthzRequest, deps: AccountDeps): Promise<AuthzAnswer> {
  return withForm(request, deps, async (session, form) => {
    const asked = single(form, 'grant') ?? '';
    const isAll = asked === ALL_GRANTS;
    if (!isAll && !GRANT_ID.test(asked)) return refuse(request, deps, 'bad_request', 'grant');
    const { subject } = session.person;
    const chosen = isAll ? await grantIds(subject, deps) : ok([asked]);
    if (!chosen.ok) return unavailable(request, deps, chosen.error);
    for (const grantId of chosen.value) {
      // Of this person only, whatever id was sent. One that is over stays over.
      const revoked = await revokeGrant(deps, subject, grantId, { reason: 'person', by: subject });
      if (!revoked.ok) return unavailable(request, deps, revoked.error);
      // Whoever is signed in can name any id: the log says no more than what was done.
      if (revoked.value === undefined || revoked.value.phase === 'revoked') continue;
      deps.log({ event: 'grant.revoked', outcome: 'ok', reason: 'person', subject, grantId });
    }
    return redirectAnswer(`${deps.issuer}${PATHS.account}?done=${isAll ? 'all-revoked' : 'revoked'}`);
  });
}

/** `POST /account/sign-out`. */
export function serveAccountSignOut(request: AuthzRequest, deps: AccountDeps): Promise<AuthzAnswer> {
  return withForm(request, deps, async (session) => {
    const ended = await endSession(session, deps);
    if (!ended.ok) return unavailable(request, deps, ended.error);
    deps.log({ event: 'session.ended', outcome: 'ok', subject: session.person.subject });
    return redirectAnswer(`${deps.issuer}${PATHS.account}?done=${SIGNED_OUT}`, [ended.value]);
  });
}

/** Runs what a form asks for, if it is the session's own form, sent from our own page. */
async function withForm(
  request: AuthzRequest,
  deps: AccountDeps,
  act: (session: Session, form: Parameters) => Promise<AuthzAnswer>,
): Promise<AuthzAnswer> {
  if (isFromAnotherSite(request.headers, deps.issuer)) return refuse(request, deps, 'cross_site', 'other_origin');
  const form = readForm(request, LONGEST_PAGE_FORM);
  if (form === undefined || repeatedNames(form).length > 0) return refuse(request, deps, 'bad_request', 'form');
  const read = await readSession(request.headers, deps);
  if (!read.ok) return unavailable(request, deps, read.error);
  // Not a redirect to sign in: `form-action` would stop it on its way to the identity provider.
  if (read.value === 'none') return refuse(request, deps, 'session_over', 'no_session');
  if (read.value === 'blocked') return refuse(request, deps, 'switched_off', 'switch');
  if (!isSameSecret(single(form, 'csrf') ?? '', read.value.csrf)) return refuse(request, deps, 'stale_form', 'csrf');
  return act(read.value, form);
}

/** Every grant of a person that is not revoked, whether it can still be used or not. */
async function grantIds(subject: string, { store }: AccountDeps): Promise<Result<readonly string[], BackendFailure>> {
  const listed = await store.list(AUTH_KEYS.person(subject), 'grant#');
  if (!listed.ok) return listed;
  const grants = listed.value.map(({ record }) => record as GrantRecord);
  return ok(grants.flatMap(({ grantId, phase }) => (phase === 'revoked' ? [] : [grantId])));
}

interface OwnGrants {
  /** Those that count, the last used first. */
  readonly live: readonly GrantRecord[];
  readonly isJustRevoked: boolean;
}

async function ownGrants(
  { person, switches }: Session,
  { store, now }: AccountDeps,
): Promise<Result<OwnGrants, BackendFailure>> {
  const listed = await store.list(AUTH_KEYS.person(person.subject), 'grant#');
  if (!listed.ok) return listed;
  const nowMs = now();
  const records = listed.value.map(({ record }) => record as GrantRecord);
  const isJustRevoked = records.some(({ revoked }) => revoked?.by === person.subject && nowMs - revoked.atMs < NEWS_MS);
  const grants = records.filter(
    (grant) => grantProblem({ grant, switches }, nowMs) === undefined && !isLostCode(grant, nowMs),
  );
  const clients = [...new Set(grants.map(({ client }) => hashOf(client.clientId)))];
  const read = clients.length === 0 ? ok([]) : await store.read(clients.map(AUTH_KEYS.clientSwitch));
  if (!read.ok) return read;
  const byClient = new Map(clients.map((hash, i) => [hash, read.value[i]?.record as SwitchRecord | undefined]));
  const live = grants.filter((grant) => {
    const clientSwitch = byClient.get(hashOf(grant.client.clientId));
    return grantProblem({ grant, switches: [clientSwitch] }, nowMs) === undefined;
  });
  return ok({ live: live.sort((a, b) => usedAtMs(b) - usedAtMs(a)), isJustRevoked });
}

/** Consented, and never fetched by the client: nobody can use it any more. */
function isLostCode({ phase, codeExpiresAtMs }: GrantRecord, nowMs: number): boolean {
  return phase === 'code' && (codeExpiresAtMs ?? 0) <= nowMs;
}

function usedAtMs({ lastUsedAtMs, createdAtMs }: GrantRecord): number {
  return lastUsedAtMs ?? createdAtMs;
}

function unavailable(request: AuthzRequest, deps: AccountDeps, failure: BackendFailure): AuthzAnswer {
  return refuse(request, deps, 'unavailable', `${failure.service}.${failure.name}`);
}

function refuse(request: AuthzRequest, deps: AccountDeps, problem: PageProblem, cause: string): AuthzAnswer {
  const text = problem in LINKS ? LINKS[problem] : 'Open the account page';
  deps.log({ event: 'account.refused', outcome: problem, cause, requestId: request.requestId });
  return errorPage({
    branding: deps.config.branding,
    problem,
    requestId: request.requestId,
    link: text === undefined ? undefined : { href: deps.issuer + PATHS.account, text },
    ...(problem === 'session_over' ? { cookies: [clearCookie(SESSION_COOKIE)] } : {}),
  });
}
