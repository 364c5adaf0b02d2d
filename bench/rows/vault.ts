import { setTimeout as sleep } from 'node:timers/promises';
import { type InProcessSamples, measureInProcess } from '../in-process';
import { load } from '../load';
import { atMost, exactly, perRound, type Ratio, type Row, row, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

/** What the cache contract costs: a revalidation per call, nothing on a hit, one read per TTL for all callers. */
export async function vaultRows(bench: BenchContext): Promise<GroupResult> {
  bench.say('vault: revalidation');
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/mcp`;
  const { aws } = await bench.ours();
  const replay = await bench.target('dynamodb-replay.mjs', [aws.endpoint]);
  const env = { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${replay.port}` };
  const hit = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 3_600_000, env });
  const reread = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 0, env });
  const embedded = await measureInProcess(bench, { upstreamUrl, cacheTtlMs: 0 });
  const line = (name: string, samples: InProcessSamples): Row => row(name, 1, summarise(samples.get('ours') ?? []));
  return {
    rows: [
      line('in process: credential in cache', hit),
      line('in process: record re-read, backend that costs nothing', reread),
      line('in process: record re-read, embedded DynamoDB', embedded),
    ],
    ratios: [
      atMost(
        'revalidation: own cost, ms',
        (addedUs(reread) - addedUs(hit)) / 1000,
        1.5,
        'one loopback round trip included',
      ),
      ...(await countReads(bench, upstreamUrl)),
    ],
  };
}

function addedUs(samples: InProcessSamples): number {
  return perRound(samples, ['ours', 'direct'], (ours, direct) => ours - direct);
}

async function countReads(bench: BenchContext, upstreamUrl: string): Promise<Ratio[]> {
  const { aws, startHop } = await bench.ours();

  bench.say('vault: AWS calls per call');
  const warm = await startHop(bench, { upstreamUrl, cacheTtlMs: 3_600_000 });
  await load(warm.calls, { concurrency: 1, durationMs: 50, warmupCalls: 10 });
  aws.calls.reset();
  const hits = await load(warm.calls, { concurrency: 32, durationMs: 500, warmupCalls: 32 });
  const onHits = aws.calls.count();
  await warm.process.stop();

  const every = await startHop(bench, { upstreamUrl, cacheTtlMs: 0 });
  aws.calls.reset();
  const calls = 50;
  const one = await every.calls.open();
  for (let i = 0; i < calls; i++) await one.call();
  one.close();
  const perCall = { reads: aws.calls.count('GetItem') / calls, other: aws.calls.count() - aws.calls.count('GetItem') };
  await every.process.stop();

  // A TTL longer than the slowest start, so that each round begins with an expired record.
  const ttlMs = 400;
  const shared = await startHop(bench, { upstreamUrl, cacheTtlMs: ttlMs });
  const callers = await Promise.all(Array.from({ length: 32 }, () => shared.calls.open()));
  const rounds = bench.options.quick ? 3 : 10;
  aws.calls.reset();
  for (let round = 0; round < rounds; round++) {
    await sleep(ttlMs + 20);
    await Promise.all(callers.map((caller) => caller.call()));
  }
  const reads = aws.calls.count('GetItem') / rounds;
  for (const caller of callers) caller.close();
  await shared.process.stop();

  return [
    exactly('AWS calls on cache hits', onHits, 0, `${hits.latenciesUs.length} calls, 32 at a time`),
    exactly('DynamoDB reads per call with cacheTtl 0', perCall.reads, 1, `${perCall.other} other AWS calls`),
    exactly('DynamoDB reads per record and TTL, 32 calls at once', reads, 1, `${rounds} times`),
  ];
}
