import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedAws } from '../../local/aws/embedded-aws';
import { type Gateway, startHop } from '../hop';
import { type InProcessSamples, measureInProcess } from '../in-process';
import { load } from '../load';
import { atMost, exactly, perRound, type Ratio, type Row, row, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

/** A gateway, what its calls are to be found by, and what one revalidation reads. */
interface Case {
  readonly gateway: Gateway;
  readonly aws: EmbeddedAws;
  readonly suffix: string;
  readonly record: string;
  readonly reads: Readonly<Record<string, number>>;
}

/** What the cache contract costs: a revalidation per call, nothing on a hit, one read per TTL for all callers. */
export async function vaultRows(bench: BenchContext): Promise<GroupResult> {
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/mcp`;
  const ours = await bench.ours();
  const own = await bench.ownIssuer();
  const { headers } = await own.signIn();
  const cases: Case[] = [
    { gateway: ours, aws: ours.aws, suffix: '', record: 'record', reads: { GetItem: 1 } },
    {
      gateway: { ...own, headers },
      aws: own.aws,
      suffix: ', own issuer',
      record: 'grant and record side by side',
      reads: { GetItem: 1, BatchGetItem: 1 },
    },
  ];
  const rows: Row[] = [];
  const costs: Ratio[] = [];
  const counts: Ratio[] = [];
  for (const one of cases) {
    const cost = await revalidation(bench, upstreamUrl, one);
    rows.push(...cost.rows);
    costs.push(...cost.ratios);
    counts.push(...(await countReads(bench, upstreamUrl, one)));
  }
  return { rows, ratios: [...costs, ...counts] };
}

async function revalidation(
  bench: BenchContext,
  upstreamUrl: string,
  { gateway, aws, suffix, record }: Case,
): Promise<GroupResult> {
  bench.say(`vault: revalidation${suffix}`);
  const replay = await bench.target('dynamodb-replay.mjs', [aws.endpoint]);
  const env = { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${replay.port}` };
  const hit = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 300_000, env }, gateway);
  const reread = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 0, env }, gateway);
  const embedded = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 0 }, gateway);
  await replay.stop();
  const line = (name: string, samples: InProcessSamples): Row =>
    row(`in process${suffix}: ${name}`, 1, summarise(samples.get('ours') ?? []));
  return {
    rows: [
      line('all in cache', hit),
      line(`${record} re-read, backend that costs nothing`, reread),
      line(`${record} re-read, embedded DynamoDB`, embedded),
    ],
    ratios: [
      atMost(
        `revalidation${suffix}: own cost, ms`,
        (addedUs(reread) - addedUs(hit)) / 1000,
        1.5,
        `${record}; loopback round trip included`,
      ),
    ],
  };
}

function addedUs(samples: InProcessSamples): number {
  return perRound(samples, ['ours', 'direct'], (ours, direct) => ours - direct);
}

async function countReads(
  bench: BenchContext,
  upstreamUrl: string,
  { gateway, aws, suffix, reads }: Case,
): Promise<Ratio[]> {
  bench.say(`vault: AWS calls per call${suffix}`);
  const warm = await startHop(bench, gateway, { upstreamUrl, cacheTtlMs: 300_000 });
  await load(warm.calls, { concurrency: 1, durationMs: 50, warmupCalls: 10 });
  aws.calls.reset();
  const hits = await load(warm.calls, { concurrency: 32, durationMs: 500, warmupCalls: 32 });
  const onHits = aws.calls.count();
  await warm.process.stop();

  const every = await startHop(bench, gateway, { upstreamUrl, cacheTtlMs: 0 });
  const calls = 50;
  const one = await every.calls.open();
  // What a start reads, and the first call, is not what a call reads.
  await one.call();
  aws.calls.reset();
  for (let i = 0; i < calls; i++) await one.call();
  one.close();
  const perCall = expected(aws, reads, calls);
  await every.process.stop();

  // A TTL longer than the slowest start, so that each round begins with an expired record.
  const ttlMs = 400;
  const shared = await startHop(bench, gateway, { upstreamUrl, cacheTtlMs: ttlMs });
  const callers = await Promise.all(Array.from({ length: 32 }, () => shared.calls.open()));
  const rounds = bench.options.quick ? 3 : 10;
  await callers[0]?.call();
  aws.calls.reset();
  for (let round = 0; round < rounds; round++) {
    await sleep(ttlMs + 20);
    await Promise.all(callers.map((caller) => caller.call()));
  }
  const perTtl = expected(aws, reads, rounds);
  for (const caller of callers) caller.close();
  await shared.process.stop();

  return [
    exactly(`AWS calls on cache hits${suffix}`, onHits, 0, `${hits.latenciesUs.length} calls, 32 at a time`),
    ...perCall.map(({ name, count, bound, others }) =>
      exactly(`${name} per call with cacheTtl 0${suffix}`, count, bound, `${others} other AWS calls`),
    ),
    ...perTtl.map(({ name, count, bound }) =>
      exactly(`${name} per record and TTL, 32 calls at once${suffix}`, count, bound, `${rounds} times`),
    ),
  ];
}

/** How often each read was made beside how often it should have been. */
function expected(aws: EmbeddedAws, reads: Readonly<Record<string, number>>, times: number) {
  const names = Object.keys(reads);
  const others = aws.calls.count() - names.reduce((sum, name) => sum + aws.calls.count(name), 0);
  return names.map((name) => ({ name, count: aws.calls.count(name) / times, bound: reads[name] ?? 0, others }));
}
