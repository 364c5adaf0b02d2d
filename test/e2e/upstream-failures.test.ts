import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from '../fixtures/scripted-upstream';
import {
  answerJson,
  answerLarge,
  answerPieces,
  answerStatus,
  gate,
  neverAnswer,
  sseEvent,
  textResult,
} from '../fixtures/scripts';
import { initializeCall, legacyCall, modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

const KEY = 'sk_live_upstream_failures_4f1b';
let scene: Scene;
let elsewhere: Server;
let elsewhereRequests: number;

beforeAll(async () => {
  elsewhere = createServer((_, response) => {
    elsewhereRequests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const closed = await closedPort();
  scene = await startScene(
    (url) => [
      { name: 'api', url, credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } },
      { name: 'slow', url, idleTimeoutMs: 250, totalTimeoutMs: 900, connectTimeoutMs: 250 },
      { name: 'down', url: `http://127.0.0.1:${closed}/mcp` },
    ],
    { cacheTtlMs: 0 },
  );
  await scene.vault.store('acme', { key: KEY });
});
afterAll(async () => {
  await scene.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
});
beforeEach(() => {
  elsewhereRequests = 0;
  scene.upstream.reset();
});
afterEach(() => {
  expect(scene.gateway.logs()).not.toContain(KEY);
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 5);
const posts = () => scene.upstream.requests.filter((request) => request.method === 'POST');

test('says that an upstream is down', async () => {
  const answer = await scene.send('down', call);
  expect(answer.status).toBe(502);
  expect(rpcError(answer)).toMatchObject({
    id: 5,
    code: -32603,
    reason: 'upstream_unreachable',
    message: 'down cannot be reached',
  });
});

test.each([
  ['a page of HTML', answerStatus(200, '<html>login</html>', { 'Content-Type': 'text/html' }), 502, 'upstream_not_mcp'],
  ['a compressed body', answerJson({}, { 'Content-Encoding': 'gzip' }), 502, 'upstream_not_mcp'],
  [
    'text in a charset the redactor cannot read',
    answerStatus(200, '{}', { 'Content-Type': 'application/json; charset=utf-16' }),
    502,
    'upstream_not_mcp',
  ],
  ['a status nobody expects', answerStatus(299), 502, 'upstream_not_mcp'],
  [
    'a status that is none',
    answerStatus(600, '{"jsonrpc":"2.0","id":5,"error":{}}', JSON_TYPE),
    502,
    'upstream_not_mcp',
  ],
  [
    'a question about a proxy',
    answerStatus(407, '{"jsonrpc":"2.0","id":5,"error":{}}', JSON_TYPE),
    502,
    'upstream_not_mcp',
  ],
  ['a request that is only accepted', answerStatus(202), 502, 'upstream_not_mcp'],
  ['an answer of no content', answerStatus(204), 502, 'upstream_not_mcp'],
  ['an empty answer', answerStatus(200, '', { ...JSON_TYPE, 'Content-Length': '0' }), 502, 'upstream_not_mcp'],
  ['an empty answer that does not say so', answerStatus(200, '', JSON_TYPE), 502, 'upstream_not_mcp'],
  ['an internal error', answerStatus(500, `stack trace with ${KEY}`), 502, 'upstream_failed'],
  ['an outage', answerStatus(503), 502, 'upstream_failed'],
  [
    'a client error in its own format',
    answerStatus(422, JSON.stringify({ error: `bad ${KEY}` }), { 'Content-Type': 'application/json' }),
    422,
    'upstream_failed',
  ],
  [
    'a refused key',
    answerStatus(401, `no: ${KEY}`, { 'WWW-Authenticate': 'Bearer' }),
    502,
    'upstream_refused_credential',
  ],
  ['a forbidden call', answerStatus(403), 502, 'upstream_refused_credential'],
  ['a rate limit', answerStatus(429, '', { 'Retry-After': '17' }), 429, 'upstream_rate_limited'],
] as const)('turns %s into a defined error', async (_, script, status, reason) => {
  scene.upstream.answer(script);
  const answer = await scene.send('api', call);
  expect({ status: answer.status, ...rpcError(answer) }).toMatchObject({ status, id: 5, code: -32603, reason });
  expect(answer.bytes.toString()).not.toContain(KEY);
  expect(answer.headers['www-authenticate']).toBeUndefined();
  expect(posts()).toHaveLength(1);
});

test('passes Retry-After of a rate limit on, if it is one', async () => {
  scene.upstream.answer(answerStatus(429, '', { 'Retry-After': '17' }));
  expect((await scene.send('api', call)).headers['retry-after']).toBe('17');
  scene.upstream.answer(answerStatus(429, '', { 'Retry-After': `soon, ${KEY}` }));
  const answer = await scene.send('api', call);
  expect(answer.headers['retry-after']).toBeUndefined();
  expect(answer.bytes.toString()).not.toContain(KEY);
});

test.each([301, 302, 303, 307, 308])('never follows a redirect: %d', async (status) => {
  const { port } = elsewhere.address() as AddressInfo;
  const location = `http://127.0.0.1:${port}/steal?key=${KEY}`;
  scene.upstream.answer(answerStatus(status, '', { Location: location }));
  const answer = await scene.send('api', call);
  expect(answer.status).toBe(502);
  expect(rpcError(answer).reason).toBe('upstream_redirected');
  expect(answer.bytes.toString()).not.toContain('steal');
  expect(elsewhereRequests).toBe(0);
});

test('passes a JSON-RPC error of the upstream on with its status', async () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 5, error: { code: -32602, message: 'Unknown tool' } });
  scene.upstream.answer(answerStatus(400, body, { 'Content-Type': 'application/json' }));
  const answer = await scene.send('api', call);
  expect([answer.status, answer.text]).toEqual([400, body]);
});

test('ends a call whose upstream never answers', async () => {
  scene.upstream.answer(neverAnswer);
  const answer = await scene.send('slow', call);
  expect(answer.status).toBe(504);
  expect(rpcError(answer)).toMatchObject({ id: 5, code: -32603, reason: 'upstream_timeout' });
});

test('ends an event stream that falls silent with an error event, so that the client learns of it', async () => {
  const progress = sseEvent({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 1, progress: 1 },
  });
  scene.upstream.answer(answerPieces('text/event-stream', [progress, gate()]));
  const answer = await scene.send('slow', call);
  expect(answer.status).toBe(200);
  expect(answer.text.startsWith(progress)).toBe(true);
  const last = answer.text.slice(progress.length).replace(/^event: message\ndata: /, '');
  expect(rpcError({ text: last })).toMatchObject({ id: 5, code: -32603, reason: 'upstream_timeout' });
});

test('ends a stream that drips forever at the total timeout', async () => {
  scene.upstream.answer(async (exchange) => {
    exchange.head(200, { 'Content-Type': 'text/event-stream' });
    let isGone = false;
    exchange.gone.then(() => {
      isGone = true;
    });
    while (!isGone) {
      await exchange.write(': still there\n\n');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const answer = await scene.send('slow', call);
  expect(answer.text).toContain('"reason":"upstream_timeout"');
});

test('says that the connection broke before the answer', async () => {
  scene.upstream.answer((exchange) => exchange.reset());
  const answer = await scene.send('api', call);
  expect(answer.status).toBe(502);
  expect(rpcError(answer)).toMatchObject({ id: 5, reason: 'upstream_connection_lost' });
  expect(posts()).toHaveLength(1);
});

test.each([
  ['falls silent', (exchange: Exchange) => exchange.gone, 504, 'upstream_timeout'],
  ['breaks off', (exchange: Exchange) => exchange.reset(), 502, 'upstream_connection_lost'],
])('says so when the upstream %s behind its head, before its first byte', async (_, act, status, reason) => {
  scene.upstream.answer(async (exchange) => {
    exchange.head(200, JSON_TYPE);
    await exchange.write('');
    await new Promise((resolve) => setImmediate(resolve));
    await act(exchange);
  });
  const answer = await scene.send('slow', call);
  expect({ status: answer.status, ...rpcError(answer) }).toMatchObject({ status, id: 5, code: -32603, reason });
});

/** Sends a piece of an answer, and breaks the connection once the client has it. */
async function breakAfter(contentType: string, piece: string) {
  const seen = gate();
  scene.upstream.answer(async (exchange) => {
    exchange.head(200, { 'Content-Type': contentType });
    await exchange.write(piece);
    await seen.opened;
    exchange.reset();
  });
  return scene.send('api', call, { onChunk: seen.open });
}

test('breaks the connection when a JSON answer breaks off, instead of passing a part for the whole', async () => {
  const half = '{"jsonrpc":"2.0","id":5,"result":{"content":[';
  await expect(breakAfter('application/json', half)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('breaks the connection when an event breaks off in the middle', async () => {
  const half = 'event: message\ndata: {"jsonrpc":';
  await expect(breakAfter('text/event-stream', half)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('adds an error event when a stream breaks off between two events', async () => {
  const event = sseEvent({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } });
  const answer = await breakAfter('text/event-stream', event);
  expect(answer.text.startsWith(event)).toBe(true);
  const last = answer.text.slice(event.length).replace(/^event: message\ndata: /, '');
  expect(rpcError({ text: last })).toMatchObject({ id: 5, code: -32603, reason: 'upstream_connection_lost' });
});

test('ends a stream that breaks off behind the response without a second answer to it', async () => {
  const event = sseEvent({ jsonrpc: '2.0', id: 5, result: textResult('done') });
  const answer = await breakAfter('text/event-stream', event);
  expect([answer.status, answer.text]).toEqual([200, event]);
});

test('ends a stream that is to be resumed by GET with an error event, since nobody can', async () => {
  const primer = 'id: 1\nretry: 500\ndata: \n\n';
  scene.upstream.answer(answerPieces('text/event-stream', [primer]));
  const answer = await scene.send('api', call);
  expect(answer.text.startsWith(primer)).toBe(true);
  const last = answer.text.slice(primer.length).replace(/^event: message\ndata: /, '');
  expect(rpcError({ text: last })).toMatchObject({ id: 5, code: -32603, reason: 'upstream_connection_lost' });
});

test('answers initialize as soon as its response is there, though the upstream leaves the stream open', async () => {
  const opened = gate();
  const result = { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: true } } };
  scene.upstream.answer(async (exchange) => {
    exchange.head(200, { 'Content-Type': 'text/event-stream' });
    await exchange.write(sseEvent({ jsonrpc: '2.0', id: exchange.message.id, result }));
    await opened.opened;
    exchange.end();
  });
  const answer = await scene.send('api', initializeCall());
  opened.open();
  expect(answer.text).toContain('"capabilities":{"tools":{}}');
});

test('keeps the connection of an initialize whose stream ends with the response', async () => {
  const result = { protocolVersion: '2025-06-18', capabilities: {} };
  scene.upstream.answer((exchange) => {
    exchange.head(200, { 'Content-Type': 'text/event-stream' });
    exchange.end(sseEvent({ jsonrpc: '2.0', id: exchange.message.id, result }));
  });
  for (let i = 0; i < 3; i++) await scene.send('api', initializeCall());
  expect(scene.upstream.connections()).toBeLessThan(2);
});

test('answers an upstream that does not speak HTTP with an error that quotes nothing of it', async () => {
  scene.upstream.answer((exchange) => void exchange.socket.end(`220 smtp ready ${KEY}\r\n`));
  const answer = await scene.send('api', call);
  expect(answer.status).toBe(502);
  expect(rpcError(answer).reason).toBe('upstream_not_mcp');
  expect(answer.bytes.toString()).not.toContain(KEY);
});

test('never sends a tool call twice, but repeats a list when a kept connection proves dead', async () => {
  scene.upstream.answer(answerJson(textResult('warm')));
  await scene.send('api', call);
  scene.upstream.reset();
  // The next request on the kept connection is answered by its end, as by a server that was restarting.
  const dieOnce = () => {
    let died = false;
    scene.upstream.answer((exchange) => {
      if (died) return answerJson(textResult('alive'))(exchange);
      died = true;
      return exchange.reset();
    });
  };
  dieOnce();
  const effect = await scene.send('api', call);
  expect(rpcError(effect).reason).toBe('upstream_connection_lost');
  expect(posts()).toHaveLength(1);

  scene.upstream.answer(answerJson(textResult('warm')));
  await scene.send('api', call);
  scene.upstream.reset();
  dieOnce();
  const list = await scene.send('api', modernCall('tools/list', {}, 6));
  expect(JSON.parse(list.text)).toMatchObject({ id: 6, result: textResult('alive') });
  expect(posts()).toHaveLength(2);
});

test('ends the upstream call when the client goes away', async () => {
  const started = gate();
  let upstreamGone: Promise<void> | undefined;
  scene.upstream.answer(async (exchange) => {
    upstreamGone = exchange.gone;
    started.open();
    exchange.head(200, { 'Content-Type': 'text/event-stream' });
    await exchange.write(': open\n\n');
  });
  const client = new AbortController();
  const pending = scene.send('api', call, { signal: client.signal });
  await started.opened;
  client.abort();
  await expect(pending).rejects.toMatchObject({ code: 'ABORT_ERR' });
  await upstreamGone;
});

test.each([1, 10])('passes a result of %d MB whole', async (megabytes) => {
  scene.upstream.answer(answerLarge(megabytes * 1024 * 1024));
  const answer = await scene.send('api', call);
  const { result } = JSON.parse(answer.text) as { result: { content: { text: string }[] } };
  expect(result.content[0]?.text.length).toBe(megabytes * 1024 * 1024);
});

test('speaks to the upstream in headers of its own: no cookie, no hop-by-hop, no inbound authorization', async () => {
  scene.upstream.answer(answerJson(textResult('hello')));
  const extra = [
    ...['Cookie', 'session=abc', 'X-Forwarded-For', '203.0.113.9', 'Proxy-Authorization', 'Basic eHg6eXk='],
    ...['TE', 'trailers', 'Forwarded', 'for=203.0.113.9', 'X-Api-Key', 'of-the-caller', 'Mcp-Param-Region', 'eu-1'],
    ...['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ];
  await scene.send('api', { ...call, headers: [...call.headers, ...extra] });
  const [request] = posts();
  expect(request?.headers).toEqual({
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    authorization: `Bearer ${KEY}`,
    connection: 'keep-alive',
    'content-length': String(Buffer.byteLength(call.body)),
    'content-type': 'application/json',
    host: new URL(scene.upstream.origin).host,
    'mcp-method': 'tools/call',
    'mcp-name': 'echo',
    'mcp-param-region': 'eu-1',
    'mcp-protocol-version': '2026-07-28',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'user-agent': 'cdk-mcp-gateway',
  });
});

test('passes no header of the upstream but those MCP knows', async () => {
  scene.upstream.answer(
    answerJson(textResult('hello'), {
      'Set-Cookie': 'upstream=1',
      Server: 'secret-server/1.0',
      'X-Internal': KEY,
      'Mcp-Session-Id': 'should-not-exist-in-this-revision',
      'Access-Control-Allow-Origin': '*',
    }),
  );
  const answer = await scene.send('api', call);
  expect(answer.status).toBe(200);
  const head = answer.bytes.toString().split('\r\n\r\n')[0] ?? '';
  expect(head).not.toMatch(/set-cookie|secret-server|x-internal|mcp-session-id|access-control/i);
});

test('answers a notification with 202 and nothing else', async () => {
  scene.upstream.answer(answerJson({}));
  const answer = await scene.send('api', {
    ...legacyCall('notifications/initialized'),
    body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  });
  expect([answer.status, answer.text]).toEqual([202, '']);
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
