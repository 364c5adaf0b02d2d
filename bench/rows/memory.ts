import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCall } from '../event-stream';
import { rssMb, type Target } from '../processes';
import { atMost, type Ratio } from '../stats';
import type { BenchContext, GroupResult } from './context';

const BATCH = 50;

/** Memory of many open SSE streams in one process. */
export async function memoryRows(bench: BenchContext): Promise<GroupResult> {
  const streams = bench.options.quick ? 200 : 1000;
  bench.say(`${streams} open SSE streams`);
  const upstream = await bench.target('upstream-nothing.mjs');
  const origin = `http://127.0.0.1:${upstream.port}`;
  const ours = await bench.ours();
  const gateway = await ours.startHop(bench, { upstreamUrl: `${origin}/hold` });
  const pipe = await bench.target('pipe.mjs', [origin], { core: 'test' });
  const floor = await growthMb(pipe, '/hold', ours.headers, streams);
  const measured = await growthMb(gateway.process, gateway.path, ours.headers, streams);
  const per1000 = (mb: number) => (mb * 1000) / streams;
  const ratios: Ratio[] = [
    atMost(
      'MB over idle with 1,000 open SSE streams',
      per1000(measured),
      55,
      `node:http pipe ${per1000(floor).toFixed(1)} MB`,
    ),
  ];
  return { rows: [], ratios };
}

async function growthMb(
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>>,
  streams: number,
): Promise<number> {
  const memory = () => rssMb(target.pid, 'RssAnon') ?? target.rssMb() ?? Number.NaN;
  // Code and caches of the first streams belong to the idle process, not to its streams.
  for (const socket of await openStreams(target, path, headers, BATCH)) socket.destroy();
  await sleep(500);
  const idle = memory();
  const sockets: Socket[] = [];
  while (sockets.length < streams) sockets.push(...(await openStreams(target, path, headers, BATCH)));
  await sleep(500);
  const grown = memory() - idle;
  for (const socket of sockets) socket.destroy();
  return grown;
}

function openStreams(
  target: Target,
  path: string,
  headers: Readonly<Record<string, string>>,
  count: number,
): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = await openCall(target.port, path, headers);
      const [first] = await once(socket, 'data');
      if (!String(first).startsWith('HTTP/1.1 200')) throw new Error(`no stream: ${String(first).slice(0, 500)}`);
      return socket;
    }),
  );
}
