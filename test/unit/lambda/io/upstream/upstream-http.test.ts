import { text as readText } from 'node:stream/consumers';
import type { UpstreamConfig } from '../../../../../lambda/config/gateway-config';
import { Departure } from '../../../../../lambda/core/departure';
import type { Result } from '../../../../../lambda/core/result';
import { type UpstreamAnswer, UpstreamFailure } from '../../../../../lambda/core/upstream-call';
import { UpstreamHttp } from '../../../../../lambda/io/upstream/upstream-http';
import { upstreamConfig } from '../../../../helpers/config';
import { type Connection, type Loopback, startLoopback } from '../../../../helpers/loopback';

const SSE_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const FAR_MS = 60_000;

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanUp.splice(0)) await close();
});

async function server(onConnection: (connection: Connection, number: number) => unknown): Promise<Loopback> {
  const loopback = await startLoopback(onConnection);
  cleanUp.push(() => loopback.close());
  return loopback;
}

/** Answers each request of a connection in turn. */
const answering =
  (...answers: string[]) =>
  async (connection: Connection) => {
    for (const [i, answer] of answers.entries()) {
      await connection.requests(i + 1);
      connection.socket.write(answer, 'latin1');
    }
  };

const json = (body: string, head = 'HTTP/1.1 200 OK') =>
  `${head}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface CallOptions extends Partial<UpstreamConfig> {
  readonly isSafe?: boolean;
  readonly totalMs?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: Departure;
}

/** A client and one upstream at the given port. */
function client(port: number, values: Partial<UpstreamConfig> = {}) {
  const http = new UpstreamHttp(Date.now);
  const upstream = upstreamConfig('up', { url: `http://127.0.0.1:${port}/mcp?x=1`, ...values });
  const send = ({ isSafe = false, totalMs = FAR_MS, body = '{}', headers = {}, signal }: CallOptions = {}) =>
    http.send(
      { upstream, headers, body: Buffer.from(body), isSafe, deadlineMs: Date.now() + totalMs },
      signal ?? new Departure(),
    );
  return { http, upstream, send };
}

function value(answer: Result<UpstreamAnswer, UpstreamFailure>): UpstreamAnswer {
  if (!answer.ok) throw answer.error;
  return answer.value;
}

const failure = (kind: UpstreamFailure['kind']) => ({ ok: false, error: expect.objectContaining({ kind }) });
const failureOfBody = (answer: UpstreamAnswer) =>
  readText(answer.body).then(
    () => 'complete',
    (error: unknown) => (error instanceof UpstreamFailure ? error.kind : 'broken'),
  );

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('a call', () => {
  test('is one POST with exactly the given headers and bytes', async () => {
    const { port, connections } = await server(answering(json('{}')));
    const { send } = client(port);
    const answer = value(await send({ body: '{"a":"ü"}', headers: { authorization: 'Bearer sk', 'mcp-method': 'x' } }));
    expect([answer.status, answer.headers['content-type'], await readText(answer.body)]).toEqual([
      200,
      'application/json',
      '{}',
    ]);
    expect(connections[0]?.text().split('\r\n')).toEqual([
      'POST /mcp?x=1 HTTP/1.1',
      'authorization: Bearer sk',
      'mcp-method: x',
      `Host: 127.0.0.1:${port}`,
      'Connection: keep-alive',
      'Content-Length: 10',
      '',
      Buffer.from('{"a":"ü"}').toString('latin1'),
    ]);
  });

  test('reuses the connection of the one before', async () => {
    const { port, connections } = await server(answering(json('1'), json('2')));
    const { send } = client(port);
    expect(await readText(value(await send()).body)).toBe('1');
    expect(await readText(value(await send()).body)).toBe('2');
    expect(connections).toHaveLength(1);
  });

  test('gets its events as they arrive', async () => {
    const { port, connections } = await server(answering(SSE_HEAD));
    const answer = value(await client(port).send());
    const chunks = answer.body[Symbol.asyncIterator]();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      connections[0]?.socket.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      expect(String((await chunks.next()).value)).toBe(event);
    }
    connections[0]?.socket.write('0\r\n\r\n');
    expect((await chunks.next()).done).toBe(true);
  });

  test.each([301, 302, 303, 307, 308])(
    'does not follow a redirect (%d): it is an answer like any other',
    async (status) => {
      const elsewhere = await server(answering(json('{}')));
      const location = `http://127.0.0.1:${elsewhere.port}/steal`;
      const redirect = `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
      const { port } = await server(answering(redirect));
      const answer = value(await client(port).send({ headers: { authorization: 'Bearer sk' } }));
      expect([answer.status, answer.headers['location']]).toEqual([status, location]);
      await readText(answer.body);
      expect(elsewhere.connections).toHaveLength(0);
    },
  );

  test('takes a final answer behind interim ones', async () => {
    const { port } = await server(answering(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${json('{}')}`));
    const answer = value(await client(port).send());
    expect([answer.status, await readText(answer.body)]).toEqual([200, '{}']);
  });

  test('leaves no timer and no watch over its caller behind', async () => {
    const { port } = await server(answering(json('{}')));
    const signal = new Departure();
    const before = timers();
    await readText(value(await client(port).send({ signal })).body);
    expect(timers()).toBe(before);
    expect(signal.isWatched).toBe(false);
  });
});

describe('an upstream that cannot be reached', () => {
  test('has nothing listening', async () => {
    const closed = await startLoopback(() => undefined);
    await closed.close();
    expect(await client(closed.port).send()).toEqual(failure('unreachable'));
  });

  test('speaks no TLS where TLS is asked for', async () => {
    const { port } = await server(({ socket }) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await client(port, { url: `https://127.0.0.1:${port}/mcp` }).send()).toEqual(failure('unreachable'));
  });

  test('does not finish its handshake in time', async () => {
    const { port, connections } = await server(() => undefined);
    const { send } = client(port, { url: `https://127.0.0.1:${port}/mcp`, connectTimeoutMs: 30 });
    expect(await send()).toEqual(failure('connect_timeout'));
    await connections[0]?.closed;
  });
});

describe('an upstream that is slow', () => {
  test('fails a call when it stays silent', async () => {
    const { port, connections } = await server(() => undefined);
    expect(await client(port, { idleTimeoutMs: 30 }).send()).toEqual(failure('idle_timeout'));
    await connections[0]?.closed;
  });

  test('fails an answer when it falls silent in the middle', async () => {
    const { port } = await server(answering(`${SSE_HEAD}5\r\ndata:\r\n`));
    const answer = value(await client(port, { idleTimeoutMs: 300 }).send());
    expect(await failureOfBody(answer)).toBe('idle_timeout');
  });

  test('is not one whose bytes wait for a slow reader, but becomes one when it falls silent', async () => {
    const { port, connections } = await server(answering(`${SSE_HEAD}${'8000\r\n'}${'x'.repeat(0x8000)}\r\n`));
    const answer = value(await client(port, { idleTimeoutMs: 50 }).send());
    answer.body.pause();
    // Looked at every 50 ms, and found to have bytes for longer than it may be silent.
    await new Promise<void>((resolve) => {
      let looks = 0;
      Object.defineProperty(answer.body, 'readableLength', {
        configurable: true,
        get() {
          looks += 1;
          if (looks === 5) resolve();
          return 1;
        },
      });
    });
    Reflect.deleteProperty(answer.body, 'readableLength');
    expect(answer.body.destroyed).toBe(false);
    expect(await failureOfBody(answer)).toBe('idle_timeout');
    await connections[0]?.closed;
  });

  test('fails a call at the deadline, though it never falls silent', async () => {
    let drip: NodeJS.Timeout | undefined;
    const { port } = await server(async ({ socket, requests, closed }) => {
      await requests(1);
      socket.write(SSE_HEAD);
      drip = setInterval(() => socket.write('2\r\n:\n\r\n'), 5);
      await closed;
      clearInterval(drip);
    });
    const answer = value(await client(port).send({ totalMs: 500 }));
    expect(await failureOfBody(answer)).toBe('total_timeout');
  });

  test('fails a call whose deadline has passed before it began', async () => {
    const { port } = await server(() => undefined);
    expect(await client(port).send({ totalMs: -1000 })).toEqual(failure('total_timeout'));
  });
});

describe('an upstream that breaks off', () => {
  test.each([
    ['at once', (c: Connection) => c.socket.end(), 'connection_lost'],
    ['by a reset', (c: Connection) => c.socket.resetAndDestroy(), 'connection_lost'],
    ['in the middle of the head', (c: Connection) => c.socket.end('HTTP/1.1 200 OK\r\nContent-'), 'connection_lost'],
    ['speaking another protocol', (c: Connection) => c.socket.end('220 smtp ready\r\n'), 'not_http'],
    [
      'with a head of a megabyte',
      (c: Connection) => c.socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1e6)}`),
      'not_http',
    ],
    [
      'switching to another protocol',
      (c: Connection) => c.socket.write('HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n'),
      'not_http',
    ],
    [
      'with two lengths',
      (c: Connection) => c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'),
      'not_http',
    ],
  ] as const)('before an answer, %s, fails the call', async (_, act, kind) => {
    const { port, connections } = await server(async (connection) => {
      await connection.requests(1);
      act(connection);
    });
    expect(await client(port).send({ isSafe: true })).toEqual(failure(kind));
    expect(connections).toHaveLength(1);
  });

  test.each([
    ['a body shorter than promised', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":'],
    ['a stream without its end', `${SSE_HEAD}5\r\ndata:\r\n`],
    ['a chunk cut in two', `${SSE_HEAD}64\r\ndata:`],
  ])('in the middle of %s fails the answer', async (_, bytes) => {
    const { port } = await server(async ({ socket, requests }) => {
      await requests(1);
      socket.write(bytes, () => socket.destroy());
    });
    expect(await failureOfBody(value(await client(port).send()))).toBe('connection_lost');
  });

  test('with garbage right behind its head fails the answer, even for a reader who comes later', async () => {
    const { port } = await server(answering(`${SSE_HEAD}not a chunk\r\n`));
    const answer = value(await client(port).send());
    expect(await failureOfBody(answer)).toBe('not_http');
  });

  test('on a kept connection: what has no effect is sent again on a new one', async () => {
    const { port, connections } = await server(async (connection, number) => {
      await answering(json(`${number}`))(connection);
      if (number > 1) return;
      await connection.requests(2);
      connection.socket.resetAndDestroy();
    });
    const { send } = client(port);
    await readText(value(await send()).body);
    expect(await readText(value(await send({ isSafe: true })).body)).toBe('2');
    expect(connections).toHaveLength(2);
  });

  test('on a kept connection: what may have had an effect is never sent again', async () => {
    const { port, connections } = await server(async (connection) => {
      await answering(json('1'))(connection);
      await connection.requests(2);
      connection.socket.resetAndDestroy();
    });
    const { send } = client(port);
    await readText(value(await send()).body);
    expect(await send()).toEqual(failure('connection_lost'));
    expect(connections).toHaveLength(1);
  });

  test('on one of several kept connections: the others are not tried, they are as old', async () => {
    const bothAsked = Promise.withResolvers<void>();
    const { port, connections } = await server(async (connection, number) => {
      await connection.requests(1);
      if (number === 2) bothAsked.resolve();
      if (number <= 2) await bothAsked.promise;
      connection.socket.write(json(`${number}`));
      await connection.requests(2);
      connection.socket.resetAndDestroy();
    });
    const { send } = client(port);
    await Promise.all([send(), send()].map(async (answer) => readText(value(await answer).body)));
    expect(await readText(value(await send({ isSafe: true })).body)).toBe('3');
    expect(connections).toHaveLength(3);
  });

  test('again on the new connection is not tried a third time', async () => {
    const { port, connections } = await server(async (connection, number) => {
      if (number === 1) await answering(json('1'))(connection);
      await connection.requests(number === 1 ? 2 : 1);
      connection.socket.resetAndDestroy();
    });
    const { send } = client(port);
    await readText(value(await send()).body);
    expect(await send({ isSafe: true })).toEqual(failure('connection_lost'));
    expect(connections).toHaveLength(2);
  });
});

test('bytes nobody asked for end their connection: no later call takes them for its answer', async () => {
  for (const behind of ['at once', 'later']) {
    const { port, connections } = await server(async (connection) => {
      await connection.requests(1);
      const stray = json('"of somebody else"');
      connection.socket.write(json('1') + (behind === 'at once' ? stray : ''), 'latin1');
      if (behind === 'at once') return;
      await turn();
      connection.socket.write(stray, 'latin1');
    });
    const { send } = client(port);
    expect(await readText(value(await send()).body)).toBe('1');
    await connections[0]?.closed;
    expect(await readText(value(await send()).body)).toBe('1');
    expect(connections).toHaveLength(2);
  }
});

test.each(['Content-Length: 3', 'Transfer-Encoding: chunked'])(
  'a body that an answer without one announces (%s) reaches no later call',
  async (announced) => {
    const { port, connections } = await server(async (connection, number) => {
      await connection.requests(1);
      if (number > 1) return connection.socket.write(json('2'));
      connection.socket.write(`HTTP/1.1 204 No Content\r\n${announced}\r\n\r\n`);
      await turn();
      return connection.socket.write(json('"of somebody else"'));
    });
    const { send } = client(port);
    expect(value(await send()).status).toBe(204);
    expect(await readText(value(await send()).body)).toBe('2');
    expect(connections).toHaveLength(2);
  },
);

test('a call that is lost reached the server: none is given a connection whose end is known', async () => {
  for (let turns = 0; turns < 8; turns += 1) {
    const { port, connections } = await server(answering(json('1')));
    const { send } = client(port);
    await readText(value(await send()).body);
    connections[0]?.socket.end();
    for (let i = 0; i < turns; i += 1) await new Promise(setImmediate);
    const sent = send();
    await Promise.race([sent, turn()]);
    for (const { socket } of connections.slice(1)) socket.write(json('2'));
    const second = await sent;
    await turn();
    if (!second.ok) expect(connections[0]?.text().match(/POST/g)).toHaveLength(2);
    else expect(connections).toHaveLength(2);
  }
});

test('a connection is not kept where the server says so, or by whom the answer ends with it', async () => {
  for (const answer of [json('1', 'HTTP/1.1 200 OK\r\nConnection: close'), json('1', 'HTTP/1.0 200 OK')]) {
    const { port, connections } = await server(answering(answer));
    const { send } = client(port);
    for (let call = 0; call < 2; call += 1) expect(await readText(value(await send()).body)).toBe('1');
    expect(connections).toHaveLength(2);
  }
});

test('a slow reader of an answer that has arrived keeps no connection from the next call', async () => {
  const { port, connections } = await server(answering(json('1'), json('2')));
  const { send } = client(port);
  const first = value(await send());
  expect(await readText(value(await send()).body)).toBe('2');
  expect(await readText(first.body)).toBe('1');
  expect(connections).toHaveLength(1);
});

test('an upstream that reads a large call slowly is not silent', async () => {
  // More than the buffers between the two hold, in four seconds.
  const bytes = 24 * 1024 * 1024;
  const { port } = await server(({ socket }) => {
    let step = 0;
    let all = 0;
    socket.on('data', (chunk) => {
      step += chunk.length;
      all += chunk.length;
      if (all > bytes) socket.write(json('1'));
      if (step < 256 * 1024) return;
      step = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 40);
    });
  });
  const answer = value(await client(port, { idleTimeoutMs: 1500 }).send({ body: 'x'.repeat(bytes) }));
  expect(await readText(answer.body)).toBe('1');
});

test('an upstream that answers without reading the call loses its connection, and the call its timers', async () => {
  const { port, connections } = await server(({ socket }) => {
    socket.once('data', () => {
      socket.pause();
      socket.write(json('{}'));
    });
  });
  const signal = new Departure();
  const answer = value(await client(port).send({ body: 'x'.repeat(20_000_000), signal }));
  expect(await readText(answer.body)).toBe('{}');
  expect(signal.isWatched).toBe(false);
  connections[0]?.socket.resume();
  await connections[0]?.closed;
});

describe('a caller who goes away', () => {
  test('before the call: the upstream gets nothing of it', async () => {
    const { port, connections } = await server(() => undefined);
    const departed = new Departure();
    departed.happen();
    expect(await client(port).send({ signal: departed })).toEqual(failure('connection_lost'));
    expect(connections.map((connection) => connection.text())).toEqual(connections.map(() => ''));
  });

  test('while the upstream thinks: its connection is closed', async () => {
    const gone = new Departure();
    const { port, connections } = await server(async ({ requests }) => {
      await requests(1);
      gone.happen();
    });
    expect(await client(port).send({ signal: gone })).toEqual(failure('connection_lost'));
    await connections[0]?.closed;
  });

  test('in the middle of an answer: its connection is closed', async () => {
    const gone = new Departure();
    const { port, connections } = await server(answering(`${SSE_HEAD}5\r\ndata:\r\n`));
    const answer = value(await client(port).send({ signal: gone }));
    gone.happen();
    expect(await failureOfBody(answer)).toBe('connection_lost');
    await connections[0]?.closed;
  });
});

describe('warming up', () => {
  test('opens the connection the first call uses, and shows it no key', async () => {
    const { port, connections } = await server(
      answering('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n', json('{}')),
    );
    const { http, upstream, send } = client(port);
    await http.warm(upstream);
    await readText(value(await send()).body);
    expect(connections).toHaveLength(1);
    expect(connections[0]?.text()).toMatch(
      /^OPTIONS \/mcp\?x=1 HTTP\/1\.1\r\nHost: [^\r]+\r\nConnection: keep-alive\r\n\r\nPOST /,
    );
  });

  test('is no error where nothing listens or nothing answers', async () => {
    const closed = await startLoopback(() => undefined);
    await closed.close();
    const refused = client(closed.port);
    await refused.http.warm(refused.upstream);
    const { port } = await server(() => undefined);
    const silent = client(port, { connectTimeoutMs: 30 });
    await silent.http.warm(silent.upstream);
  });

  test('ends where the answer is broken in the packet it begins in', async () => {
    const broken = 'HTTP/1.1 405 No\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    const { port } = await server((connection) =>
      connection.socket.once('data', () => connection.socket.write(broken)),
    );
    const { http, upstream } = client(port);
    const before = timers();
    await http.warm(upstream);
    expect(timers()).toBe(before);
  });

  test('ends, and the connection with it, where the answer never does', async () => {
    let drip: NodeJS.Timeout | undefined;
    const { port, connections } = await server(async ({ socket, requests, closed }) => {
      await requests(1);
      socket.write(SSE_HEAD);
      drip = setInterval(() => socket.write('2\r\n:\n\r\n'), 5);
      await closed;
      clearInterval(drip);
    });
    const endless = client(port, { connectTimeoutMs: 100 });
    await endless.http.warm(endless.upstream);
    await connections[0]?.closed;
  });
});
