import { statSync } from 'node:fs';
import { type CpuShare, cpuShare } from '../cpu-share';
import { BARE, hasLambdaRuntime, type LambdaCase, lambdaCases } from '../lambda-cases';
import { type LambdaEnvironment, startEnvironment } from '../lambda-environment';
import { atMost, median, percentile, type Ratio, type Row } from '../stats';
import type { BenchContext, GroupResult } from './context';

const SMALL_MEMORY_MB = 512;

interface Start {
  readonly initMs: number;
  readonly initCpuUs: number | undefined;
  readonly firstMs: number;
  readonly firstCpuUs: number | undefined;
  readonly rssMb: number | undefined;
}

/** Cold starts under AWS's runtime client: ours, a function that does nothing, and a naive handler, in turn. */
export async function coldRows(bench: BenchContext): Promise<GroupResult> {
  if (!(await hasLambdaRuntime(bench))) return { rows: [], ratios: [] };
  bench.say('cold starts');
  const cases = await lambdaCases(bench);
  const share = cpuShare(SMALL_MEMORY_MB);
  try {
    const full = await startsOf(bench, cases, undefined);
    const small = await startsOf(
      bench,
      cases.filter(({ name }) => name === 'mcp' || name === 'naive'),
      share,
    );
    const rows = [...rowsOf(full, ''), ...rowsOf(small, `, ${SMALL_MEMORY_MB} MB`)];
    return { rows, ratios: compare(cases, full, small, share) };
  } finally {
    share.close();
  }
}

async function startsOf(
  bench: BenchContext,
  cases: readonly LambdaCase[],
  share: CpuShare | undefined,
): Promise<Map<string, Start[]>> {
  const starts = new Map<string, Start[]>(cases.map(({ name }) => [name, []]));
  const rounds = bench.options.quick ? 2 : 11;
  for (let round = -1; round < rounds; round++) {
    for (const one of cases) {
      const start = await startOnce(bench.root, one, share);
      // The first of each reads its files from the disk.
      if (round >= 0) starts.get(one.name)?.push(start);
    }
  }
  return starts;
}

async function startOnce(
  root: string,
  { staged, event, expect, name }: LambdaCase,
  share: CpuShare | undefined,
): Promise<Start> {
  const environment = await startEnvironment({ root, ...staged });
  // Lambda throttles invocations, not the init before them.
  const lift = share?.apply(environment.pid);
  try {
    const firstMs = await timedInvoke(environment, event, expect, name);
    const cpu = environment.cpuUs();
    const firstCpuUs =
      cpu === undefined || environment.initCpuUs === undefined ? undefined : cpu - environment.initCpuUs;
    return {
      initMs: environment.initMs,
      initCpuUs: environment.initCpuUs,
      firstMs,
      firstCpuUs,
      rssMb: environment.rssMb(),
    };
  } finally {
    lift?.();
    await environment.stop();
  }
}

async function timedInvoke(
  environment: LambdaEnvironment,
  event: object,
  expect: string,
  name: string,
): Promise<number> {
  const { body, answeredMs } = await environment.invoke(event);
  if (!body.includes(expect)) throw new Error(`the ${name} function answered ${body.slice(0, 500)}`);
  return answeredMs;
}

function rowsOf(starts: ReadonlyMap<string, readonly Start[]>, suffix: string): Row[] {
  return [...starts].flatMap(([name, all]) => [
    phase(
      `cold ${name}${suffix}: process start to init done`,
      all,
      (s) => s.initMs,
      (s) => s.initCpuUs,
    ),
    phase(
      `cold ${name}${suffix}: first call`,
      all,
      (s) => s.firstMs,
      (s) => s.firstCpuUs,
    ),
  ]);
}

function phase(
  name: string,
  starts: readonly Start[],
  ms: (start: Start) => number,
  cpu: (start: Start) => number | undefined,
): Row {
  const times = starts.map((start) => ms(start) * 1000);
  return {
    name,
    concurrency: 1,
    p50Us: median(times),
    p99Us: percentile(times, 99),
    cpuUs: median(starts.map((start) => cpu(start) ?? Number.NaN)),
    rps: Number.NaN,
    rssMb: median(starts.map((start) => start.rssMb ?? Number.NaN)),
  };
}

function compare(
  cases: readonly LambdaCase[],
  full: ReadonlyMap<string, readonly Start[]>,
  small: ReadonlyMap<string, readonly Start[]>,
  share: CpuShare,
): Ratio[] {
  const of = (starts: ReadonlyMap<string, readonly Start[]>, name: string, figure: (start: Start) => number) =>
    median((starts.get(name) ?? []).map(figure));
  const boot = of(full, 'nothing', (s) => s.initMs);
  const init = (name: string) => of(full, name, (s) => s.initMs) - boot;
  const whole = (starts: typeof full, name: string) => of(starts, name, (s) => s.initMs + s.firstMs);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const bytes = (name: string) => statSync(cases.find((one) => one.name === name)?.bundle ?? '').size;
  const kb = (name: string) => bytes(name) / 1024;
  return [
    atMost(
      'mcp bundle, KB',
      kb('mcp'),
      64,
      `authorizer ${kb('authorizer').toFixed(1)}, vault ${kb('vault').toFixed(0)}, naive ${kb('naive').toFixed(0)}`,
    ),
    atMost(
      'authz bundle, KB',
      kb('authz'),
      120,
      `${bytes('authz')} bytes; init over an empty function's ${ms(init('authz'))}`,
    ),
    atMost(
      "init over an empty function's, nothing to warm up / the naive handler's",
      init(BARE) / init('naive'),
      1 / 6,
      `${ms(init(BARE))} / ${ms(init('naive'))}; with warm-up ${ms(init('mcp'))}`,
    ),
    atMost(
      "start to first answer / the naive handler's",
      whole(full, 'mcp') / whole(full, 'naive'),
      1 / 3.5,
      `${ms(whole(full, 'mcp'))} / ${ms(whole(full, 'naive'))}`,
    ),
    atMost(
      `start to first answer / the naive handler's, ${SMALL_MEMORY_MB} MB`,
      whole(small, 'mcp') / whole(small, 'naive'),
      1 / 3.5,
      `${ms(whole(small, 'mcp'))} / ${ms(whole(small, 'naive'))}; ${share.means}`,
    ),
  ];
}
