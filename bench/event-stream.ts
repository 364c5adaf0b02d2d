import { connect, type Socket } from 'node:net';
import { mcpHeaders, postBytes, toolCall } from './calls';

/** Opens one tool call and hands over its socket: for answers that are read as they arrive, slowly, or not at all. */
export function openCall(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Socket> {
  const message = toolCall('modern', 1);
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.write(postBytes(path, { ...mcpHeaders('modern', message), ...headers }, JSON.stringify(message)));
      resolve(socket);
    });
  });
}

/** One-way delay, in µs, of every event of a stream. */
export async function streamEvents(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<number[]> {
  const socket = await openCall(port, path, headers);
  const delaysUs: number[] = [];
  let pending = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the event stream was cut: ${pending.slice(0, 500)}`)));
    socket.on('data', (chunk) => {
      const now = process.hrtime.bigint();
      pending += chunk.toString('latin1');
      for (;;) {
        const end = pending.indexOf('\n\n');
        if (end < 0) return;
        const event = pending.slice(0, end);
        pending = pending.slice(end + 2);
        const sent = /"sentNs":"(\d+)"/.exec(event)?.[1];
        if (sent) delaysUs.push(Number(now - BigInt(sent)) / 1000);
        if (event.includes('"result"')) return resolve();
      }
    });
  });
  socket.destroy();
  if (delaysUs.length === 0) throw new Error('no event came through');
  return delaysUs;
}
