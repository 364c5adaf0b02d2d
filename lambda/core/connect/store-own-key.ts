import { AUTH_KEYS } from '../../contract/auth-record';
import type { ConnectionFacts, ConnectionRecord } from '../../contract/connection-record';
import { PATHS } from '../../contract/paths';
import { type AuthzAnswer, type AuthzRequest, type Parameters, redirectAnswer } from '../authz/http';
import { connectPage } from '../authz/own-page';
import type { Session } from '../authz/session';
import { err, ok, type Result } from '../result';
import { checkParts, type Problem } from '../vault/check-parts';
import { refuse } from './connect-answers';
import { ticketLifetime, ticketRecord } from './connect-attempt';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';
import { type KeepFailure, type Kept, keepConnection } from './keep-connection';
import { aboutPlatform, type OpenedLink } from './offered-platform';
import { ownKeyShape, partField } from './own-key-shape';
import { connectPageAnswer } from './pages/connect-page';

/** A key has up to 40 KB, and three times that where a form has to spell every byte of it. */
export const LONGEST_KEY_FORM = 128 * 1024;

const ID_BYTES = 16;
interface OwnKeyForm {
  readonly provider: ConnectableConfig;
  readonly session: Session;
  readonly form: Parameters;
  readonly connection: ConnectionRecord | undefined;
  readonly link?: OpenedLink;
}

/** `POST /connect/<platform>` of a platform of keys: what the person pasted is checked, sealed and never shown again. */
export async function storeOwnKey(
  { provider, session, form, connection, link }: OwnKeyForm,
  request: AuthzRequest,
  deps: ConnectDeps,
): Promise<AuthzAnswer> {
  const { subject } = session.person;
  const parts = Object.fromEntries(
    ownKeyShape(provider).parts.map((name) => [name, (form[partField(name)]?.[0] ?? '').trim()]),
  );
  const problems = checkParts(parts, ownKeyShape(provider));
  if (problems.length > 0) {
    deps.log({ event: 'connect.key_refused', outcome: 'invalid', subject, provider: provider.name });
    return connectPageAnswer({
      gatewayUrl: deps.issuer,
      branding: deps.config.branding,
      person: session.person,
      provider,
      connection,
      link,
      csrf: session.csrf,
      nowMs: deps.now(),
      problems,
    });
  }
  const again = { detail: aboutPlatform(provider), again: provider.name, subject };
  const kept = await keepOwnKey(subject, provider, parts, deps);
  if (!kept.ok) {
    if (kept.error === 'platform_off')
      return refuse({ problem: 'platform_off', cause: 'switch', ...again }, request, deps);
    const { detail } = again;
    if (kept.error === 'unknown')
      return refuse({ problem: 'key_perhaps_kept', cause: kept.error, detail, subject }, request, deps);
    const cause = `${kept.error.service}.${kept.error.name}`;
    return refuse({ problem: 'unavailable', cause, ...again, ticket: link?.text }, request, deps);
  }
  // Only now: a link whose key was not stored works again. One that is used twice at once stores two keys of one person.
  if (link !== undefined) {
    const used = await deps.store.create(
      AUTH_KEYS.once(ticketRecord(link.ticket).hash),
      { usedAtMs: deps.now() },
      ticketLifetime(link.ticket),
    );
    if (!used.ok)
      deps.log({ event: 'connect.link_unmarked', outcome: used.error.name, subject, provider: provider.name });
  }
  deps.log({
    event: 'connect.completed',
    outcome: 'ok',
    subject,
    provider: provider.name,
    requestId: request.requestId,
  });
  const done = link === undefined ? `${PATHS.account}?done=connected` : `${connectPage(provider.name)}?done=1`;
  return redirectAnswer(deps.issuer + done);
}

/** For programs: the same, without a page. */
export async function checkAndKeepKey(
  subject: string,
  provider: ConnectableConfig,
  parts: unknown,
  deps: ConnectDeps,
): Promise<Result<Kept, KeepFailure | readonly Problem[]>> {
  const problems = checkParts(parts, ownKeyShape(provider));
  if (problems.length > 0) return err(problems);
  return keepOwnKey(subject, provider, parts as Readonly<Record<string, string>>, deps);
}

async function keepOwnKey(
  subject: string,
  provider: ConnectableConfig,
  parts: Readonly<Record<string, string>>,
  deps: ConnectDeps,
): Promise<Result<Kept, KeepFailure>> {
  const facts: ConnectionFacts = {
    kind: 'key',
    connectionId: Buffer.from(deps.randomBytes(ID_BYTES)).toString('base64url'),
    scopes: [],
    connectedAtMs: deps.now(),
    failures: 0,
    parts: Object.keys(parts),
  };
  const kept = await keepConnection(
    { subject, provider: provider.name, facts, call: { parts, origins: provider.origins } },
    deps,
  );
  return kept.ok ? ok(kept.value) : kept;
}
