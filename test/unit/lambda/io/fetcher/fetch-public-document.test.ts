import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestOptions, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { type FetchPorts, fetchPublicDocument } from '../../../../../lambda/io/fetcher/fetch-public-document';
import { type TestCertificate, testCertificate } from '../../../../fixtures/test-certificate';
import { testClock } from '../../../../helpers/clock';

const HOST = 'agents.example.com';
const PUBLIC = '52.95.110.1';
const TARGET = { hostname: HOST, path: '/client.json?v=1' };
const certificate = testCertificate(HOST);
const clock = testClock();

/** One https server on loopback; each test says how it answers. */
let answer: (socket: Socket) => void = () => undefined;
let asked: string[] = [];
const server = createServer({ key: certificate.key, cert: certificate.cert });
server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
server.on('secureConnection', (socket) => {
  let head = '';
  socket.on('data', (chunk) => {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    asked.push(head);
    answer(socket);
  });
});
// What node:http makes of the same bytes is not of interest.
server.removeAllListeners('request');

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  asked = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const portOf = (one: { address(): unknown }) => (one.address() as AddressInfo).port;

/** Ports whose connection ends at the server above, wherever it was pinned to. */
function leadingTo(change: Partial<FetchPorts> = {}, { cert = certificate.cert, port = portOf(server) } = {}) {
  const connections: { readonly options: RequestOptions; readonly pinned: readonly LookupAddress[] }[] = [];
  const ports: FetchPorts = {
    now: clock.now,
    resolve: async () => [PUBLIC],
    request: (options) => {
      let pinned: readonly LookupAddress[] = [];
      options.lookup?.(HOST, { all: true }, (_, addresses) => {
        pinned = addresses as LookupAddress[];
      });
      connections.push({ options, pinned });
      return request({
        ...options,
        port,
        ca: cert,
        lookup: (_, { all }, callback) =>
          all === true ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
      });
    },
    ...change,
  };
  return { ports, connections };
}

function sending(text: string): void {
  answer = (socket) => void socket.end(text);
}

function sendingJson(body: string, headers: readonly string[] = ['Content-Type: application/json']): void {
  sending(['HTTP/1.1 200 OK', `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n'));
}

const get = (ports: FetchPorts, maxBytes = 1_000) => fetchPublicDocument(TARGET, maxBytes, ports);

test('brings a document, and asks for it by a request that names nobody', async () => {
  sendingJson('{"client_id":"ü"}', ['Content-Type: application/json; charset=utf-8', 'Cache-Control: max-age=60']);
  expect(await get(leadingTo().ports)).toEqual({
    document: { client_id: 'ü' },
    freshUntilMs: clock.now() + 60_000,
  });
  expect(asked[0]?.split('\r\n').sort()).toEqual(
    [
      '',
      '',
      'Accept-Encoding: identity',
      'Accept: application/json',
      'Connection: close',
      'GET /client.json?v=1 HTTP/1.1',
      expect.stringMatching(`^Host: ${HOST}`),
      'User-Agent: cdk-mcp-gateway',
    ].sort(),
  );
});

test('says nothing of freshness where the answer says nothing', async () => {
  sendingJson('{}', ['content-type: application/jwk-set+json']);
  expect(await get(leadingTo().ports)).toEqual({ document: {} });
});

test('asks for the name as it is, on port 443, without proxy, pool or loosened verification', async () => {
  sendingJson('{}');
  const { ports, connections } = leadingTo();
  await get(ports);
  expect(connections[0]?.options).toMatchObject({
    host: HOST,
    servername: HOST,
    port: 443,
    agent: false,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  });
});

describe('where it connects', () => {
  test.each([
    '127.0.0.1',
    '169.254.169.254',
    '169.254.170.2',
    '10.1.2.3',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'fd00:ec2::254',
    'fe80::1',
  ])('refuses a name that resolves to %s before it connects', async (address) => {
    const { ports, connections } = leadingTo({ resolve: async () => [address] });
    expect(await get(ports)).toEqual({ refused: 'address_not_allowed' });
    expect(connections).toEqual([]);
  });

  test('refuses a name with public addresses among which one is not', async () => {
    const { ports, connections } = leadingTo({ resolve: async () => [PUBLIC, '2606:4700::1111', '10.0.0.1'] });
    expect(await get(ports)).toEqual({ refused: 'address_not_allowed' });
    expect(connections).toEqual([]);
  });

  test('a name that resolves elsewhere a moment later is connected to where it was checked (DNS rebinding)', async () => {
    sendingJson('{}');
    const answers = [[PUBLIC, '2606:4700::1111'], ['127.0.0.1']];
    const { ports, connections } = leadingTo({ resolve: async () => answers.shift() ?? [] });
    expect(await get(ports)).toEqual({ document: {} });
    expect(connections.map(({ pinned }) => pinned)).toEqual([
      [
        { address: PUBLIC, family: 4 },
        { address: '2606:4700::1111', family: 6 },
      ],
    ]);
    expect(answers).toHaveLength(1);
  });

  test('the pin also holds for whoever asks for one address only', async () => {
    sendingJson('{}');
    const { ports, connections } = leadingTo();
    await get(ports);
    const found: unknown[] = [];
    connections[0]?.options.lookup?.('localhost', {}, (...answers) => found.push(answers));
    expect(found).toEqual([[null, PUBLIC, 4]]);
  });

  test('fails on a name without addresses, and on one that cannot be resolved', async () => {
    expect(await get(leadingTo({ resolve: async () => [] }).ports)).toEqual({ refused: 'unreachable' });
    const broken = leadingTo({ resolve: () => Promise.reject(new Error('SERVFAIL')) });
    expect(await get(broken.ports)).toEqual({ refused: 'unreachable' });
  });
});

describe('whom it believes', () => {
  async function withServer(of: TestCertificate, ca = of.cert): Promise<unknown> {
    const other = createServer({ key: of.key, cert: of.cert }, (_, response) => response.end('{}'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      return await get(leadingTo({}, { cert: ca, port: portOf(other) }).ports);
    } finally {
      other.closeAllConnections();
      other.close();
    }
  }

  test('fails on a certificate for another name', async () => {
    expect(await withServer(testCertificate('evil.example.com'))).toEqual({ refused: 'unreachable' });
  });

  test('fails on a certificate that has expired', async () => {
    expect(await withServer(testCertificate(HOST, { expired: true }))).toEqual({ refused: 'unreachable' });
  });

  test('fails on a certificate nobody vouches for', async () => {
    expect(await withServer(testCertificate(HOST), certificate.cert)).toEqual({ refused: 'unreachable' });
  });
});

describe('what it takes for an answer', () => {
  test.each([301, 302, 303, 307, 308, 304])('fails on a redirect (%d), and follows it nowhere', async (status) => {
    sending(`HTTP/1.1 ${status} Moved\r\nLocation: https://${HOST}/other\r\nContent-Length: 0\r\n\r\n`);
    const { ports, connections } = leadingTo();
    expect(await get(ports)).toEqual({ refused: 'redirected' });
    expect(connections).toHaveLength(1);
  });

  test.each([404, 410])('fails on status %d, which says that there is none', async (status) => {
    sending(`HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
    expect(await get(leadingTo().ports)).toEqual({ refused: 'gone' });
  });

  test.each([201, 204, 206, 400, 401, 403, 429, 500])('fails on status %d', async (status) => {
    sending(`HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
    expect(await get(leadingTo().ports)).toEqual({ refused: 'bad_status' });
  });

  test.each([
    ['a page', '{}', ['Content-Type: text/html']],
    ['a script that is JSON, too', '{}', ['Content-Type: text/javascript']],
    ['no type', '{}', []],
    ['a type that only begins well', '{}', ['Content-Type: application/jsonp']],
    ['text that is not JSON', '<html>', undefined],
    ['half of a document', '{"a":', undefined],
    ['nothing', '', undefined],
    ['a packed answer', '{}', ['Content-Type: application/json', 'Content-Encoding: gzip']],
    ['an answer packed twice', '{}', ['Content-Type: application/json', 'Content-Encoding: identity, br']],
    ['nesting that would exhaust the stack', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, undefined],
  ])('fails on %s', async (_, body, headers) => {
    sendingJson(body, headers);
    expect(await get(leadingTo().ports, 65_536)).toEqual({ refused: 'not_json' });
  });

  test('fails on bytes that are not UTF-8', async () => {
    answer = (socket) =>
      void socket.end(
        Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n"'),
          Buffer.of(0xff),
          Buffer.from('"'),
        ]),
      );
    expect(await get(leadingTo().ports)).toEqual({ refused: 'not_json' });
  });

  test('takes a document of exactly the allowed size, and fails on one byte more', async () => {
    sendingJson(`"${'x'.repeat(98)}"`);
    expect(await get(leadingTo().ports, 100)).toEqual({ document: 'x'.repeat(98) });
    sendingJson(`"${'x'.repeat(99)}"`);
    expect(await get(leadingTo().ports, 100)).toEqual({ refused: 'too_large' });
  });

  test('fails on an answer that never says how long it is and does not end', async () => {
    answer = (socket) => {
      const more = () => void (socket.writable && socket.write(`${'a'.repeat(1_024)}`, more));
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n', more);
    };
    expect(await get(leadingTo().ports)).toEqual({ refused: 'too_large' });
  });

  test.each([
    ['breaks off', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{'],
    ['is no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
    ['wants another protocol', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['has endless headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['says two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ])('fails on an answer that %s', async (_, text) => {
    sending(text);
    expect(await get(leadingTo().ports)).toEqual({ refused: 'unreachable' });
  });
});

describe('how long it waits', () => {
  const short = { connectMs: 40, totalMs: 5_000 };
  const brief = { connectMs: 5_000, totalMs: 80 };

  test('fails on a name whose resolution takes for ever', async () => {
    const { ports } = leadingTo({ resolve: () => new Promise(() => undefined), limits: brief });
    expect(await get(ports)).toEqual({ refused: 'timeout' });
  });

  test('fails on a server that takes the connection and says nothing of TLS', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      expect(await get(leadingTo({ limits: short }, { port: portOf(silent) }).ports)).toEqual({ refused: 'timeout' });
    } finally {
      silent.close();
    }
  });

  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['one hint after another', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'],
    ['a head, but not its body', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{'],
  ])('fails on a server that answers %s and then waits', async (_, text) => {
    answer = (socket) => void socket.write(text);
    expect(await get(leadingTo({ limits: brief }).ports)).toEqual({ refused: 'timeout' });
  });

  test('fails on a body that comes byte by byte', async () => {
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"');
      const drip = setInterval(() => socket.write('a'), 10);
      socket.on('close', () => clearInterval(drip));
    };
    expect(await get(leadingTo({ limits: brief }).ports)).toEqual({ refused: 'timeout' });
  });
});
