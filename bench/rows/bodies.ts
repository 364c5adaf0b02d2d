import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { mcpHeaders, postBytes, toolCall } from '../calls';
import { openCall } from '../event-stream';
import { type Callable, load } from '../load';
import { rssMb, type Target } from '../processes';
import { atMost, interleaved, perRound, type Ratio, type Row, row, summarise } from '../stats';
import { Connection } from '../wire';
import type { BenchContext, GroupResult } from './context';

const MB = 1024 * 1024;
/** Readers that stand still while the upstream has this much to say to each. */
const STALLED = { streams: 32, bytes: 10 * MB };
/** A few 64 KiB chunks on each of the four stream ends an answer passes, garbage included. */
const STALLED_MB_PER_STREAM = 1;

interface Contender {
  readonly name: string;
  readonly process: Target;
  readonly path: string;
}

/** Large tool results: they must pass at the pipe's speed, and wait in the upstream rather than in our memory. */
export async function bodyRows(bench: BenchContext): Promise<GroupResult> {
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  const { headers } = await bench.ours();
  for (const megabytes of [1, 10]) {
    const contenders = await startContenders(bench, megabytes * MB);
    bench.say(`${megabytes} MB results`);
    const round = { concurrency: 1, durationMs: bench.options.quick ? 150 : 600, warmupCalls: 2 };
    const calls = new Map(contenders.map((contender) => [contender, resultCalls(contender, headers, megabytes * MB)]));
    const run = (contender: Contender) => load(calls.get(contender) as Callable, round);
    for (const contender of contenders) await run(contender);
    const samples = await interleaved(contenders, bench.options.quick ? 1 : 7, run);
    for (const [{ name, process }, rounds] of samples) {
      rows.push(row(`${megabytes} MB result: ${name}`, 1, summarise(rounds), process.rssMb()));
    }
    const [direct, pipe, ours] = contenders as [Contender, Contender, Contender];
    const ratio = perRound(samples, [ours, pipe], (a, b) => a / b);
    ratios.push(atMost(`${megabytes} MB result: time / that of node:http pipe`, ratio, 1.25));
    if (megabytes === 10) ratios.push(...(await stalledReaders(bench, pipe, ours, headers)));
    await Promise.all([direct, pipe, ours].map(({ process }) => process.stop()));
  }
  return { rows, ratios };
}

async function startContenders(bench: BenchContext, bytes: number): Promise<Contender[]> {
  const upstream = await bench.target('upstream-nothing.mjs');
  const origin = `http://127.0.0.1:${upstream.port}`;
  const path = `/result/${bytes}`;
  const gateway = await (await bench.ours()).startHop(bench, { upstreamUrl: origin + path });
  const pipe = await bench.target('pipe.mjs', [origin], { core: 'test' });
  return [
    { name: 'direct', process: upstream, path },
    { name: 'node:http pipe', process: pipe, path },
    { name: 'ours, HTTP hop', process: gateway.process, path: gateway.path },
  ];
}

function resultCalls({ process, path }: Contender, headers: Readonly<Record<string, string>>, bytes: number): Callable {
  const message = toolCall('modern', 1);
  const request = postBytes(path, { ...mcpHeaders('modern', message), ...headers }, JSON.stringify(message));
  return {
    cpuUs: () => process.cpuUs(),
    async open() {
      const connection = await Connection.open(process.port);
      return {
        async call() {
          const answer = await connection.exchange(request);
          if (answer.status !== 200 || answer.bytes < bytes) throw new Error(`${answer.status}, ${answer.bytes} bytes`);
        },
        close: () => connection.close(),
      };
    },
  };
}

async function stalledReaders(
  bench: BenchContext,
  pipe: Contender,
  ours: Contender,
  headers: Readonly<Record<string, string>>,
): Promise<Ratio[]> {
  bench.say(`${STALLED.streams} readers that stand still`);
  const growth = async ({ process, path }: Contender): Promise<number> => {
    const memory = () => rssMb(process.pid, 'RssAnon') ?? process.rssMb() ?? Number.NaN;
    const idle = memory();
    const sockets = await Promise.all(
      Array.from({ length: STALLED.streams }, () => openCall(process.port, path, headers)),
    );
    for (const socket of sockets) socket.once('readable', () => undefined).pause();
    await Promise.all(sockets.map((socket) => once(socket, 'readable')));
    let peak = 0;
    for (let i = 0; i < 20; i++) {
      await sleep(50);
      peak = Math.max(peak, memory());
    }
    for (const socket of sockets) socket.destroy();
    return (peak - idle) / STALLED.streams;
  };
  const figures = { pipe: await growth(pipe), ours: await growth(ours) };
  return [
    atMost(
      'MB of memory held per 10 MB result nobody reads',
      figures.ours,
      STALLED_MB_PER_STREAM,
      `node:http pipe holds ${figures.pipe.toFixed(2)} MB`,
    ),
  ];
}
