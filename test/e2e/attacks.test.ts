import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { rawCall } from '../fixtures/raw-call';
import { answerJson, answerLarge, textResult } from '../fixtures/scripts';
import { legacyCall, modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';
import { vaultClient } from './harness/vault-client';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene(
    (url) => [
      { name: 'one', url, credential: { provider: 'acme', headers: { 'X-Api-Key': '{key}' } } },
      { name: 'two', url },
    ],
    { cacheTtlMs: 0, auth: { clockToleranceSeconds: 0 } },
  );
  await scene.vault.store('acme', { key: 'key-of-acme-1' });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.upstream.answer(answerJson(textResult('hello')));
  scene.upstream.reset();
});

const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 1);
const posts = () => scene.upstream.requests.filter(({ method }) => method === 'POST');

describe('a token for one endpoint', () => {
  test('does not open another, even while the door remembers that it was good', async () => {
    const authorization = `Bearer ${await scene.token('one')}`;
    expect((await scene.send('one', call, { authorization })).status).toBe(200);
    expect((await scene.send('two', call, { authorization })).status).toBe(401);
    expect(posts()).toHaveLength(1);
  });

  test.each([
    '/mcp/one/../two',
    '/mcp/one%2f..%2ftwo',
    '/mcp/%2e%2e/mcp/two',
    '/mcp/two%00',
    '/mcp/two;one',
    '/mcp/two/one',
    '/mcp/ONE',
    '//mcp/two',
    '/mcp/',
    '/mcp',
    '/mcp/__proto__',
    '/prod/mcp/two',
  ])('does not open %s', async (path) => {
    const headers = [...call.headers, 'Authorization', `Bearer ${await scene.token('one')}`];
    const status = await statusOfPath(path, headers, call.body);
    expect([400, 401, 403, 404]).toContain(status);
    expect(posts()).toEqual([]);
  });

  test('is refused once it has expired, though the door still remembers that it was good', async () => {
    const exp = Math.floor(Date.now() / 1000) + 2;
    const authorization = `Bearer ${await scene.token('one', { claims: { exp } })}`;
    expect((await scene.send('one', call, { authorization })).status).toBe(200);
    await delay(exp * 1000 - Date.now() + 20);
    const answer = await scene.send('one', call, { authorization });
    expect([answer.status, rpcError(answer).reason]).toEqual([401, 'unauthorized']);
    expect(posts()).toHaveLength(1);
  });
});

describe('the vault’s API', () => {
  const path = '/vault/keys/acme';
  test('fails without a signature, with a bearer token, and with a wrong secret', async () => {
    const url = scene.gateway.url + path;
    const { endpoint, env } = scene.gateway.aws;
    const forger = vaultClient({
      url: scene.gateway.url,
      aws: { endpoint, env: { ...env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' } },
    });
    const answers = [
      await rawCall(url, { method: 'DELETE' }),
      await rawCall(url, { method: 'DELETE', headers: ['Authorization', `Bearer ${await scene.token('one')}`] }),
      await forger.call('DELETE', path),
    ];
    for (const answer of answers) expect([401, 403, 404]).toContain(answer.status);
    expect((await scene.send('one', call)).status).toBe(200);
  });
});

describe('what a caller writes into a request', () => {
  test('cannot replace the injected key: a header of the same name stays outside', async () => {
    const extra = ['X-Api-Key', 'mine', 'x-API-key', 'mine-too', 'Mcp-Param-X-Api-Key', 'mine-three'];
    await scene.send('one', { ...call, headers: [...call.headers, ...extra] });
    const [post] = posts();
    expect(post?.rawHeaders.filter((text) => text.toLowerCase() === 'x-api-key')).toHaveLength(1);
    expect(post?.headers['x-api-key']).toBe('key-of-acme-1');
  });

  test('cannot smuggle a second request: a line break or a byte beyond ASCII in a mirrored header is refused', async () => {
    for (const value of ['caf\u00e9', 'a\u0080b']) {
      const answer = await scene.send('one', { ...call, headers: [...call.headers, 'Mcp-Param-City', value] });
      expect([answer.status, rpcError(answer).reason]).toEqual([400, 'invalid_header']);
    }
    expect(posts()).toEqual([]);
  });

  test('cannot confuse lengths: Content-Length and Transfer-Encoding together are refused', async () => {
    const text = [
      `POST /mcp/one HTTP/1.1`,
      `Host: ${new URL(scene.gateway.url).host}`,
      'Content-Length: 4',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
      'GET /mcp/two HTTP/1.1',
      '',
      '',
    ].join('\r\n');
    expect(await rawExchange(text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(posts()).toEqual([]);
  });

  test('may nest 128 levels; more is refused before it is parsed', async () => {
    const nested = (levels: number) => {
      const deep = '['.repeat(levels) + ']'.repeat(levels);
      return call.body.replace('"arguments":{}', `"arguments":{"deep":${deep}}`);
    };
    const refused = await scene.send('one', { ...call, body: nested(200_000) });
    expect([refused.status, rpcError(refused).reason]).toEqual([400, 'parse_error']);
    expect(posts()).toEqual([]);
    // Three levels are those of the message itself.
    expect((await scene.send('one', { ...call, body: nested(125) })).status).toBe(200);
    expect(posts()[0]?.body.toString()).toBe(nested(125));
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('may call a method %s', async (method) => {
    expect((await scene.send('two', modernCall(method))).status).toBe(200);
    expect((await scene.send('two', legacyCall(method))).status).toBe(200);
  });

  test('may arrive in chunks of unknown length', async () => {
    const headers = [
      ...call.headers,
      'Authorization',
      `Bearer ${await scene.token('one')}`,
      'Transfer-Encoding',
      'chunked',
    ];
    const answer = await rawCall(scene.gateway.endpoint('one'), { headers, body: call.body });
    expect(answer.status).toBe(200);
    expect(posts()[0]?.body.toString()).toBe(call.body);
  });
});

test('an upstream waits for a client that does not read: nothing piles up in between', async () => {
  const total = 256 * 1024 * 1024;
  let written = 0;
  scene.upstream.answer(async (exchange) => {
    const write = async (chunk: string | Uint8Array) => {
      await exchange.write(chunk);
      written += chunk.length;
    };
    await answerLarge(total)({ ...exchange, write });
  });
  const authorization = `Bearer ${await scene.token('one')}`;
  const socket = await new Promise<{ destroy(): void }>((resolve, reject) => {
    const req = request(scene.gateway.endpoint('one'), {
      method: 'POST',
      agent: false,
      headers: [...call.headers, 'Authorization', authorization, 'Host', new URL(scene.gateway.url).host] as never,
    });
    req.on('error', reject);
    // Not a byte of the body is read.
    req.on('response', (response) => resolve(response.pause().socket));
    req.end(call.body);
  });
  let before = -1;
  while (written !== before) {
    before = written;
    await delay(300);
  }
  // What the kernel buffers on each of four sockets, and a few chunks of ours.
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(64 * 1024 * 1024);
  socket.destroy();
});

/** The path as it stands, which a URL parser would tidy up. */
function statusOfPath(path: string, headers: readonly string[], body: string): Promise<number> {
  const { hostname, port, host } = new URL(scene.gateway.url);
  return new Promise((resolve, reject) => {
    const req = request({
      host: hostname,
      port,
      path,
      method: 'POST',
      agent: false,
      headers: ['Host', host, ...headers, 'Content-Length', String(Buffer.byteLength(body))] as never,
    });
    req.on('error', reject);
    req.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    req.end(body);
  });
}

function rawExchange(text: string): Promise<string> {
  const { hostname, port } = new URL(scene.gateway.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(text));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
