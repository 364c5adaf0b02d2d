import type { ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import { openConnection } from './open-connection';
import { BACKEND_MS, type RefreshDeps } from './refresh-deps';
import { revokeTokens } from './revoke-tokens';

type DisconnectRequest = Extract<RefresherRequest, { readonly action: 'disconnect' }>;

/** A record one cannot believe, as the store says. */
const MALFORMED_RECORD = 'MalformedRecord';

/** A connection that changes each time it is looked at is one that is refreshed and connected at once: not for long. */
const TRIES = 5;

/**
 * Ends a connection. Deleted before the provider is asked: whatever it does, no call uses it from then on. A refresh
 * under way finds nothing to write to, and ends what it got.
 *
 * Opened before that: where the answer to the deletion gets lost, whoever asks again finds nothing that could be revoked.
 * That nothing was found is told as it is, without a word on the provider: it may know of an access whose record is gone.
 */
export async function disconnect(
  { subject, provider, by }: DisconnectRequest,
  deps: RefreshDeps,
): Promise<Result<RefresherAnswer, BackendFailure>> {
  const { store, now, log } = deps;
  const name = { subject, provider };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const read = await store.read(subject, provider, now() + BACKEND_MS);
    if (!read.ok) {
      if (read.error.name !== MALFORMED_RECORD) return read;
      // Nobody could use it either; and nothing in it says what to revoke.
      const erased = await store.erase(subject, provider);
      if (!erased.ok) return erased;
      log({ event: 'connection.disconnected', ...name, by, cause: MALFORMED_RECORD, revokedAtProvider: false });
      return ok({ outcome: 'done', revokedAtProvider: false });
    }
    const { connection, salt } = read.value;
    if (connection === undefined) return ok({ outcome: 'done' });
    const revoke = await prepareRevocation(connection, salt?.salt, deps);
    const removed = await store.remove(subject, provider, connection.version);
    if (!removed.ok) {
      // It may be gone. It was to end, whichever it is; if it is still there, it is deleted when that is asked again.
      const revokedAtProvider = await revoke();
      const cause = `${removed.error.service} ${removed.error.name}`;
      log({
        event: 'connection.disconnect_unsettled',
        ...name,
        version: connection.version,
        by,
        cause,
        revokedAtProvider,
      });
      return removed;
    }
    if (!removed.value) continue;
    const revokedAtProvider = await revoke();
    log({ event: 'connection.disconnected', ...name, version: connection.version, by, revokedAtProvider });
    return ok({ outcome: 'done', revokedAtProvider });
  }
  return err({ service: 'dynamodb', kind: 'unavailable', name: 'RecordChanging' });
}

/** Ends what is sealed in a connection at its provider; says whether it did. */
async function prepareRevocation(
  connection: ConnectionRecord,
  salt: string | undefined,
  deps: RefreshDeps,
): Promise<() => Promise<boolean>> {
  const { subject, provider, facts } = connection;
  const name = { subject, provider };
  const config = deps.providers.get(provider);
  if (facts.kind === 'key' || config === undefined) return async () => false;
  const opened = await openConnection(connection, salt, deps);
  if (!opened.ok) {
    const cause = opened.error === 'unreadable' ? 'unreadable' : `${opened.error.service} ${opened.error.name}`;
    return async () => {
      deps.log({ event: 'connection.revoke_failed', ...name, cause });
      return false;
    };
  }
  const { call, refresh } = opened.value;
  const { accessToken = call.secrets.parts['access_token'], refreshToken } = refresh?.secrets ?? {};
  return () => revokeTokens(name, config, facts, { accessToken, refreshToken }, deps);
}
