import type { ConnectionRecord } from '../../contract/connection-record';
import type {
  EndConnectionResponse,
  ListAllConnectionsResponse,
  ShredPersonResponse,
} from '../../contract/connections-api';
import type { SwitchMetadata } from '../../contract/grants-api';
import { connectionView } from '../connections/connection-view';
import type { ConnectionStore } from '../connections/ports';
import { type RefresherPort, refresherFailure } from '../connections/refresher-port';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { GrantsRefusal } from './grants-refusal';
import type { ConnectionsCommand } from './parse-connections-request';

export interface ConnectionAdminDeps {
  /** Platforms people connect: name -> what people know it as. */
  readonly providers: ReadonlyMap<string, string>;
  readonly store: Pick<
    ConnectionStore,
    'list' | 'scan' | 'namesOf' | 'remove' | 'erase' | 'removeSalt' | 'switchProvider'
  >;
  readonly refresher: RefresherPort;
  readonly now: () => number;
}

type Answer = Promise<Result<{ readonly status: number; readonly body: object }, GrantsRefusal>>;

/** A cursor that never ends must not keep a request going: a page may come back empty, with a cursor. */
const MAX_PAGES = 10;
/** Leaves room within the 29 s of the API. */
const REFRESHER_MS = 24_000;
/** Each round meets what was connected or refreshed while the one before deleted. */
const SHRED_ROUNDS = 3;

/** Carries out one command about people's connections. */
export async function serveConnections(command: ConnectionsCommand, deps: ConnectionAdminDeps): Answer {
  switch (command.operation) {
    case 'list-connections':
      return command.subject === undefined ? listAll(command.cursor, deps) : listOf(command.subject, deps);
    case 'disconnect':
      return disconnect(command, deps);
    case 'shred':
      return shred(command.subject, deps);
    case 'set-provider-switch':
      return setProviderSwitch(command, deps);
  }
}

/** Every switch of a configured platform that was ever set. */
export async function providerSwitches({
  providers,
  store,
}: ConnectionAdminDeps): Promise<Result<readonly SwitchMetadata[], BackendFailure>> {
  // Nobody's connections: the switches come along with them.
  const read = await store.list('', [...providers.keys()]);
  if (!read.ok) return read;
  return ok([...read.value.switches].map(([id, record]) => switchMetadata(id, record.blocked, record)));
}

async function listOf(subject: string, { providers, store }: ConnectionAdminDeps): Answer {
  const found = await store.list(subject, [...providers.keys()]);
  return found.ok ? page(found.value.connections, undefined, providers) : backend(found.error);
}

async function listAll(from: string | undefined, { providers, store }: ConnectionAdminDeps): Answer {
  let cursor = from;
  for (let pages = 1; ; pages += 1) {
    const found = await store.scan(cursor);
    if (!found.ok) {
      // The cursor comes from the caller; one that is made up is refused.
      return found.error.kind === 'invalid' && pages === 1 && from !== undefined
        ? err({
            code: 'invalid_request',
            status: 400,
            problem: 'cursor is not one of an earlier list',
            fix: 'List from the beginning.',
          })
        : backend(found.error);
    }
    const { connections } = found.value;
    cursor = found.value.cursor;
    if (cursor === undefined || connections.length > 0 || pages === MAX_PAGES) {
      return page(connections, cursor, providers);
    }
  }
}

function page(
  connections: readonly ConnectionRecord[],
  cursor: string | undefined,
  providers: ConnectionAdminDeps['providers'],
): Awaited<Answer> {
  const body: ListAllConnectionsResponse = {
    connections: connections.map((record) => ({
      subject: record.subject,
      ...connectionView(record, providers.get(record.provider) ?? record.provider),
    })),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return ok({ status: 200, body });
}

/** Deleted first, then revoked at the platform: both the refresher's to do, which alone opens what is revoked. */
async function disconnect(
  { subject, provider, actor }: Extract<ConnectionsCommand, { operation: 'disconnect' }>,
  { refresher, now }: ConnectionAdminDeps,
): Answer {
  const asked = await refresher.ask({ action: 'disconnect', subject, provider, by: actor }, now() + REFRESHER_MS);
  if (!asked.ok) return backend(refresherFailure(asked.error));
  if (asked.value.outcome !== 'done') return backend({ service: 'lambda', kind: 'invalid', name: 'UnexpectedAnswer' });
  const { revokedAtProvider } = asked.value;
  const body: EndConnectionResponse = {
    existed: revokedAtProvider !== undefined,
    revokedAtProvider: revokedAtProvider === true,
  };
  return ok({ status: 200, body });
}

/**
 * Without their salt nothing sealed for the person opens, in no backup either. That is all it takes, and it comes first:
 * whatever fails afterwards, what is left is text nobody can read. The tokens cannot be revoked any more then.
 */
async function shred(subject: string, { store }: ConnectionAdminDeps): Answer {
  const shredded = await store.removeSalt(subject);
  if (!shredded.ok) return backend(shredded.error);
  let removed = 0;
  const done = (complete: boolean): Awaited<Answer> => {
    const body: ShredPersonResponse = { existed: shredded.value || removed > 0, removed, complete };
    return ok({ status: 200, body });
  };
  for (let round = 1; round <= SHRED_ROUNDS; round += 1) {
    // Also of platforms that are configured no longer: what is stored of the person is no secret, and theirs.
    const names = await store.namesOf(subject);
    if (!names.ok) break;
    if (names.value.length === 0) return done(true);
    const found = await store.list(subject, names.value);
    if (!found.ok) break;
    const { connections } = found.value;
    const unreadable = names.value.filter((name) => !connections.some(({ provider }) => provider === name));
    const answers = await Promise.all([
      ...connections.map(({ provider, version }) => store.remove(subject, provider, version)),
      ...unreadable.map(async (provider) => {
        const erased = await store.erase(subject, provider);
        return erased.ok ? ok(true) : erased;
      }),
    ]);
    removed += answers.filter((answer) => answer.ok && answer.value).length;
    if (answers.every((answer) => answer.ok && answer.value)) return done(true);
  }
  return done(false);
}

async function setProviderSwitch(
  { provider, blocked, actor }: Extract<ConnectionsCommand, { operation: 'set-provider-switch' }>,
  { providers, store, now }: ConnectionAdminDeps,
): Answer {
  if (!providers.has(provider)) return err({ code: 'unknown_provider', configured: [...providers.keys()].sort() });
  const record = { blocked, updatedAtMs: now(), updatedBy: actor };
  const set = await store.switchProvider(provider, record);
  return set.ok ? ok({ status: 200, body: switchMetadata(provider, blocked, record) }) : backend(set.error);
}

function switchMetadata(
  id: string,
  blocked: boolean,
  { updatedAtMs, updatedBy }: { readonly updatedAtMs: number; readonly updatedBy: string },
): SwitchMetadata {
  return { kind: 'provider', id, blocked, updatedAt: new Date(updatedAtMs).toISOString(), updatedBy };
}

function backend(failure: BackendFailure) {
  return err<GrantsRefusal>({ code: 'backend', failure });
}
