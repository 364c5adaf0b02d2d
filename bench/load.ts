import type { Sample } from './stats';

/** One caller: makes a call and resolves when its answer is complete and right. */
export interface Caller {
  call(): Promise<void>;
  close(): void;
}

/** Something calls can be sent to. */
export interface Callable {
  open(): Promise<Caller>;
  /** CPU µs used so far by the process under test. */
  cpuUs(): number | undefined;
}

/**
 * Closed loop: each of `concurrency` callers sends its next call when the last one is answered.
 * The first calls of a round reopen idle connections, so they are not counted.
 */
export async function load(
  target: Callable,
  options: { concurrency: number; durationMs: number; warmupCalls: number },
): Promise<Sample> {
  const callers = await Promise.all(Array.from({ length: options.concurrency }, () => target.open()));
  try {
    const each = Math.ceil(options.warmupCalls / options.concurrency);
    await Promise.all(callers.map((caller) => repeat(caller, each)));
    const latenciesUs: number[] = [];
    const cpuBefore = target.cpuUs();
    const start = performance.now();
    const end = start + options.durationMs;
    await Promise.all(callers.map((caller) => until(caller, end, latenciesUs)));
    const elapsedMs = performance.now() - start;
    const cpuAfter = target.cpuUs();
    const cpuUs = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
    return { latenciesUs, elapsedMs, cpuUs };
  } finally {
    for (const caller of callers) caller.close();
  }
}

/**
 * Calls until the process under test runs optimised code: V8 compiles a proxy's path for good only after
 * thousands of calls, and slow contenders get no more time than `limitMs`.
 */
export async function warmUp(target: Callable, options: { calls: number; limitMs: number }): Promise<void> {
  const step = { concurrency: 32, durationMs: Math.min(500, options.limitMs), warmupCalls: 0 };
  const end = performance.now() + options.limitMs;
  for (let calls = 0; calls < options.calls && performance.now() < end; ) {
    calls += (await load(target, step)).latenciesUs.length;
  }
}

async function repeat(caller: Caller, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await caller.call();
}

async function until(caller: Caller, end: number, latenciesUs: number[]): Promise<void> {
  let before = performance.now();
  while (before < end) {
    await caller.call();
    const after = performance.now();
    latenciesUs.push((after - before) * 1000);
    before = after;
  }
}
