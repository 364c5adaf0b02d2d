/** What one target showed in one round. */
export interface Sample {
  readonly latenciesUs: readonly number[];
  /** CPU time the process under test used meanwhile; `undefined` where it cannot be read. */
  readonly cpuUs: number | undefined;
  readonly elapsedMs: number;
}

export interface Summary {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly rps: number;
  /** CPU of the process under test per call. */
  readonly cpuUs: number | undefined;
}

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly concurrency: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly cpuUs: number | undefined;
  readonly rps: number;
  readonly rssMb: number | undefined;
}

/** A named figure with the bound it is held to. */
export interface Ratio {
  readonly name: string;
  readonly measured: number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly pass: boolean;
  /** What the two sides were, so that a surprising ratio explains itself. */
  readonly detail?: string;
}

/** Nearest-rank percentile, `p` in 0..100. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const rank = Math.ceil((p / 100) * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] as number;
}

/** The middle value; the mean of the two middle ones when there is no single middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}

/**
 * Rounds of one target -> one summary: medians over rounds, so that one round
 * disturbed by other work on the machine does not move the figure. CPU is the
 * total over the total, because /proc counts it in ticks of 10 ms.
 */
export function summarise(rounds: readonly Sample[]): Summary {
  const calls = rounds.reduce((sum, round) => sum + round.latenciesUs.length, 0);
  const cpu = rounds.map((round) => round.cpuUs);
  return {
    p50Us: median(rounds.map((round) => percentile(round.latenciesUs, 50))),
    p99Us: median(rounds.map((round) => percentile(round.latenciesUs, 99))),
    rps: median(rounds.map((round) => (round.latenciesUs.length * 1000) / round.elapsedMs)),
    cpuUs: cpu.every((value) => value !== undefined) ? cpu.reduce((sum, value) => sum + value, 0) / calls : undefined,
  };
}

/**
 * Median over rounds of a figure computed within each round: what disturbs the machine
 * for a second disturbs both sides of a ratio alike.
 */
export function perRound<T>(
  samples: ReadonlyMap<T, readonly Sample[]>,
  targets: readonly T[],
  figure: (...p50s: number[]) => number,
): number {
  const rounds = Math.min(...targets.map((target) => samples.get(target)?.length ?? 0));
  const figures = Array.from({ length: rounds }, (_, round) =>
    figure(...targets.map((target) => percentile(samples.get(target)?.[round]?.latenciesUs ?? [], 50))),
  );
  return median(figures);
}

export function row(name: string, concurrency: number, summary: Summary, rssMb?: number): Row {
  return { name, concurrency, ...summary, rssMb };
}

/** Measured must not exceed the bound; a figure that could not be measured is a miss, never a pass. */
export function atMost(name: string, measured: number, bound: number, detail?: string): Ratio {
  return { name, measured, atMost: bound, pass: measured <= bound, ...(detail && { detail }) };
}

/** Measured must reach the bound. */
export function atLeast(name: string, measured: number, bound: number, detail?: string): Ratio {
  return { name, measured, atLeast: bound, pass: measured >= bound, ...(detail && { detail }) };
}

/** Measured must be exactly the bound: for counts. */
export function exactly(name: string, measured: number, bound: number, detail?: string): Ratio {
  return { name, measured, atMost: bound, atLeast: bound, pass: measured === bound, ...(detail && { detail }) };
}

/** Runs every target once per round, in turn, first one rotating: slow drift hits all alike. */
export async function interleaved<T, S = Sample>(
  targets: readonly T[],
  rounds: number,
  measure: (target: T) => Promise<S>,
): Promise<Map<T, S[]>> {
  const samples = new Map<T, S[]>(targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(i + round) % targets.length] as T;
      samples.get(target)?.push(await measure(target));
    }
  }
  return samples;
}
