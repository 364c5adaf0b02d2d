import { once } from 'node:events';
import { connect } from 'node:net';
import { PlatformFaults } from '../../../../../local/demo/platforms/platform-faults';
import type { RecordedExchange } from '../../../../../local/demo/platforms/platform-recorder';
import { type PlatformServer, startPlatformServer } from '../../../../../local/demo/platforms/platform-server';

const faults = new PlatformFaults();
const exchanges: RecordedExchange[] = [];
let server: PlatformServer;
beforeAll(async () => {
  server = await startPlatformServer({
    port: undefined,
    faults,
    delayMs: () => 0,
    // Reads nothing of what it is sent until the end, and answers in pieces.
    others: {
      endpointOf: () => 'mcp',
      serve: (request, response) => {
        request.resume().on('end', () => {
          response.write('in ');
          response.end(Buffer.from('pieces'));
        });
      },
    },
    onExchange: (exchange) => void exchanges.push(exchange),
  });
  server.routes.set('POST /token', { endpoint: 'token', answer: ({ body }) => ({ status: 200, body: `for ${body}` }) });
});
afterAll(() => server.close());

const send = async (path: string, body: string, headers = {}) =>
  (await fetch(server.origin + path, { method: 'POST', body, headers })).text();

test('what comes to a route is kept with its query, its headers as they were sent, and what went back', async () => {
  expect(await send('/token?a=%2F', 'code=1', { 'X-Own': 'one' })).toBe('for code=1');
  const { method, url, headers, body, answer } = exchanges.at(-1) ?? {};
  expect([method, url, body, answer]).toEqual(['POST', '/token?a=%2F', 'code=1', 'for code=1']);
  expect(headers?.map((text) => text.toLowerCase())).toEqual(expect.arrayContaining(['x-own', 'one']));
});

test('the same of what others serve, whoever reads it, and when', async () => {
  expect(await send('/mcp', 'x'.repeat(200_000))).toBe('in pieces');
  expect(exchanges.at(-1)).toMatchObject({ body: 'x'.repeat(200_000), answer: 'in pieces' });
});

test('of an answer that goes wrong, what went out is kept, and not what would have', async () => {
  faults.inject({ endpoint: 'mcp', kind: 'status', status: 503, body: 'down', afterEffect: true });
  expect(await send('/mcp', 'once')).toBe('down');
  expect(exchanges.at(-1)).toMatchObject({ body: 'once', answer: 'down' });
});

test('who goes away in the middle has left the first half', async () => {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it');
  while (exchanges.at(-1)?.body !== 'half of it') await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  expect(exchanges.at(-1)?.answer).toBe('');
});
