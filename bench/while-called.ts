import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from './instances';
import { mcpEvent } from './lambda-event';
import type { TimedCall } from './revocation';
import { atMost, percentile, type Ratio, type Row } from './stats';

export const INSTANCES = 8;
export const TTLS_MS = [0, 250, 1000];
/** Between two calls of one instance: eight of them share a core, and a call that waits for it says nothing. */
const PAUSE_MS = 5;
/** A function reads the clock in whole milliseconds. */
const TICK_MS = 1;

/** Warm instances of one endpoint. */
export interface Called {
  readonly instances: readonly Instance[];
  /** Of the endpoint. */
  readonly path: string;
  readonly ttlMs: number;
  /** What is said to those who are out; any other answer that is no result ends the bench. */
  readonly refusal: RegExp;
}

/** Calls every instance over and over, changes something, and goes on until nobody can remember what was before. */
export async function whileCalled(
  { path, instances, ttlMs, refusal }: Called,
  agents: readonly Readonly<Record<string, string>>[],
  change: () => Promise<void>,
): Promise<{ readonly calls: readonly TimedCall[][]; readonly changedMs: number }> {
  let isOver = false;
  const calls: TimedCall[][] = instances.map(() => []);
  const calling = Promise.all(
    instances.map(async (instance, i) => {
      // Each reads again at another moment, so that whenever the change comes, one of them has just read.
      await sleep((i * ttlMs) / instances.length);
      const event = mcpEvent(path, agents[i] ?? {});
      while (!isOver) {
        calls[i]?.push(await timed(instance, event, refusal));
        await sleep(PAUSE_MS);
      }
    }),
  );
  const allCalledSince = async (momentMs: number) => {
    while (!calls.every((some) => (some.at(-1)?.startedMs ?? 0) > momentMs)) await sleep(PAUSE_MS);
  };
  try {
    // A call that fails ends the wait for others.
    await Promise.race([calling, allCalledSince(0)]);
    await sleep(100);
    await change();
    const changedMs = clockMs();
    await Promise.race([calling, allCalledSince(changedMs + ttlMs + 50)]);
    isOver = true;
    await calling;
    return { calls, changedMs };
  } finally {
    isOver = true;
  }
}

async function timed(instance: Instance, event: object, refusal: RegExp): Promise<TimedCall> {
  const startedMs = clockMs();
  const { body, answeredMs } = await instance.invoke(event);
  const isAccepted = body.includes('"text":"ok"');
  if (!isAccepted && !refusal.test(body)) throw new Error(`a call was answered ${body}`);
  return { startedMs, answeredMs: startedMs + answeredMs, isAccepted };
}

/** The clock the upstream reads, too. */
function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function rowOf(name: string, valuesMs: readonly number[]): Row {
  const us = valuesMs.map((ms) => ms * 1000);
  // Of so few values the 99th percentile is the largest.
  return {
    name,
    concurrency: INSTANCES,
    p50Us: percentile(us, 50),
    p99Us: percentile(us, 99),
    cpuUs: undefined,
    rps: Number.NaN,
    rssMb: undefined,
  };
}

/** The worst of them, held against what may be remembered, and a call that was under way then. */
export function figure(ttlMs: number, what: string, values: readonly number[], inFlightMs?: number): Ratio {
  return atMost(
    `cacheTtl ${ttlMs} ms, ${what}, ms`,
    Math.max(...values),
    ttlMs + TICK_MS + (inFlightMs ?? 0),
    [
      `p50 ${percentile(values, 50).toFixed(1)}; ${values.length} times`,
      ...(inFlightMs === undefined ? [] : [`longest call in flight ${inFlightMs.toFixed(1)} ms`]),
    ].join('; '),
  );
}
