import { join } from 'node:path';
import { httpCalls, sessionCalls, stdioCalls } from '../callers';
import { load } from '../load';
import { startMcpProxy, startSupergateway } from '../peers';
import { interleaved, type Row, row, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

/** Gateways that only stand before stdio servers: compared with a direct stdio call, not with ours. */
export async function stdioRows(bench: BenchContext): Promise<GroupResult> {
  const { quick } = bench.options;
  const supergateway = await startSupergateway(bench.root, bench.home);
  const proxy = await startMcpProxy(bench.root, bench.home);
  const contenders = [
    { name: 'direct', calls: stdioCalls(join(bench.root, 'bench/targets/upstream-stdio.mjs')), process: undefined },
    {
      name: 'supergateway, stateful',
      calls: sessionCalls({ port: supergateway.port, path: '/mcp', process: supergateway }),
      process: supergateway,
    },
    {
      name: 'mcp-proxy, 2026-07-28',
      calls: httpCalls({ port: proxy.port, path: '/mcp', era: 'modern', process: proxy }),
      process: proxy,
    },
  ];
  bench.say('stdio peers, concurrency 1');
  const round = { concurrency: 1, durationMs: quick ? 150 : 700, warmupCalls: 30 };
  for (const { calls } of contenders) await load(calls, { ...round, durationMs: quick ? 150 : 1500 });
  const samples = await interleaved(contenders, quick ? 1 : 5, ({ calls }) => load(calls, round));
  const rows: Row[] = [...samples].map(([{ name, process }, rounds]) =>
    row(`${name} → stdio, does nothing`, 1, summarise(rounds), process?.rssMb()),
  );
  await Promise.all([supergateway.stop(), proxy.stop()]);
  return { rows, ratios: [] };
}
