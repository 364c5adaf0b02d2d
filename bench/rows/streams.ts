import { streamEvents } from '../event-stream';
import { atMost, interleaved, perRound, row, type Sample, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

/** How much later each SSE event arrives: upstream stamps events with the machine's monotonic clock. */
export async function streamRows(bench: BenchContext): Promise<GroupResult> {
  const { quick } = bench.options;
  const upstream = await bench.target('upstream-nothing.mjs');
  const origin = `http://127.0.0.1:${upstream.port}`;
  const path = `/events/${quick ? 20 : 100}/4`;
  const ours = await bench.ours();
  const gateway = await ours.startHop(bench, { upstreamUrl: origin + path });
  const pipe = await bench.target('pipe.mjs', [origin], { core: 'test' });
  const contenders: Contender[] = [
    { name: 'direct', port: upstream.port, path },
    { name: 'node:http pipe', port: pipe.port, path },
    { name: 'ours, HTTP hop', port: gateway.process.port, path: gateway.path },
  ];
  bench.say('SSE: delay of one event');
  const measure = async ({ port, path }: Contender): Promise<Sample> => {
    const before = performance.now();
    const latenciesUs = await streamEvents(port, path, ours.headers);
    return { latenciesUs, elapsedMs: performance.now() - before, cpuUs: undefined };
  };
  for (const contender of contenders) await measure(contender);
  const samples = await interleaved(contenders, quick ? 2 : 9, measure);
  const rows = [...samples].map(([{ name }, rounds]) =>
    row(`SSE event one way: ${name}`, 1, { ...summarise(rounds), rps: Number.NaN }),
  );
  const [direct, floor, through] = contenders as [Contender, Contender, Contender];
  const added = (target: Contender) => perRound(samples, [target, direct], (a, b) => a - b);
  return {
    rows,
    ratios: [
      atMost('SSE: µs added per event over direct', added(through), 300),
      atMost(
        'SSE: added per event / that of node:http pipe',
        perRound(samples, [through, floor, direct], (a, pipe, base) => (a - base) / (pipe - base)),
        1.25,
        `${Math.round(added(through))} µs / ${Math.round(added(floor))} µs`,
      ),
    ],
  };
}

interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
}
