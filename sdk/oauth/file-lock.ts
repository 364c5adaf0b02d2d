import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than any refresh: whoever holds a lock for so long has died. */
const STALE_MS = 30_000;
const POLL_MS = 25;

export interface LockTiming {
  readonly now: () => number;
  readonly pause: () => Promise<unknown>;
}

const REAL: LockTiming = { now: Date.now, pause: () => sleep(POLL_MS) };

/**
 * Runs `work` while no other process holds the file.
 *
 * Not for life and death: if the folder refuses, or a lock stays taken, `work` runs all the same. Two processes that
 * refresh at once both get the same successor from a gateway; the lock spares the second one's request.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, timing: LockTiming = REAL): Promise<T> {
  const mine = randomUUID();
  const held = await acquire(path, mine, timing);
  try {
    return await work();
  } finally {
    // Only one's own: another process may have taken it for dead.
    if (held && (await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: string, { now, pause }: LockTiming): Promise<boolean> {
  const deadline = now() + STALE_MS;
  while (now() < deadline) {
    try {
      await writeFile(path, mine, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') return false;
    }
    const age =
      now() -
      (await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      ));
    if (age > STALE_MS) {
      // By name, so that of several who find it dead one removes it.
      const dead = `${path}.${mine}`;
      await rename(path, dead).then(
        () => rm(dead, { force: true }),
        () => undefined,
      );
    } else await pause();
  }
  return false;
}
