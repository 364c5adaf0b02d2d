import { AUTH_KEYS, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { hashOf } from '../authz/handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer, single } from '../authz/http';
import { revokeGrant } from '../authz/revoke-grant';
import { endSession, type Session } from '../authz/session';
import { grantProblem } from '../grant-state';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import { refuse, unavailable } from './connect-answers';
import type { AccountDeps } from './connect-deps';
import { type OwnPlatforms, ownPlatforms } from './own-platforms';
import { type AccountNotice, ALL_GRANTS, accountPage } from './pages/account-page';
import { signedOutPage } from './pages/signed-out-page';
import { withForm, withSession } from './with-session';

const SIGNED_OUT = 'signed-out';
/** For so long what was done has just been. */
const NEWS_MS = 60_000;
const GRANT_ID = /^[\w-]{1,64}$/;

/** `GET /account`: the person's agents and linked accounts. Without a session, the way to one. */
export function serveAccount(request: AuthzRequest, deps: AccountDeps): Promise<AuthzAnswer> {
  const { issuer, config } = deps;
  const isSignedOut = single(request.query, 'done') === SIGNED_OUT;
  const otherwise = () =>
    isSignedOut
      ? signedOutPage(config.branding, issuer)
      : redirectAnswer(`${issuer}${PATHS.accountSignIn}?continue=${encodeURIComponent(PATHS.account)}`);
  return withSession(request, deps, otherwise, async (session) => {
    const [found, platforms] = await Promise.all([
      ownGrants(session, deps),
      ownPlatforms(session.person.subject, deps),
    ]);
    if (!found.ok) return unavailable(found.error, request, deps);
    return accountPage({
      gatewayUrl: issuer,
      branding: config.branding,
      person: session.person,
      grants: found.value.live,
      platforms,
      upstreamNames: deps.upstreamNames,
      csrf: session.csrf,
      nowMs: deps.now(),
      notice: noticeOf(request, found.value, platforms, deps.now()),
    });
  });
}

/** Any page may link here: what is not so is not said. */
function noticeOf(
  { query }: AuthzRequest,
  { live, isJustRevoked }: OwnGrants,
  platforms: OwnPlatforms,
  nowMs: number,
): AccountNotice | undefined {
  const done = single(query, 'done');
  if (done === 'revoked' && isJustRevoked) return { kind: done };
  if (done === 'all-revoked' && isJustRevoked && live.length === 0) return { kind: done };
  const known = platforms === 'unavailable' ? [] : platforms;
  if (done === 'connected') {
    const isNew = (atMs: number | undefined) => atMs !== undefined && nowMs - atMs < NEWS_MS;
    const connected = known.filter(({ connection }) => isNew(connection?.facts.connectedAtMs));
    const [last] = connected.sort((a, b) => connectedAtMs(b) - connectedAtMs(a));
    return last && { kind: done, platform: last };
  }
  if (done === 'disconnected' || done === 'disconnected-here' || done === 'not-connected') {
    const platform = known.find(({ provider }) => provider.name === single(query, 'platform'));
    return platform && platform.connection === undefined ? { kind: done, platform } : undefined;
  }
  return undefined;
}

function connectedAtMs({ connection }: Exclude<OwnPlatforms, 'unavailable'>[number]): number {
  return connection?.facts.connectedAtMs ?? 0;
}

/** `POST /account/revoke`: one grant, or all of them. */
export function serveAccountRevoke(request: AuthzRequest, deps: AccountDeps): Promise<AuthzAnswer> {
  return withForm(request, deps, async (session, form) => {
    const asked = single(form, 'grant') ?? '';
    const isAll = asked === ALL_GRANTS;
    if (!isAll && !GRANT_ID.test(asked)) return refuse({ problem: 'bad_request', cause: 'grant' }, request, deps);
    const { subject } = session.person;
    const chosen = isAll ? await grantIds(subject, deps) : ok([asked]);
    if (!chosen.ok) return unavailable(chosen.error, request, deps);
    for (const grantId of chosen.value) {
      // Of this person only, whatever id was sent. One that is over stays over.
      const revoked = await revokeGrant(deps, subject, grantId, { reason: 'person', by: subject });
      if (!revoked.ok) return unavailable(revoked.error, request, deps);
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
    if (!ended.ok) return unavailable(ended.error, request, deps);
    deps.log({ event: 'session.ended', outcome: 'ok', subject: session.person.subject });
    return redirectAnswer(`${deps.issuer}${PATHS.account}?done=${SIGNED_OUT}`, [ended.value]);
  });
}

/** Every grant of a person that is not revoked, whether it can still be used or not. */
async function grantIds(
  subject: string,
  { store }: Pick<AccountDeps, 'store'>,
): Promise<Result<readonly string[], BackendFailure>> {
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
