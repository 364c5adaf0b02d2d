import { CONNECTION_KEYS, type ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer } from '../../contract/refresher-api';
import { isDue } from './is-due';
import { refreshConnection } from './refresh-connection';
import type { RefreshDeps } from './refresh-deps';

const AT_ONCE = 20;
/**
 * Of them, of one platform: whoever hangs has the others wait for no more. Each failure in a row takes a place, and with
 * none left the rest of its connections wait for the next sweep.
 */
const OF_ONE_PLATFORM = 5;
/** Due connections that are read before there is room for them. */
const AHEAD = 500;

/**
 * Refreshes what would die unused, and tries again what has failed. It begins anywhere in the table and comes round to
 * there, so that what one sweep has no time for, another begins with; neither how many connections there are nor a
 * platform that does not answer keeps any of them from being looked after in the end.
 */
export async function sweep(deps: RefreshDeps, untilMs: number): Promise<RefresherAnswer> {
  const { store, providers, now, log } = deps;
  const count = { looked: 0, refreshed: 0, failed: 0, unreadable: 0, skipped: 0 };
  const work = workOf(deps, untilMs, count);
  const start = store.placeOf(deps.randomId());
  let isComplete = false;
  let firstSeen: ReadonlySet<string> | undefined;
  let hasTurned = false;
  let cursor: string | undefined = start;
  while (now() < untilMs) {
    const page = await store.scan(cursor);
    if (!page.ok) {
      count.failed += 1;
      log({ event: 'connection.sweep_failed', cause: `${page.error.service} ${page.error.name}` });
      break;
    }
    const { connections, unreadable } = page.value;
    const isRound = hasTurned && connections.some((record) => firstSeen?.has(keyOf(record)));
    const fresh = isRound ? connections.filter((record) => !firstSeen?.has(keyOf(record))) : connections;
    if (!hasTurned && firstSeen === undefined && connections.length > 0) firstSeen = new Set(connections.map(keyOf));
    count.looked += fresh.length;
    count.unreadable += unreadable;
    await work.add(fresh.filter((record) => isDue(record, providers.get(record.provider), now())));
    cursor = page.value.cursor;
    if (isRound || (hasTurned && cursor === undefined)) {
      isComplete = true;
      break;
    }
    if (cursor === undefined) hasTurned = true;
  }
  const left = await work.end();
  count.skipped += left;
  log({ event: 'connection.swept', ...count, isComplete: isComplete && count.skipped === 0 });
  const { looked, refreshed, failed } = count;
  return { outcome: 'swept', looked, refreshed, failed };
}

function keyOf({ subject, provider }: ConnectionRecord): string {
  return CONNECTION_KEYS.connection(subject, provider);
}

interface Platform {
  running: number;
  failedInARow: number;
}

/** Refreshes what is added, so many at once, until the time is over or a platform has failed too often. */
function workOf(deps: RefreshDeps, untilMs: number, count: { refreshed: number; failed: number; skipped: number }) {
  const platforms = new Map<string, Platform>();
  const running = new Set<Promise<void>>();
  let waiting: ConnectionRecord[] = [];

  const platformOf = (name: string): Platform => {
    const known = platforms.get(name) ?? { running: 0, failedInARow: 0 };
    platforms.set(name, known);
    return known;
  };
  const run = async (record: ConnectionRecord, platform: Platform): Promise<void> => {
    platform.running += 1;
    const outcome = await outcomeOf(record, deps);
    platform.running -= 1;
    platform.failedInARow = outcome === 'unavailable' ? platform.failedInARow + 1 : 0;
    if (outcome === 'ready' || outcome === 'missing') count.refreshed += 1;
    else count.failed += 1;
  };
  const begin = (): void => {
    const left: ConnectionRecord[] = [];
    for (const record of waiting) {
      const platform = platformOf(record.provider);
      const places = OF_ONE_PLATFORM - platform.failedInARow;
      if (places <= 0) count.skipped += 1;
      else if (running.size >= AT_ONCE || platform.running >= places || deps.now() >= untilMs) left.push(record);
      else {
        const task = run(record, platform).then(() => {
          running.delete(task);
          begin();
        });
        running.add(task);
      }
    }
    waiting = left;
  };
  return {
    /** Waits where too much is waiting already. */
    async add(records: readonly ConnectionRecord[]): Promise<void> {
      waiting.push(...records);
      begin();
      while (waiting.length > AHEAD && running.size > 0) await Promise.race(running);
    },
    /** Waits for what has begun. @returns how many have not, for want of time */
    async end(): Promise<number> {
      while (running.size > 0) await Promise.race(running);
      return waiting.length;
    },
  };
}

/** Whoever is refreshing it just now is not waited for. */
async function outcomeOf({ subject, provider, version }: ConnectionRecord, deps: RefreshDeps): Promise<string> {
  try {
    const request = { action: 'refresh', subject, provider, version, reason: 'expired' } as const;
    return (await refreshConnection(request, deps, 0)).outcome;
  } catch (error) {
    // One connection that nobody foresaw does not keep the others from living.
    const cause = error instanceof Error ? error.name : 'unknown';
    deps.log({ event: 'connection.sweep_failed', subject, provider, cause });
    return 'failed';
  }
}
