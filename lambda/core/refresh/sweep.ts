import type { ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer } from '../../contract/refresher-api';
import { isDue } from './is-due';
import { refreshConnection } from './refresh-connection';
import type { RefreshDeps } from './refresh-deps';

const AT_ONCE = 5;

/**
 * Refreshes what would die unused, and tries again what has failed. What there is no time for is due in the next hour,
 * too; what was done is not, so that each sweep comes further.
 */
export async function sweep(deps: RefreshDeps, untilMs: number): Promise<RefresherAnswer> {
  const { store, providers, now, log } = deps;
  const count = { looked: 0, refreshed: 0, failed: 0 };
  let cursor: string | undefined;
  do {
    const page = await store.scan(cursor);
    if (!page.ok) {
      count.failed += 1;
      log({ event: 'connection.sweep_failed', cause: `${page.error.service} ${page.error.name}` });
      break;
    }
    count.looked += page.value.connections.length;
    const due = page.value.connections.filter((record) => isDue(record, providers.get(record.provider), now()));
    const next = due.values();
    const work = async () => {
      for (const record of next) {
        if (now() >= untilMs) return;
        if (await isRefreshed(record, deps)) count.refreshed += 1;
        else count.failed += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    cursor = page.value.cursor;
  } while (cursor !== undefined && now() < untilMs);
  log({ event: 'connection.swept', ...count });
  return { outcome: 'swept', ...count };
}

/** Whoever is refreshing it just now is not waited for. */
async function isRefreshed({ subject, provider, version }: ConnectionRecord, deps: RefreshDeps): Promise<boolean> {
  try {
    const request = { action: 'refresh', subject, provider, version, reason: 'expired' } as const;
    const { outcome } = await refreshConnection(request, deps, 0);
    return outcome === 'ready' || outcome === 'missing';
  } catch (error) {
    // One connection that nobody foresaw does not keep the others from living.
    const cause = error instanceof Error ? error.name : 'unknown';
    deps.log({ event: 'connection.sweep_failed', subject, provider, cause });
    return false;
  }
}
