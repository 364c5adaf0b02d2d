import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CONFIG_DEFAULTS, type GatewayConfig } from '../../lambda/config/gateway-config';
import { ENV } from '../../lambda/contract/env';
import { stageFunction } from '../../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import { provisionGateway } from '../../local/aws/provision';
import type { FunctionInvoker } from '../../local/functions/invoker';
import { runtimeApiInvoker } from '../../local/runtime-api/runtime-api-invoker';
import { modernCall, type WireCall } from '../e2e/harness/mcp-wire';
import { rpcError, type Scene, startScene } from '../e2e/harness/scene';
import { type ForgingIssuer, startForgingIssuer } from '../fixtures/forging-issuer';
import { type ScriptedUpstream, startScriptedUpstream } from '../fixtures/scripted-upstream';
import { answerJson, answerLarge, answerPieces, gate, neverAnswer, sseEvent, textResult } from '../fixtures/scripts';
import { describeLambdaRuntime } from './describe-lambda-runtime';

const KEY = 'sk_live_lambda_runtime_93c0';
const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 7);

describeLambdaRuntime("our bundles under AWS's runtime client, behind the front door", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene(
      (url) => [
        { name: 'api', url, credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } },
        { name: 'free', url },
      ],
      { runtime: 'lambda-ric', cacheTtlMs: 0 },
    );
    await scene.vault.store('acme', { key: KEY });
  });
  afterAll(() => scene.close());
  beforeEach(() => scene.upstream.reset());

  test('a tool call passes from client to upstream, with the key only there', async () => {
    scene.upstream.answer(answerJson(textResult('hello')));
    const answer = await scene.send('api', call);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      200,
      { jsonrpc: '2.0', id: 7, result: textResult('hello') },
    ]);
    expect(scene.upstream.requests.map(({ headers }) => headers['authorization'])).toContain(`Bearer ${KEY}`);
    expect(answer.bytes.includes(KEY)).toBe(false);
  });

  test('an event reaches the client while the upstream still holds back the next', async () => {
    const [first, second] = [gate(), gate()];
    const event = (n: number) => sseEvent({ jsonrpc: '2.0', method: 'notifications/progress', params: { n } });
    const result = sseEvent({ jsonrpc: '2.0', id: 7, result: textResult('done') });
    scene.upstream.answer(answerPieces('text/event-stream', [event(1), first, event(2), second, result]));
    let seen = '';
    const answer = await scene.send('free', call, {
      onChunk: (chunk) => {
        seen += chunk.toString();
        // Each gate opens only because what came before it has arrived: nothing on the way may collect.
        if (seen === event(1)) first.open();
        if (seen === event(1) + event(2)) second.open();
      },
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
    expect(answer.text).toBe(event(1) + event(2) + result);
  });

  test('an answer of one chunk and known length passes: its head travels with a write, not with the end', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, result: textResult('short') });
    scene.upstream.answer((exchange) => {
      exchange.head(200, { 'Content-Type': 'application/json', 'Content-Length': String(body.length) });
      exchange.end(body);
    });
    const answer = await scene.send('free', call);
    expect([answer.status, answer.text]).toEqual([200, body]);
  });

  test('ten megabytes pass through', async () => {
    scene.upstream.answer(answerLarge(10 * 1024 * 1024));
    const answer = await scene.send('free', call);
    expect(JSON.parse(answer.text).result.content[0].text.length).toBeGreaterThanOrEqual(10 * 1024 * 1024);
  });

  test('an answer without a body keeps its status', async () => {
    scene.upstream.answer(answerJson({}));
    const notification: WireCall = {
      ...modernCall('notifications/cancelled', { requestId: 1 }),
      body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    };
    const headers = notification.headers.map((value) => (value === '2026-07-28' ? '2025-11-25' : value));
    const answer = await scene.send('free', { ...notification, headers });
    expect([answer.status, answer.text]).toEqual([202, '']);
  });

  test('an upstream that breaks off its answer cuts the connection, and the next call is served', async () => {
    const arrived = gate();
    scene.upstream.answer(async (exchange) => {
      exchange.head(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      await exchange.write('{"jsonrpc":"2.0",');
      await arrived.opened;
      exchange.reset();
    });
    const broken = scene.send('free', call, { onChunk: () => arrived.open() });
    await expect(broken).rejects.toMatchObject({ code: 'ECONNRESET' });
    scene.upstream.answer(answerJson(textResult('again')));
    expect((await scene.send('free', call)).status).toBe(200);
  });

  test('an upstream that breaks off before its first byte is told with the id, and the next call is served', async () => {
    scene.upstream.answer((exchange) => {
      exchange.head(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      setImmediate(() => exchange.reset());
    });
    const answer = await scene.send('free', call);
    expect({ status: answer.status, ...rpcError(answer) }).toMatchObject({
      status: 502,
      id: 7,
      reason: 'upstream_connection_lost',
    });
    expect(answer.headers['content-type']).toBe('application/json');
    scene.upstream.answer(answerJson(textResult('again')));
    expect((await scene.send('free', call)).status).toBe(200);
  });

  test('a missing token is answered with the challenge by the API itself', async () => {
    const answer = await scene.send('api', call, { authorization: null });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('resource_metadata="');
  });

  test('a wrong token is answered likewise, by way of the authorizer', async () => {
    const answer = await scene.send('api', call, { authorization: 'Bearer wrong' });
    expect([answer.status, rpcError(answer).reason]).toEqual([401, 'unauthorized']);
    expect(answer.headers['www-authenticate']).toContain('resource_metadata="');
  });

  test('the vault function lists what it holds, without values', async () => {
    const { status, text: listed } = await scene.vault.call('GET', '/vault/keys');
    expect([status, JSON.parse(listed).keys[0].provider]).toEqual([200, 'acme']);
    expect(listed).not.toContain(KEY);
  });

  test('a disabled key is refused on the next call', async () => {
    await scene.vault.disable('acme');
    const answer = await scene.send('api', call);
    expect(rpcError(answer).id).toBe(7);
    expect(scene.upstream.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    await scene.vault.enable('acme');
  });
});

describeLambdaRuntime("the mcp bundle under AWS's runtime client", () => {
  let issuer: ForgingIssuer;
  let upstream: ScriptedUpstream;
  let aws: EmbeddedAws;
  let dir: string;
  const logs: string[] = [];
  const never = new AbortController().signal;
  const gatewayUrl = 'http://gateway.test';

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'mcp-runtime-'));
    [issuer, aws] = await Promise.all([startForgingIssuer(), startEmbeddedAws()]);
    upstream = await startScriptedUpstream(answerJson(textResult('hello')));
    stageFunction('mcp', config(), dir);
  });
  afterAll(async () => {
    await Promise.all([issuer.close(), upstream.close(), aws.close()]);
    rmSync(dir, { recursive: true, force: true });
  });

  async function withFunction<T>(timeoutMs: number, use: (invoker: FunctionInvoker) => Promise<T>): Promise<T> {
    const env = await provisionGateway(aws, { gatewayId: 'test', providers: [] });
    const invoker = await runtimeApiInvoker({
      functionDirs: { mcp: dir },
      env: { ...aws.env, ...env, [ENV.gatewayUrl]: gatewayUrl },
      timeoutMs,
      warm: 0,
      onLog: (_, line) => logs.push(line),
    });
    try {
      return await use(invoker);
    } finally {
      await invoker.close();
    }
  }

  test('a cold start answers its first call', async () => {
    await withFunction(10_000, async (invoker) => {
      const { head, body } = await invoker.invokeStreaming('mcp', await event(), never);
      expect([head.statusCode, JSON.parse(await text(body)).result]).toEqual([200, textResult('hello')]);
      // One environment: when the second call is served, the first has logged.
      await text((await invoker.invokeStreaming('mcp', await event(), never)).body);
      expect(JSON.parse(logs[0]?.replace(/^[^{]*/, '') ?? '')).toMatchObject({ event: 'mcp.call', requestId: 'r-1' });
    });
  });

  test('an upstream that never answers is given up before Lambda gives up the function', async () => {
    upstream.answer(neverAnswer);
    await withFunction(4_000, async (invoker) => {
      const { head, body } = await invoker.invokeStreaming('mcp', await event(), never);
      expect(head.statusCode).toBe(504);
      expect(rpcError({ text: await text(body) })).toMatchObject({ id: 7, reason: 'upstream_timeout' });
    });
  });

  async function event(): Promise<object> {
    const token = await issuer.token(`${gatewayUrl}/mcp/free`);
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
    for (let i = 0; i < call.headers.length; i += 2) headers[call.headers[i] ?? ''] = call.headers[i + 1] ?? '';
    return {
      httpMethod: 'POST',
      path: '/mcp/free',
      headers,
      pathParameters: { upstream: 'free' },
      body: call.body,
      isBase64Encoded: false,
      requestContext: { requestId: 'r-1' },
    };
  }

  function config(): GatewayConfig {
    const { algorithms, tokenTypes, clockToleranceSeconds, ...limits } = CONFIG_DEFAULTS;
    const { cacheTtlMs, ...timeouts } = limits;
    return {
      formatVersion: 1,
      auth: { issuer: issuer.issuer, algorithms, tokenTypes, clockToleranceSeconds, requiredScopes: ['mcp:tools'] },
      upstreams: [{ name: 'free', url: upstream.url, ...timeouts }],
      cacheTtlMs,
      allowedOrigins: [],
    };
  }
});
