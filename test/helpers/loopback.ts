import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** What came in on one connection. */
export interface Connection {
  readonly socket: Socket;
  /** Everything received so far, as Latin-1. */
  text(): string;
  /** Resolves when this side has received `count` complete requests with a Content-Length body. */
  requests(count: number): Promise<void>;
  readonly closed: Promise<void>;
}

export interface Loopback {
  readonly port: number;
  readonly connections: readonly Connection[];
  close(): Promise<void>;
}

/** A TCP server that speaks byte for byte what a test tells it to: real servers are too well behaved. */
export async function startLoopback(
  onConnection: (connection: Connection, number: number) => unknown,
): Promise<Loopback> {
  const connections: Connection[] = [];
  const server = createServer((socket) => {
    let received = '';
    let waiting: (() => void)[] = [];
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (const wake of waiting) wake();
    });
    // A reset by the other side is what some tests are about.
    socket.on('error', () => socket.destroy());
    const connection: Connection = {
      socket,
      text: () => received,
      requests: (count) =>
        new Promise((resolve) => {
          const wake = () => {
            if (countRequests(received) < count) return;
            waiting = waiting.filter((other) => other !== wake);
            resolve();
          };
          waiting.push(wake);
          wake();
        }),
      // Not `once` of node:events, which rejects where a reset comes before the close.
      closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
    };
    connections.push(connection);
    onConnection(connection, connections.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: async () => {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function countRequests(text: string): number {
  let count = 0;
  let rest = text;
  for (;;) {
    const head = /^[\s\S]*?\r\n\r\n/.exec(rest)?.[0];
    if (head === undefined) return count;
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (rest.length < head.length + length) return count;
    rest = rest.slice(head.length + length);
    count += 1;
  }
}
