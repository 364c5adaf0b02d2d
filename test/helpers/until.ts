import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a moment (ISO 8601) that an answer named has passed. */
export async function until(moment: string): Promise<void> {
  const atMs = Date.parse(moment);
  while (Date.now() <= atMs) await delay(atMs - Date.now() + 1);
}
