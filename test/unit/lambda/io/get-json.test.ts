import { getJson } from '../../../../lambda/io/get-json';
import { type Connection, type Loopback, startLoopback } from '../../../helpers/loopback';

let server: Loopback;
afterEach(() => server.close());

const FAR_MS = 60_000;

async function serving(bytes: string): Promise<string> {
  server = await startLoopback(async ({ requests, socket }: Connection) => {
    await requests(1);
    socket.write(bytes);
  });
  return `http://127.0.0.1:${server.port}/doc?x=1`;
}

const ok = (body: string, length = Buffer.byteLength(body)) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`;

test('reads a document by a GET that names nobody', async () => {
  const url = await serving(ok('{"a":"ü"}'));
  expect(await getJson(url, FAR_MS)).toEqual({ a: 'ü' });
  expect(server.connections[0]?.text().split('\r\n')).toEqual([
    'GET /doc?x=1 HTTP/1.1',
    'accept: application/json',
    'user-agent: cdk-mcp-gateway',
    `Host: 127.0.0.1:${server.port}`,
    'Connection: close',
    '',
    '',
  ]);
});

test.each([
  ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: https://evil.example\r\nContent-Length: 0\r\n\r\n', 'status 302'],
  ['an empty answer', 'HTTP/1.1 204 No Content\r\n\r\n', 'status 204'],
  ['an error', 'HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}', 'status 500'],
  ['more than it may hold', ok('x'.repeat(1024 * 1024 + 1)), 'AnswerTooLarge'],
])('fails on %s', async (_, bytes, message) => {
  await expect(getJson(await serving(bytes), FAR_MS)).rejects.toThrow(message);
});

test('fails on text that is not JSON', async () => {
  await expect(getJson(await serving(ok('<html>')), FAR_MS)).rejects.toThrow(SyntaxError);
});

test('fails on a document that breaks off', async () => {
  server = await startLoopback(async ({ requests, socket }) => {
    await requests(1);
    socket.end(ok('{"a":', 100));
  });
  await expect(getJson(`http://127.0.0.1:${server.port}/`, FAR_MS)).rejects.toThrow('ECONNRESET');
});

test.each([
  ['never answers', ''],
  ['never finishes', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{'],
])('fails in time on a server that %s, and closes the connection', async (_, bytes) => {
  const url = await serving(bytes);
  await expect(getJson(url, 100)).rejects.toThrow('TimeoutError');
  await server.connections[0]?.closed;
});

test('fails where nothing listens, and on what is no URL', async () => {
  const url = await serving('');
  await server.close();
  await expect(getJson(url, FAR_MS)).rejects.toThrow('ECONNREFUSED');
  await expect(getJson('not a url', FAR_MS)).rejects.toThrow('Invalid URL');
  await serving('');
});
