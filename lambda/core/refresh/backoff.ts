const FIRST_MS = 1_000;
/** The sweep of every hour looks after those that fail for long. */
const LONGEST_MS = 15 * 60_000;
/** A provider may ask for more patience than that, though not for any. */
const LONGEST_ASKED_MS = 60 * 60_000;

/** How long nobody asks the provider again, after so many failures in a row. Half of it is chance: callers spread. */
export function backoffMs(failures: number, random: () => number, retryAfterMs = 0): number {
  const longestMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  const ownMs = longestMs / 2 + (random() * longestMs) / 2;
  return Math.round(Math.max(ownMs, Math.min(retryAfterMs, LONGEST_ASKED_MS)));
}
