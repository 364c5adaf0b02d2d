import type { ConnectAttemptRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { signInCookies } from '../authz/cookies';
import { newHandle } from '../authz/handle';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer, repeatedNames, single } from '../authz/http';
import { connectPage } from '../authz/own-page';
import type { Session } from '../authz/session';
import type { ConnectionState } from '../connections/ports';
import { refuse, unavailable } from './connect-answers';
import { ATTEMPT_COOKIE_PREFIX, attemptKey, attemptLifetime, attemptOf, ticketRecord } from './connect-attempt';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';
import { aboutPlatform, platformOf, ticketOf } from './offered-platform';
import { connectPageAnswer } from './pages/connect-page';
import { connectedPage } from './pages/connected-page';
import { platformProblem } from './platform-problem';
import { LONGEST_KEY_FORM, storeOwnKey } from './store-own-key';
import { withForm, withSession } from './with-session';

const READ_MS = 3_000;
/** For so long an account that was connected has just been. */
const NEWS_MS = 120_000;

/** `GET /connect/<platform>` tells what is about to happen, `POST` begins it. */
export async function serveConnect(request: AuthzRequest, deps: ConnectDeps): Promise<AuthzAnswer> {
  const provider = platformOf(request.path, PATHS.connect, deps);
  if (provider === undefined) return refuse({ problem: 'unknown_platform', cause: 'unknown' }, request, deps);
  if (request.method === 'POST') {
    const longest = provider.kind === 'key' ? LONGEST_KEY_FORM : undefined;
    return withForm(request, deps, (session, form) => begin(provider, session, form, request, deps), longest);
  }
  if (repeatedNames(request.query).length > 0) {
    return refuse({ problem: 'bad_request', cause: 'repeated parameter' }, request, deps);
  }
  return withSession(
    request,
    deps,
    () => toSignIn(provider, request, deps),
    (session) => show(provider, session, request, deps),
  );
}

/** Not only to sign in: what the link is for is checked when the browser is back, and knows who it is. */
function toSignIn(provider: ConnectableConfig, { query }: AuthzRequest, { issuer }: ConnectDeps): AuthzAnswer {
  const ticket = single(query, 'e');
  const page = connectPage(provider.name, ticket !== undefined && /^[\w-]{1,2048}$/.test(ticket) ? ticket : undefined);
  return redirectAnswer(`${issuer}${PATHS.accountSignIn}?continue=${encodeURIComponent(page)}`);
}

async function show(
  provider: ConnectableConfig,
  session: Session,
  request: AuthzRequest,
  deps: ConnectDeps,
): Promise<AuthzAnswer> {
  const { subject } = session.person;
  const read = await deps.connect.connections.read(subject, provider.name, deps.now() + READ_MS);
  if (!read.ok) return unavailable(read.error, request, deps);
  const { connection } = read.value;
  const nowMs = deps.now();
  if (single(request.query, 'done') !== undefined && connection?.status === 'active') {
    // Any page may link here: what is not so is not said.
    if (nowMs - connection.facts.connectedAtMs < NEWS_MS) {
      return connectedPage({ gatewayUrl: deps.issuer, branding: deps.config.branding, provider, connection });
    }
  }
  const found = await ready(provider, subject, read.value, request, request.query, deps);
  if ('status' in found) return found;
  return connectPageAnswer({
    gatewayUrl: deps.issuer,
    branding: deps.config.branding,
    person: session.person,
    provider,
    connection,
    link: found.link,
    csrf: session.csrf,
    nowMs,
  });
}

async function begin(
  provider: ConnectableConfig,
  session: Session,
  form: AuthzRequest['query'],
  request: AuthzRequest,
  deps: ConnectDeps,
): Promise<AuthzAnswer> {
  const { subject } = session.person;
  const read = await deps.connect.connections.read(subject, provider.name, deps.now() + READ_MS);
  if (!read.ok) return unavailable(read.error, request, deps);
  const found = await ready(provider, subject, read.value, request, form, deps);
  if ('status' in found) return found;
  if (provider.kind === 'key') {
    return storeOwnKey({ provider, session, form, connection: read.value.connection, ...found }, request, deps);
  }

  const target = await deps.connect.client.target(provider);
  if (!target.ok) {
    const problem = platformProblem(target.error, provider);
    return refuse({ ...problem, subject, ticket: found.link?.text }, request, deps);
  }
  const handle = newHandle(deps);
  const record: ConnectAttemptRecord = {
    provider: provider.name,
    subject,
    phase: 'away',
    target: target.value,
    ...(found.link === undefined ? {} : { ticket: ticketRecord(found.link.ticket) }),
    createdAtMs: deps.now(),
  };
  const written = await deps.store.create(attemptKey(handle), record, attemptLifetime(record));
  if (!written.ok) return unavailable(written.error, request, deps);
  // Not the attempt the browser would come back to.
  if (!written.value.won) return refuse({ problem: 'unavailable', cause: 'handle taken', subject }, request, deps);
  deps.log({ event: 'connect.started', outcome: 'ok', subject, provider: provider.name, requestId: request.requestId });
  return redirectAnswer(
    deps.connect.client.authorizationUrl(provider, target.value, attemptOf(handle, provider.name, deps.issuer)),
    signInCookies(request.headers, handle, ATTEMPT_COOKIE_PREFIX),
  );
}

/** Whether this person may connect this platform now, by this link. */
async function ready(
  provider: ConnectableConfig,
  subject: string,
  { providerSwitch }: ConnectionState,
  request: AuthzRequest,
  parameters: AuthzRequest['query'],
  deps: ConnectDeps,
) {
  const found = await ticketOf(parameters, provider, subject, deps);
  if ('problem' in found) return refuse({ ...found, detail: aboutPlatform(provider) }, request, deps);
  if (providerSwitch?.blocked) {
    const detail = aboutPlatform(provider);
    return refuse({ problem: 'platform_off', cause: 'switch', detail, subject }, request, deps);
  }
  return found;
}
