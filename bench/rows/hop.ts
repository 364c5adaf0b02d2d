import { httpCalls, sseCalls } from '../callers';
import { startHop } from '../hop';
import { type Callable, load, warmUp } from '../load';
import { startMcpHub } from '../peers';
import type { Target } from '../processes';
import { atLeast, atMost, interleaved, perRound, type Ratio, type Row, row, type Sample, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

interface Contender {
  readonly name: string;
  readonly calls: Callable;
  readonly process: Target;
}

const DIRECT_LEGACY = 'direct, 2025-11-25';
const PIPE = 'node:http pipe';
const OURS = 'ours, HTTP hop';
const OWN = 'ours, own issuer, HTTP hop';
const NAIVE = 'naive SDK v2 proxy';
const HUB = 'mcp-hub';

type Upstream = 'does nothing' | 'SDK v2 server';

/** Every gateway as an HTTP hop in its own process, before an upstream that does nothing and before a real one. */
export async function hopRows(bench: BenchContext): Promise<GroupResult> {
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  const upstreams: [Upstream, string][] = [
    ['does nothing', 'upstream-nothing.mjs'],
    ['SDK v2 server', 'upstream-sdk.mjs'],
  ];
  for (const [upstream, script] of upstreams) {
    const contenders = await startContenders(bench, await bench.target(script));
    const warm = bench.options.quick ? { calls: 500, limitMs: 300 } : { calls: 15_000, limitMs: 5_000 };
    for (const { calls } of contenders) await warmUp(calls, warm);
    const one = await measure(bench, contenders, 1, upstream);
    const busy = await measure(bench, contenders, 32, upstream);
    for (const [concurrency, samples] of [[1, one] as const, [32, busy] as const]) {
      for (const { name, process } of contenders) {
        const rounds = samples.get(name) ?? [];
        rows.push(row(`${name} → ${upstream}`, concurrency, summarise(rounds), process.rssMb()));
      }
    }
    ratios.push(...compare(upstream, one, busy));
    await Promise.all(contenders.map(({ process }) => process.stop()));
  }
  return { rows, ratios };
}

async function startContenders(bench: BenchContext, upstream: Target): Promise<Contender[]> {
  const origin = `http://127.0.0.1:${upstream.port}`;
  const url = `${origin}/mcp`;
  const ours = await bench.ours();
  const gateway = await ours.startHop(bench, { upstreamUrl: url });
  const own = await bench.ownIssuer();
  const signedIn = await own.signIn();
  const ownGateway = await startHop(bench, { ...own, headers: signedIn.headers }, { upstreamUrl: url });
  const hub = await startMcpHub(bench.root, url, bench.home);
  const pipe = await bench.target('pipe.mjs', [origin], { core: 'test' });
  const proxy = await bench.target('http-proxy.mjs', [origin], { core: 'test' });
  const naive = await bench.target('naive-proxy.mjs', [url], { core: 'test' });
  // The same request bytes for all: those that check no token at least read one.
  const { headers } = ours;
  const plain = (process: Target, era: 'modern' | 'legacy' = 'modern') =>
    httpCalls({ port: process.port, path: '/mcp', era, process, headers });
  return [
    { name: 'direct', calls: plain(upstream), process: upstream },
    { name: DIRECT_LEGACY, calls: plain(upstream, 'legacy'), process: upstream },
    { name: PIPE, calls: plain(pipe), process: pipe },
    { name: 'http-proxy', calls: plain(proxy), process: proxy },
    { name: OURS, calls: gateway.calls, process: gateway.process },
    { name: OWN, calls: ownGateway.calls, process: ownGateway.process },
    { name: NAIVE, calls: plain(naive), process: naive },
    {
      name: HUB,
      calls: sseCalls({ port: hub.port, path: '/mcp', tool: 'up__echo', process: hub }),
      process: hub,
    },
  ];
}

async function measure(
  bench: BenchContext,
  contenders: readonly Contender[],
  concurrency: number,
  upstream: Upstream,
): Promise<Map<string, Sample[]>> {
  const { quick } = bench.options;
  bench.say(`hop: ${upstream}, concurrency ${concurrency}`);
  const round = { concurrency, durationMs: quick ? 150 : 400, warmupCalls: 30 + concurrency };
  const samples = await interleaved(contenders, quick ? 1 : 7, ({ calls }) => load(calls, round));
  return new Map([...samples].map(([{ name }, rounds]) => [name, rounds]));
}

function compare(upstream: Upstream, one: Map<string, Sample[]>, busy: Map<string, Sample[]>): Ratio[] {
  const added = (name: string, from = 'direct') => perRound(one, [name, from], (through, direct) => through - direct);
  const addedRatio = (name: string, from = 'direct') =>
    perRound(one, [OURS, 'direct', name, from], (ours, direct, other, base) => (ours - direct) / (other - base));
  const cpu = (samples: Map<string, Sample[]>, name: string) => summarise(samples.get(name) ?? []).cpuUs ?? Number.NaN;
  const us = (value: number) => `${Math.round(value)} µs`;
  const hop = (name: string, bound: number, from?: string) =>
    atMost(
      `hop: added p50 / that of ${name} (${upstream})`,
      addedRatio(name, from),
      bound,
      `${us(added(OURS))} / ${us(added(name, from))}`,
    );
  return [
    hop(PIPE, 1.25),
    hop(NAIVE, 0.4),
    hop(HUB, 0.4, DIRECT_LEGACY),
    ...[NAIVE, HUB].map((name) =>
      atLeast(
        `CPU per call: ${name} / ours (${upstream})`,
        cpu(one, name) / cpu(one, OURS),
        4,
        `${us(cpu(one, name))} / ${us(cpu(one, OURS))}`,
      ),
    ),
    atLeast(
      `requests per core-second at 32 / that of ${PIPE} (${upstream})`,
      cpu(busy, PIPE) / cpu(busy, OURS),
      0.8,
      `${us(cpu(busy, OURS))} / ${us(cpu(busy, PIPE))} of CPU a request`,
    ),
  ];
}
