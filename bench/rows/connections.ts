import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type OursHop, startHop } from '../hop';
import type { Caller } from '../load';
import { benchPlatform, connectAccount } from '../person-account';
import { atMost, exactly, interleaved, perRound, type Ratio, row, type Sample, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

const PLATFORM = 'platform';
const FOREVER_MS = 300_000;
/** Longer than the slowest start, so that each round begins with an expired read. */
const TTL_MS = 400;

/** What a call on the caller's own account reads beside its grant, which is one `BatchGetItem` of its own. */
interface Uses {
  readonly reads: number;
  readonly unwraps: number;
}

interface Case {
  readonly name: string;
  /** Of the other credential, as often remembered, that its time is held against. */
  readonly beside?: Case;
  readonly caller: Caller;
  readonly uses: Uses;
  /** What was changed since the last call; not timed, not counted. */
  before?(): Promise<void>;
}

/** What a call on the caller's own account costs beside one on the operator's key: reads, KMS calls, time. */
export async function connectionRows(bench: BenchContext): Promise<GroupResult> {
  bench.say('connections: start');
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/mcp`;
  const platform = benchPlatform(PLATFORM, new URL(upstreamUrl).origin);
  const own = await bench.ownIssuer();
  const agent = await own.signIn();
  const gateway: Gateway = { ...own, headers: agent.headers };
  const account = await connectAccount(await own.stage({ upstreamUrl, platform }), agent.subject, platform);
  const start = (cacheTtlMs: number, isPersonal: boolean) =>
    startHop(bench, gateway, { upstreamUrl, cacheTtlMs, ...(isPersonal ? { platform } : {}) });
  const warm = async (hop: Promise<OursHop>): Promise<Caller> => {
    const caller = await (await hop).calls.open();
    for (let i = 0; i < (bench.options.quick ? 50 : 3_000); i++) await caller.call();
    return caller;
  };

  const nothing = { reads: 0, unwraps: 0 };
  const operatorHit: Case = {
    name: "operator's key, hit",
    caller: await warm(start(FOREVER_MS, false)),
    uses: nothing,
  };
  const operatorMiss: Case = {
    name: "operator's key, miss",
    caller: await warm(start(0, false)),
    uses: { reads: 1, unwraps: 0 },
  };
  const miss = { caller: await warm(start(0, true)), uses: { reads: 1, unwraps: 0 } };
  // A write before a call slows that call, whatever it writes: so it is before both sides.
  const afterRefresh = { ...operatorMiss, name: "operator's key, miss behind a write", before: account.refresh };
  const afterReconnect = {
    ...operatorMiss,
    name: "operator's key, miss behind a write and a new data key",
    before: account.reconnect,
  };
  const cases: Case[] = [
    operatorHit,
    operatorMiss,
    { name: 'own account, hit', beside: operatorHit, caller: await warm(start(FOREVER_MS, true)), uses: nothing },
    { ...miss, name: 'own account, miss, data key in memory', beside: operatorMiss },
    afterRefresh,
    { ...miss, name: 'own account, miss after a refresh', beside: afterRefresh, before: account.refresh },
    afterReconnect,
    {
      ...miss,
      name: 'own account, miss, data key to unwrap',
      beside: afterReconnect,
      uses: { reads: 1, unwraps: 1 },
      before: account.reconnect,
    },
  ];

  bench.say('connections: AWS calls per call');
  const { calls } = own.aws;
  const counts: Ratio[] = [];
  for (const one of cases) counts.push(...(await usesOf(bench, one, calls)));
  counts.push(await readsAtOnce(bench, await start(TTL_MS, true), calls));

  bench.say('connections: times');
  const samples = await interleaved(cases, bench.options.quick ? 2 : 15, (one) =>
    timed(one, bench.options.quick ? 5 : 60),
  );
  for (const { caller } of cases) caller.close();
  return {
    rows: cases.map((one) => row(one.name, 1, summarise(samples.get(one) ?? []))),
    ratios: [
      ...counts,
      ...cases.flatMap((one) => (one.beside === undefined ? [] : [slower(one, one.beside, samples)])),
    ],
  };
}

type Calls = Awaited<ReturnType<BenchContext['ownIssuer']>>['aws']['calls'];

/** The most and the least of many calls must be what is promised: a mean would hide one that is dearer. */
async function usesOf(bench: BenchContext, { name, caller, uses, before }: Case, calls: Calls): Promise<Ratio[]> {
  const isRemembered = uses.reads === 0;
  const found = { reads: new Set<number>(), unwraps: new Set<number>(), others: new Set<number>() };
  const times = bench.options.quick ? 10 : 100;
  for (let i = 0; i < times; i++) {
    await before?.();
    calls.reset();
    await caller.call();
    const all = calls.count('GetItem') + calls.count('BatchGetItem');
    found.reads.add(isRemembered ? all : all - 1);
    found.unwraps.add(calls.count('Decrypt'));
    found.others.add(calls.count() - all - calls.count('Decrypt'));
  }
  const each = (what: string, some: ReadonlySet<number>, bound: number) =>
    exactly(`${name}: ${what}`, some.size === 1 ? Math.max(...some) : Number.NaN, bound, `each of ${times} calls`);
  return [
    each('reads of the vault', found.reads, uses.reads),
    each('KMS calls', found.unwraps, uses.unwraps),
    each('other AWS calls', found.others, 0),
  ];
}

async function readsAtOnce(bench: BenchContext, hop: OursHop, calls: Calls): Promise<Ratio> {
  const callers = await Promise.all(Array.from({ length: 32 }, () => hop.calls.open()));
  await callers[0]?.call();
  const rounds = bench.options.quick ? 3 : 10;
  calls.reset();
  for (let round = 0; round < rounds; round++) {
    await sleep(TTL_MS + 20);
    await Promise.all(callers.map((caller) => caller.call()));
  }
  const reads = calls.count('GetItem') + calls.count('BatchGetItem') - rounds;
  for (const caller of callers) caller.close();
  const others = calls.count() - reads - rounds;
  return exactly(
    'own account: reads of the vault per TTL, 32 calls at once',
    reads / rounds,
    1,
    `${rounds} times, ${others} other AWS calls`,
  );
}

async function timed({ caller, before }: Case, times: number): Promise<Sample> {
  const latenciesUs: number[] = [];
  for (let i = 0; i < times; i++) {
    await before?.();
    const startedAt = performance.now();
    await caller.call();
    latenciesUs.push((performance.now() - startedAt) * 1000);
  }
  return { latenciesUs, elapsedMs: Number.NaN, cpuUs: undefined };
}

/** Held to our own bound where nothing is asked of KMS: with it, the operator's key has no case to compare with. */
function slower(one: Case, beside: Case, samples: ReadonlyMap<Case, readonly Sample[]>): Ratio {
  const p50 = (which: Case) => `${(summarise(samples.get(which) ?? []).p50Us / 1000).toFixed(2)} ms`;
  return atMost(
    `${one.name}: p50 / that of ${beside.name}`,
    perRound(samples, [one, beside], (a, b) => a / b),
    one.uses.unwraps === 0 ? 1.25 : 2,
    `${p50(one)} / ${p50(beside)}`,
  );
}
