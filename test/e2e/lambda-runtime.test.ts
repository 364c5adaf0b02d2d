import { startEverythingFixture } from '../fixtures/everything-fixture';
import { answerJson, answerLarge, answerPieces, answerStatus, gate, sseEvent, textResult } from '../fixtures/scripts';
import { describeLambdaRuntime } from '../lambda-runtime/describe-lambda-runtime';
import { initializeCall, legacyCall, modernCall } from './harness/mcp-wire';
import { connectV1, connectV2 } from './harness/real-clients';
import { rpcError, type Scene, startScene } from './harness/scene';

const KEY = 'sk_live_lambda_runtime_71c0';

describeLambdaRuntime("a gateway whose functions run under AWS's own runtime client", () => {
  let scene: Scene;
  let fixture: Awaited<ReturnType<typeof startEverythingFixture>>;

  beforeAll(async () => {
    fixture = await startEverythingFixture();
    scene = await startScene(
      (url) => [
        { name: 'api', url, credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } },
        { name: 'fixture', url: fixture.url },
      ],
      { runtime: 'lambda-ric', cacheTtlMs: 0 },
    );
    await scene.vault.store('acme', { key: KEY });
  });
  afterAll(async () => {
    await scene.close();
    await fixture.close();
  });
  beforeEach(() => scene.upstream.reset());

  const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 5);
  const door = async () => ({ url: scene.gateway.endpoint('fixture'), token: await scene.token('fixture') });

  test('serves SDK v1 over a session, and SDK v2 without one', async () => {
    for (const client of [await connectV1(await door()), await connectV2(await door(), 'modern')]) {
      expect(await client.listTools()).toContain('test_simple_text');
      expect(await client.callTool('test_tool_with_progress')).toBe('Reported progress');
      await client.close();
    }
  });

  test('injects the key, and uses a replaced or disabled one no more', async () => {
    scene.upstream.answer(answerJson(textResult('hello')));
    expect((await scene.send('api', call)).status).toBe(200);
    await scene.vault.store('acme', { key: `${KEY}-new` });
    expect((await scene.send('api', call)).status).toBe(200);
    await scene.vault.disable('acme');
    expect(rpcError(await scene.send('api', call)).reason).toBe('credential_disabled');
    await scene.vault.enable('acme');
    const posts = scene.upstream.requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}-new`]);
    await scene.vault.store('acme', { key: KEY });
  });

  test('passes each event on before the next is sent', async () => {
    const [first, second] = [gate(), gate()];
    const event = (n: number) => sseEvent({ jsonrpc: '2.0', method: 'notifications/message', params: { data: n } });
    const result = sseEvent({ jsonrpc: '2.0', id: 5, result: textResult('done') });
    scene.upstream.answer(answerPieces('text/event-stream', [event(1), first, event(2), second, result]));
    const gates = [first, second];
    const answer = await scene.send('api', call, { onChunk: () => gates.shift()?.open() });
    expect(answer.text).toBe(event(1) + event(2) + result);
  });

  test('takes an echoed key out of an event, wherever it is cut', async () => {
    const event = Buffer.from(sseEvent({ jsonrpc: '2.0', id: 5, result: textResult(`key: ${KEY}.`) }));
    const at = event.indexOf(KEY) + 9;
    scene.upstream.answer(answerPieces('text/event-stream', [event.subarray(0, at), event.subarray(at)]));
    const answer = await scene.send('api', call);
    expect(answer.text).toContain('key: [redacted].');
    expect(answer.bytes.toString()).not.toContain(KEY);
  });

  test('passes a result of 10 MB whole', async () => {
    scene.upstream.answer(answerLarge(10 * 1024 * 1024));
    const answer = await scene.send('api', call);
    const { result } = JSON.parse(answer.text) as { result: { content: { text: string }[] } };
    expect(result.content[0]?.text.length).toBe(10 * 1024 * 1024);
  });

  test('breaks the connection when the upstream’s answer breaks off', async () => {
    const seen = gate();
    scene.upstream.answer(async (exchange) => {
      exchange.head(200, { 'Content-Type': 'application/json' });
      await exchange.write('{"jsonrpc":"2.0","id":5,');
      await seen.opened;
      exchange.reset();
    });
    await expect(scene.send('api', call, { onChunk: seen.open })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('answers bad input and a failing upstream as in-process', async () => {
    const batch = await scene.send('api', { ...call, body: `[${call.body}]` });
    expect([batch.status, rpcError(batch).reason]).toEqual([400, 'batch_not_supported']);
    const stranger = await scene.send('api', call, { authorization: 'Bearer nonsense' });
    expect([stranger.status, rpcError(stranger).reason]).toEqual([401, 'unauthorized']);
    scene.upstream.answer(answerStatus(500, KEY));
    const failed = await scene.send('api', call);
    expect([failed.status, rpcError(failed).reason]).toEqual([502, 'upstream_failed']);
  });

  test('keeps a session for its owner across invocations', async () => {
    scene.upstream.answer(answerJson({ capabilities: {} }, { 'Mcp-Session-Id': 'upstream-1' }));
    const session = (await scene.send('api', initializeCall())).headers['mcp-session-id'] ?? '';
    scene.upstream.answer(answerJson(textResult('hello')));
    const own = await scene.send('api', legacyCall('tools/list', {}, { session }));
    expect(own.status).toBe(200);
    const authorization = `Bearer ${await scene.token('api', { claims: { sub: 'mallory' } })}`;
    const foreign = await scene.send('api', legacyCall('tools/list', {}, { session }), { authorization });
    expect([foreign.status, rpcError(foreign).reason]).toEqual([404, 'session_not_found']);
  });

  test('logs one line for each call, without key, token or content', () => {
    const calls = scene.gateway.logLines().filter((line) => line['event'] === 'mcp.call');
    expect(calls.length).toBeGreaterThan(15);
    expect(scene.gateway.logs()).not.toMatch(/eyJ|sk_live|hello/);
  });
});
