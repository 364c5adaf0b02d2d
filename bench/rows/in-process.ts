import { type InProcessSamples, measureInProcess } from '../in-process';
import { atMost, perRound, type Row, row, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

/** What our code itself adds, without the second TCP hop. */
export async function inProcessRows(bench: BenchContext): Promise<GroupResult> {
  bench.say('in process');
  const nothing = await bench.target('upstream-nothing.mjs');
  const sdk = await bench.target('upstream-sdk.mjs');
  const rows: Row[] = [];
  const added: number[] = [];
  for (const [name, upstream] of [
    ['does nothing', nothing],
    ['SDK v2 server', sdk],
  ] as const) {
    const samples = await measureInProcess(bench, { upstreamUrl: `http://127.0.0.1:${upstream.port}/mcp` });
    for (const kind of ['direct', 'ours'] as const) {
      rows.push(row(`in process: ${kind} → ${name}`, 1, summarise(samples.get(kind) ?? [])));
    }
    added.push(addedUs(samples));
  }
  const [overNothing = Number.NaN, overSdk = Number.NaN] = added;
  return {
    rows,
    ratios: [
      atMost('in process: µs added, p50 (does nothing)', overNothing, 50),
      atMost('in process: µs added, p50 (SDK v2 server)', overSdk, 50),
    ],
  };
}

function addedUs(samples: InProcessSamples): number {
  return perRound(samples, ['ours', 'direct'], (ours, direct) => ours - direct);
}
