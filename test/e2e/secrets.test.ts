import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawAnswer } from '../fixtures/raw-call';
import type { Exchange, Script } from '../fixtures/scripted-upstream';
import { answerJson, answerPieces, answerStatus, sseEvent, textResult } from '../fixtures/scripts';
import { initializeCall, modernCall, type WireCall } from './harness/mcp-wire';
import { type Scene, startScene } from './harness/scene';

// Characters that JSON, URLs and base64 each write in another way.
const KEY = 'sk_live_"9f2a"\\/+&=?<b3c7d1';
const USER = 'robot@example.com';
const PASSWORD = 'p4ss:word/with+signs==';
const BASIC = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

/** Every form in which a stored secret must not come back. */
const FORMS = [KEY, PASSWORD, BASIC].flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
]);

let scene: Scene;
let dataDir: string;
const clientSaw: Buffer[] = [];
const tokens: string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'secrets-test-'));
  scene = await startScene(
    (url) => [
      { name: 'api', url, credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } },
      { name: 'basic', url, credential: { provider: 'legacy', headers: { Authorization: 'Basic {user}:{password}' } } },
      {
        name: 'two',
        url,
        credential: {
          provider: 'pair',
          headers: { 'X-App-Key': '{app}', 'X-Api-Key': 'key {key}', 'Acme-Version': '2026-01-01' },
        },
      },
    ],
    { dataDir, cacheTtlMs: 0 },
  );
  await scene.vault.store('acme', { key: KEY });
  await scene.vault.store('legacy', { user: USER, password: PASSWORD });
  await scene.vault.store('pair', { app: 'app-of-ours-1', key: KEY });
});
afterAll(async () => {
  await scene.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const call = modernCall('tools/call', { name: 'whoami', arguments: {} }, 11);

async function ask(upstream: string, script: Script, wire: WireCall = call): Promise<RawAnswer> {
  scene.upstream.answer(script);
  const token = await scene.token(upstream);
  tokens.push(token);
  const answer = await scene.send(upstream, wire, { authorization: `Bearer ${token}` });
  clientSaw.push(answer.bytes);
  return answer;
}

/** The upstream prints what it received, as a debugging server does. */
const receivedHeader = (exchange: Exchange) => exchange.request.headers['authorization'] ?? '';
const forms: Record<string, (header: string) => string> = {
  'as it is': (header) => header,
  'as JSON inside JSON': (header) => JSON.stringify({ header }),
  'as a URL parameter': (header) => encodeURIComponent(header),
  'without its scheme': (header) => header.replace(/^\S+ /, ''),
  'in base64, without its scheme': (header) => Buffer.from(header.replace(/^\S+ /, '')).toString('base64'),
  'in base64url, without its scheme': (header) => Buffer.from(header.replace(/^\S+ /, '')).toString('base64url'),
  'twice in a row': (header) => header + header,
};

function expectNothingSecret(bytes: Buffer): void {
  const text = bytes.toString();
  expect(FORMS.filter((form) => text.includes(form))).toEqual([]);
}

describe.each(['api', 'basic'])('an upstream (%s) that echoes the credential', (upstream) => {
  test.each(Object.keys(forms))('in a JSON result, %s, shows the agent a redaction', async (form) => {
    const write = forms[form] ?? String;
    const answer = await ask(upstream, (exchange) => answerJson(textResult(write(receivedHeader(exchange))))(exchange));
    expectNothingSecret(answer.bytes);
    expect(JSON.parse(answer.text)).toMatchObject({ id: 11, result: { content: [{ type: 'text' }] } });
    expect(answer.text).toContain('[redacted]');
  });

  test.each(Object.keys(forms))('in an event, %s, shows the agent a redaction', async (form) => {
    const write = forms[form] ?? String;
    const answer = await ask(upstream, (exchange) => {
      const result = textResult(write(receivedHeader(exchange)));
      return answerPieces('text/event-stream', [sseEvent({ jsonrpc: '2.0', id: 11, result })])(exchange);
    });
    expectNothingSecret(answer.bytes);
    expect(answer.text).toContain('[redacted]');
    expect(answer.text.endsWith('\n\n')).toBe(true);
  });

  test('cut into single bytes shows the agent a redaction', async () => {
    const answer = await ask(upstream, (exchange) => {
      const result = textResult(`you are ${receivedHeader(exchange)}, welcome`);
      const event = Buffer.from(sseEvent({ jsonrpc: '2.0', id: 11, result }));
      return answerPieces(
        'text/event-stream',
        Array.from(event, (byte) => Uint8Array.of(byte)),
      )(exchange);
    });
    expectNothingSecret(answer.bytes);
    expect(answer.text).toMatch(/you are .*\[redacted\], welcome/);
  });

  test('in an error, a redirect, a header or a session id tells the agent nothing', async () => {
    const secretly = (script: (header: string) => Script): Script => {
      return (exchange) => script(receivedHeader(exchange))(exchange);
    };
    const json = { 'Content-Type': 'application/json' };
    const rpc = (header: string) =>
      JSON.stringify({ jsonrpc: '2.0', id: 11, error: { code: -32000, message: header, data: { header } } });
    const scripts: Script[] = [
      secretly((header) => answerStatus(500, header)),
      secretly((header) => answerStatus(401, header, { 'WWW-Authenticate': header })),
      secretly((header) => answerStatus(302, '', { Location: `https://example.com/?${encodeURIComponent(header)}` })),
      secretly((header) => answerStatus(400, rpc(header), json)),
      secretly((header) => answerStatus(404, rpc(header), json)),
      secretly((header) => answerStatus(200, header, { 'Content-Type': 'text/html' })),
      secretly((header) => answerJson(textResult('x'), { 'X-Echo': header, 'Set-Cookie': header, ETag: header })),
      secretly((header) => answerStatus(429, '', { 'Retry-After': header })),
      (exchange) => void exchange.socket.end(`${receivedHeader(exchange)}\r\n`),
      async (exchange) => {
        exchange.head(200, json);
        await exchange.write(`"${receivedHeader(exchange).slice(0, -1)}`);
        exchange.end();
      },
    ];
    for (const script of scripts) expectNothingSecret((await ask(upstream, script)).bytes);
  });

  test('in the answer that opens a session tells the agent nothing', async () => {
    const answer = await ask(
      upstream,
      (exchange) => {
        const capabilities = { tools: { listChanged: true } };
        const instructions = receivedHeader(exchange);
        return answerJson({ capabilities, instructions }, { 'Mcp-Session-Id': receivedHeader(exchange) })(exchange);
      },
      initializeCall(),
    );
    expectNothingSecret(answer.bytes);
    expect(JSON.parse(answer.text)).toMatchObject({ result: { capabilities: { tools: {} } } });
  });
});

test('two secrets and a fixed header arrive as the template says', async () => {
  scene.upstream.reset();
  await ask('two', answerJson(textResult('ok')));
  const post = scene.upstream.requests.find((request) => request.method === 'POST');
  expect(post?.headers).toMatchObject({
    'x-app-key': 'app-of-ours-1',
    'x-api-key': `key ${KEY}`,
    'acme-version': '2026-01-01',
  });
  expect(post?.headers['authorization']).toBeUndefined();
});

describe('over everything that was sent, said and stored', () => {
  test('the stored secret went to the upstream in the header of each call, and nowhere else', () => {
    const lines = scene.upstream.received().toString().split('\r\n');
    const secretLines = lines.filter((line) => FORMS.some((form) => line.includes(form)));
    expect(secretLines.length).toBeGreaterThan(0);
    for (const line of secretLines) {
      expect([`authorization: Bearer ${KEY}`, `authorization: Basic ${BASIC}`, `x-api-key: key ${KEY}`]).toContain(
        line,
      );
    }
  });

  test('no caller’s token went to the upstream', () => {
    const received = scene.upstream.received().toString();
    expect(tokens.length).toBeGreaterThan(40);
    expect(tokens.filter((token) => received.includes(token) || received.includes(signatureOf(token)))).toEqual([]);
  });

  test('no secret and no token came back to the client', () => {
    const all = Buffer.concat(clientSaw);
    expectNothingSecret(all);
    expect(tokens.filter((token) => all.includes(token))).toEqual([]);
  });

  test('no secret and no token is in the log', () => {
    const logs = scene.gateway.logs();
    expect(scene.gateway.logLines().length).toBeGreaterThan(40);
    expectNothingSecret(Buffer.from(logs));
    expect(tokens.filter((token) => logs.includes(signatureOf(token)))).toEqual([]);
  });

  test('no secret is stored in clear, and the vault’s API never shows one', async () => {
    const stored = Buffer.concat(filesBelow(dataDir).map((path) => readFileSync(path)));
    expect(stored.length).toBeGreaterThan(0);
    expectNothingSecret(stored);
    const replies = [
      await scene.vault.call('GET', '/vault/keys'),
      await scene.vault.call('PUT', '/vault/keys/acme', { parts: { key: KEY } }),
      await scene.vault.call('PUT', '/vault/keys/acme', { parts: { key: KEY }, expectedVersion: 99 }),
      await scene.vault.call('PUT', '/vault/keys/nobody', { parts: { key: KEY } }),
      await scene.vault.call('PUT', '/vault/keys/acme', { parts: { key: KEY, 'not a name': KEY } }),
      await scene.vault.call('PUT', '/vault/keys/acme', { key: KEY }),
      await scene.vault.call('POST', '/vault/keys/acme/disable'),
    ];
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 409, 404, 400, 400, 200]);
    expectNothingSecret(Buffer.from(replies.map((reply) => reply.text).join('\n')));
    expectNothingSecret(Buffer.from(scene.gateway.logs()));
  });
});

function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());
}
