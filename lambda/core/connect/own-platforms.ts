import type { ConnectionRecord } from '../../contract/connection-record';
import { PATHS } from '../../contract/paths';
import type { RefresherAnswer } from '../../contract/refresher-api';
import { type AuthzAnswer, type AuthzRequest, redirectAnswer, single } from '../authz/http';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';
import { refuse } from './connect-answers';
import type { AccountDeps, ConnectableConfig, ConnectDeps } from './connect-deps';
import { aboutPlatform } from './offered-platform';
import type { AccountNotice } from './pages/account-page';
import { withForm } from './with-session';

/** A platform may take a few tries. */
const DISCONNECT_MS = 20_000;

/** A platform, as far as it concerns one person. */
export interface OwnPlatform {
  readonly provider: ConnectableConfig;
  readonly connection: ConnectionRecord | undefined;
  /** Switched off by an administrator. */
  readonly isOff: boolean;
}

/** `unavailable`: nobody knows now. What else is on the page does not depend on it. */
export type OwnPlatforms = readonly OwnPlatform[] | 'unavailable';

/** Every platform there is, with the person's connection to it; in the order of their names. */
export async function ownPlatforms(
  subject: string,
  { connect, log }: Pick<AccountDeps, 'connect' | 'log'>,
): Promise<OwnPlatforms> {
  if (connect === undefined || connect.providers.size === 0) return [];
  const listed = await connect.connections.list(subject, [...connect.providers.keys()]);
  if (!listed.ok) {
    log({ event: 'connect.unlisted', outcome: 'unavailable', cause: `${listed.error.service}.${listed.error.name}` });
    return 'unavailable';
  }
  const { connections, switches } = listed.value;
  return [...connect.providers.values()]
    .map((provider) => ({
      provider,
      connection: connections.find((one) => one.provider === provider.name),
      isOff: switches.get(provider.name)?.blocked ?? false,
    }))
    .sort((a, b) => (a.provider.facts.name.toLowerCase() < b.provider.facts.name.toLowerCase() ? -1 : 1));
}

/** Deleted, and revoked at the platform; waits for both. */
export function disconnect(
  subject: string,
  provider: string,
  { connect, now }: Pick<ConnectDeps, 'connect' | 'now'>,
): Promise<Result<RefresherAnswer, BackendFailure>> {
  const request = { action: 'disconnect', subject, provider, by: subject } as const;
  return connect.refresher.ask(request, now() + DISCONNECT_MS);
}

/** `POST /account/disconnect`: revoked at the platform, and deleted. */
export function serveDisconnect(request: AuthzRequest, deps: ConnectDeps): Promise<AuthzAnswer> {
  return withForm(request, deps, async ({ person: { subject } }, form) => {
    const provider = deps.connect.providers.get(single(form, 'platform') ?? '');
    if (provider === undefined) return refuse({ problem: 'bad_request', cause: 'platform', subject }, request, deps);
    const { name } = provider;
    const asked = await disconnect(subject, name, deps);
    if (!asked.ok || asked.value.outcome !== 'done') {
      const cause = asked.ok ? asked.value.outcome : `${asked.error.service}.${asked.error.name}`;
      const detail = aboutPlatform(provider);
      return refuse({ problem: 'not_disconnected', cause, detail, subject }, request, deps);
    }
    const { revokedAtProvider } = asked.value;
    const outcome = revokedAtProvider === undefined ? 'absent' : 'ok';
    deps.log({ event: 'connect.disconnected', outcome, subject, provider: name, revokedAtProvider });
    return redirectAnswer(
      `${deps.issuer}${PATHS.account}?done=${doneWord(provider, revokedAtProvider)}&platform=${name}`,
    );
  });
}

/**
 * Of a key the platform knows nothing. What was not there may have been deleted by an attempt whose answer got lost, with
 * nothing revoked: nobody can tell any more.
 */
function doneWord({ kind }: ConnectableConfig, revokedAtProvider: boolean | undefined): AccountNotice['kind'] {
  if (revokedAtProvider === true || kind === 'key') return 'disconnected';
  return revokedAtProvider === undefined ? 'not-connected' : 'disconnected-here';
}
