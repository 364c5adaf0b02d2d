import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import { openConnection } from './open-connection';
import { BACKEND_MS, type RefreshDeps } from './refresh-deps';
import { revokeTokens } from './revoke-tokens';

type DisconnectRequest = Extract<RefresherRequest, { readonly action: 'disconnect' }>;

/** A connection that changes each time it is looked at is one that is refreshed and connected at once: not for long. */
const TRIES = 5;

/**
 * Ends a connection. Deleted first: whatever the provider does, no call uses it from then on. A refresh under way finds
 * nothing to write to, and ends what it got.
 */
export async function disconnect(
  { subject, provider, by }: DisconnectRequest,
  deps: RefreshDeps,
): Promise<Result<RefresherAnswer, BackendFailure>> {
  const { store, now, log } = deps;
  const name = { subject, provider };
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const read = await store.read(subject, provider, now() + BACKEND_MS);
    if (!read.ok) return read;
    const { connection, salt } = read.value;
    if (connection === undefined) return ok({ outcome: 'done' });
    const removed = await store.remove(subject, provider, connection.version);
    if (!removed.ok) return removed;
    if (!removed.value) continue;

    const config = deps.providers.get(provider);
    let revokedAtProvider = false;
    if (connection.facts.kind !== 'key' && config !== undefined) {
      const opened = await openConnection(connection, salt?.salt, deps);
      if (opened.ok) {
        const { call, refresh } = opened.value;
        const { accessToken = call.secrets.parts['access_token'], refreshToken } = refresh?.secrets ?? {};
        revokedAtProvider = await revokeTokens(name, config, connection.facts, { accessToken, refreshToken }, deps);
      } else {
        const cause = opened.error === 'unreadable' ? 'unreadable' : `${opened.error.service} ${opened.error.name}`;
        log({ event: 'connection.revoke_failed', ...name, cause });
      }
    }
    log({ event: 'connection.disconnected', ...name, version: connection.version, by, revokedAtProvider });
    return ok({ outcome: 'done', revokedAtProvider });
  }
  return err({ service: 'dynamodb', kind: 'unavailable', name: 'RecordChanging' });
}
