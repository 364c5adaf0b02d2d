import { AUTH_KEYS, type ConnectAttemptRecord } from '../../contract/auth-record';
import type {
  ConnectedAccount,
  ConnectionFacts,
  ConnectionRecord,
  RefreshSecrets,
} from '../../contract/connection-record';
import { PATHS } from '../../contract/paths';
import { endSignInCookie, readHandle } from '../authz/cookies';
import { isSameSecret, tagOfState } from '../authz/handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer, single } from '../authz/http';
import { connectPage } from '../authz/own-page';
import { html } from '../authz/pages/html';
import { shown } from '../authz/pages/shown';
import type { Stored } from '../authz/ports';
import type {
  AuthorizationTarget,
  ProviderAccount,
  ProviderProblem,
  ProviderTokens,
} from '../connections/provider-port';
import { ok, type Result } from '../result';
import { isLimited, mayBeLinked } from './account-limits';
import { type Refusal, refuse, unavailable } from './connect-answers';
import {
  ATTEMPT_COOKIE_PREFIX,
  attemptKey,
  attemptLifetime,
  attemptOf,
  targetOf,
  ticketLifetime,
} from './connect-attempt';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';
import { endReplaced, giveBack } from './give-back';
import { keepConnection, type NewConnection } from './keep-connection';
import { aboutPlatform, platformOf } from './offered-platform';
import { accountWords, returnedWords } from './pages/connection-words';
import { platformProblem } from './platform-problem';
import { withSession } from './with-session';

const READ_MS = 3_000;
const ID_BYTES = 16;
/** The page is due within 29 s, and keeping the account or giving it back takes its part of them. */
const UNHURRIED_MS = 6_000;
/** How platforms say that the person, or who decides for them, did not want it. */
const DENIED = /^(access_denied|user_denied|user_cancelled|user_cancelled_login|user_cancelled_authorize)$/;
/** Revocation by these takes the access token: it authorises its own end, or is what is named. */
const BY_ACCESS_TOKEN = ['bearer_post', 'bearer_delete', 'basic_delete'];

/**
 * `GET /callback/<platform>`: the browser comes back.
 *
 * The order matters, as with a sign-in: the cookie shows that this browser began it, so that nobody's link makes
 * another person connect an account that is not theirs; the state, that the platform was asked by it; the session, that
 * it is the same person still; and the change of phase lets one of several through. Only then is the code redeemed.
 */
export async function serveConnectCallback(request: AuthzRequest, deps: ConnectDeps): Promise<AuthzAnswer> {
  const { query, headers } = request;
  const provider = platformOf(request.path, PATHS.callback, deps);
  const stop = (problem: Refusal['problem'], cause: string, subject?: string) =>
    refuse(
      { problem, cause, subject, ...(provider && { detail: aboutPlatform(provider), again: provider.name }) },
      request,
      deps,
    );
  if (provider === undefined || provider.kind === 'key') return stop('unknown_platform', 'unknown');
  // What else came twice is looked at with the rest of the answer: platforms repeat what is their own.
  if ((query['state']?.length ?? 0) > 1) return stop('bad_request', 'repeated state');
  const state = single(query, 'state') ?? '';
  const tag = tagOfState(state);
  if (tag === undefined) return stop('bad_request', 'no state');
  const handle = readHandle(headers, tag, ATTEMPT_COOKIE_PREFIX);
  if (handle === undefined) return stop('other_browser', 'no cookie');
  const attempt = attemptOf(handle, provider.name, deps.issuer);
  if (!isSameSecret(state, attempt.state)) return stop('bad_request', 'not derived from the handle');

  const read = await deps.store.read([attemptKey(handle)]);
  if (!read.ok) return unavailable(read.error, request, deps);
  const stored = read.value[0] as Stored<ConnectAttemptRecord> | undefined;
  if (stored === undefined) return stop('attempt_over', 'expired');
  const { record } = stored;
  // Another platform's answer is never redeemed at this one (RFC 9700 §4.4, mix-up).
  if (record.provider !== provider.name) return stop('bad_request', 'begun for another platform');
  if (record.phase !== 'away') return stop('attempt_over', record.phase);

  return withSession(
    request,
    deps,
    () => stop('session_over', 'no session'),
    async ({ person: { subject } }) => {
      if (subject !== record.subject) return stop('person_changed', 'another subject', subject);
      const before = await lookBefore(record, provider, deps);
      if ('problem' in before) return stop(before.problem, before.cause, subject);
      const exchanging: ConnectAttemptRecord = { ...record, phase: 'exchanging' };
      const claimed = await deps.store.replace(attemptKey(handle), stored.version, exchanging, attemptLifetime(record));
      // Nothing is redeemed yet: the person can load the page again.
      if (!claimed.ok) return unavailable(claimed.error, request, deps);
      if (!claimed.value.won) return stop('attempt_over', 'answered at the same moment', subject);

      const refused = await redeem(record, before, provider, query, attempt, deps);
      const ended = [endSignInCookie(handle, ATTEMPT_COOKIE_PREFIX)];
      if (refused !== undefined) return refuse({ ...refused, subject, cookies: ended }, request, deps);
      deps.log({
        event: 'connect.completed',
        outcome: 'ok',
        subject,
        provider: provider.name,
        requestId: request.requestId,
      });
      // Off this address, which has the code in it.
      const done =
        record.ticket === undefined ? `${PATHS.account}?done=connected` : `${connectPage(provider.name)}?done=1`;
      return redirectAnswer(deps.issuer + done, ended);
    },
  );
}

/** What was connected before the code was redeemed. */
interface Before {
  readonly connection: ConnectionRecord | undefined;
}

/** What may have changed since the browser left. */
async function lookBefore(
  { subject, ticket }: ConnectAttemptRecord,
  provider: ConnectableConfig,
  deps: ConnectDeps,
): Promise<Pick<Refusal, 'problem' | 'cause'> | Before> {
  const [state, once] = await Promise.all([
    deps.connect.connections.read(subject, provider.name, deps.now() + READ_MS),
    ticket && deps.store.read([AUTH_KEYS.once(ticket.hash)]),
  ]);
  if (!state.ok) return { problem: 'unavailable', cause: state.error.name };
  if (once?.ok === false) return { problem: 'unavailable', cause: once.error.name };
  if (state.value.providerSwitch?.blocked) return { problem: 'platform_off', cause: 'switch' };
  if (once?.value[0] !== undefined) return { problem: 'link_used', cause: 'ticket used' };
  return { connection: state.value.connection };
}

/** From the platform's answer to a stored connection; or why there is none, with nothing left behind. */
async function redeem(
  record: ConnectAttemptRecord,
  before: Before,
  provider: ConnectableConfig,
  query: AuthzRequest['query'],
  attempt: ReturnType<typeof attemptOf>,
  deps: ConnectDeps,
): Promise<Refusal | undefined> {
  const about = { detail: aboutPlatform(provider), again: provider.name };
  const startedAtMs = deps.now();
  const target = targetOf(record);
  const exchanged = await deps.connect.client.exchange(provider, target, attempt, query);
  if (!exchanged.ok) {
    const refusal = platformProblem(exchanged.error, provider);
    return DENIED.test(exchanged.error.cause) ? { ...refusal, problem: 'denied' } : refusal;
  }
  const tokens = exchanged.value;
  const identified = await identify(provider, tokens, startedAtMs, deps);
  const account = identified.ok ? identified.value : undefined;
  const made = newConnection(record, provider, tokens, account, deps);
  const returned = async () => {
    const look = await lookBeside(record, deps);
    return giveBack(provider, made.facts, tokens, look.ok ? look.value : before.connection, deps);
  };
  if (!mayBeLinked(provider, account)) {
    const what = returnedWords(await returned());
    if (!identified.ok) {
      const detail = html`${about.detail}. ${what}`;
      return { problem: 'account_unknown', cause: identified.error.cause, again: provider.name, detail };
    }
    const detail = html`Account: <strong>${accountWords(made.facts)}</strong>. ${what}`;
    return { problem: 'account_not_allowed', cause: 'account not allowed', again: provider.name, detail };
  }

  const { ticket } = record;
  if (ticket !== undefined) {
    const used = await deps.store.create(AUTH_KEYS.once(ticket.hash), { usedAtMs: deps.now() }, ticketLifetime(ticket));
    const problem = used.ok ? (used.value.won ? undefined : 'link_used') : 'not_kept';
    if (problem !== undefined) {
      const detail = html`${about.detail}. ${returnedWords(await returned())}`;
      return { problem, cause: used.ok ? 'used at the same moment' : used.error.name, ...about, detail };
    }
  }
  const kept = await keepConnection(made, deps);
  if (kept.ok) {
    await endReplaced(provider, kept.value.replaced, deps);
    return undefined;
  }
  const look = await lookBeside(record, deps);
  if (look.ok && look.value?.facts.connectionId === made.facts.connectionId) {
    // Stored after all: its tokens are in use.
    await endReplaced(provider, before.connection, deps);
    return undefined;
  }
  // Tokens nobody uses end some day. Those of a connection that is there are missed at the next call.
  if (kept.error === 'unknown' && !look.ok)
    return { problem: 'perhaps_kept', cause: look.error.name, detail: about.detail };
  const detail = html`${about.detail}. ${returnedWords(await returned())}`;
  if (kept.error === 'platform_off') return { problem: 'platform_off', cause: 'switch', ...about, detail };
  const cause = kept.error === 'unknown' ? kept.error : `${kept.error.service}.${kept.error.name}`;
  return { problem: 'not_kept', cause, ...about, detail };
}

/** Whose account it is. Where it matters to nobody but the person, a platform that does not say it is no obstacle. */
async function identify(
  provider: ConnectableConfig,
  tokens: ProviderTokens,
  startedAtMs: number,
  deps: ConnectDeps,
): Promise<Result<ProviderAccount | undefined, ProviderProblem>> {
  const first = await deps.connect.client.identify(provider, tokens);
  const isPassing = !first.ok && first.error.kind === 'unavailable' && deps.now() - startedAtMs < UNHURRIED_MS;
  const found = isPassing ? await deps.connect.client.identify(provider, tokens) : first;
  if (found.ok) return found;
  const { kind, cause } = found.error;
  deps.log({
    event: 'connect.unidentified',
    outcome: kind,
    cause,
    provider: provider.name,
    limited: isLimited(provider),
  });
  return found;
}

/** What is connected now: its tokens are not to die for those that are given back. */
async function lookBeside({ subject, provider }: ConnectAttemptRecord, { connect, now }: ConnectDeps) {
  const read = await connect.connections.read(subject, provider, now() + READ_MS);
  return read.ok ? ok(read.value.connection) : read;
}

function newConnection(
  { subject, target }: ConnectAttemptRecord,
  provider: ConnectableConfig,
  tokens: ProviderTokens,
  account: ProviderAccount | undefined,
  deps: ConnectDeps,
): NewConnection {
  const facts: ConnectionFacts = {
    kind: provider.kind,
    connectionId: Buffer.from(deps.randomBytes(ID_BYTES)).toString('base64url'),
    ...(account && { account: storedAccount(account) }),
    scopes: tokens.scopes,
    connectedAtMs: deps.now(),
    failures: 0,
    ...(target.pinned && { pinned: target.pinned }),
    ...(tokens.variables && { variables: tokens.variables }),
  };
  return {
    subject,
    provider: provider.name,
    facts,
    call: { parts: { access_token: tokens.accessToken }, origins: provider.origins },
    refresh: refreshSecrets(provider, tokens, target),
    tokenExpiresAtMs: tokens.expiresAtMs,
  };
}

/** Without the domain: it was needed once. A platform's text is shortened to what a page would show of it. */
function storedAccount({ id, name, workspaceId, workspaceName }: ProviderAccount): ConnectedAccount {
  return {
    id: id.slice(0, 256),
    ...(name === undefined ? {} : { name: shown(name) }),
    ...(workspaceId === undefined ? {} : { workspaceId: workspaceId.slice(0, 256) }),
    ...(workspaceName === undefined ? {} : { workspaceName: shown(workspaceName) }),
  };
}

/** What refreshing and revoking will take, and no more; and where alone it may be sent. */
function refreshSecrets(
  { facts, kind }: ConnectableConfig,
  { refreshToken, accessToken, variables }: ProviderTokens,
  { pinned }: Pick<AuthorizationTarget, 'pinned'>,
): RefreshSecrets | undefined {
  const destination = { ...(pinned && { pinned }), ...(variables && { variables }) };
  const revocation = facts.oauth?.revocation;
  const takesAccessToken =
    revocation !== undefined && (BY_ACCESS_TOKEN.includes(revocation.style) || revocation.prefers === 'access_token');
  const mayRevoke = revocation !== undefined || kind === 'mcp';
  if (refreshToken !== undefined) return { refreshToken, ...(takesAccessToken && { accessToken }), ...destination };
  if (mayRevoke) return { accessToken, ...destination };
  return Object.keys(destination).length === 0 ? undefined : destination;
}
