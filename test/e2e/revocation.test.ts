import { setTimeout as delay } from 'node:timers/promises';
import type { Script } from '../fixtures/scripted-upstream';
import { answerStatus, textResult } from '../fixtures/scripts';
import { modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene, type Upstreams } from './harness/scene';

const upstreams = (url: string): Upstreams => [
  { name: 'api', url, credential: { provider: 'acme', headers: { 'X-Api-Key': '{key}' } } },
];
const call = modernCall('tools/call', { name: 'echo', arguments: {} });

/** Accepts one key, as a provider does. */
const accepting = (key: string): Script => {
  return (exchange) => {
    if (exchange.request.headers['x-api-key'] !== key) return answerStatus(401)(exchange);
    const body = JSON.stringify({ jsonrpc: '2.0', id: exchange.message.id, result: textResult('welcome') });
    return answerStatus(200, body, { 'Content-Type': 'application/json' })(exchange);
  };
};
const keysSent = (scene: Scene) =>
  scene.upstream.requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers['x-api-key']);

describe('with cacheTtl 0, the call after a change', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(upstreams, { cacheTtlMs: 0 });
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.vault.store('acme', { key: 'key-number-one' });
    scene.upstream.answer(accepting('key-number-one'));
    scene.upstream.reset();
  });

  test('uses a stored key', async () => {
    expect((await scene.send('api', call)).status).toBe(200);
    expect(keysSent(scene)).toEqual(['key-number-one']);
  });

  test('uses the replacement', async () => {
    await scene.send('api', call);
    await scene.vault.store('acme', { key: 'key-number-two' });
    scene.upstream.answer(accepting('key-number-two'));
    expect((await scene.send('api', call)).status).toBe(200);
    expect(keysSent(scene)).toEqual(['key-number-one', 'key-number-two']);
  });

  test('refuses a disabled key without a word to the upstream, and uses it again once enabled', async () => {
    await scene.vault.disable('acme');
    const refused = await scene.send('api', call);
    expect({ status: refused.status, ...rpcError(refused) }).toMatchObject({
      status: 403,
      id: 1,
      code: -32603,
      reason: 'credential_disabled',
      message: 'The key for acme is disabled',
    });
    expect(keysSent(scene)).toEqual([]);
    await scene.vault.enable('acme');
    expect((await scene.send('api', call)).status).toBe(200);
  });

  test('refuses once the key is deleted, and says how to store one', async () => {
    await scene.vault.delete('acme');
    const refused = await scene.send('api', call);
    expect({ status: refused.status, ...rpcError(refused) }).toMatchObject({
      status: 503,
      code: -32603,
      reason: 'credential_missing',
      message: 'No key is stored for acme',
      help: 'The operator stores one: npx -p cdk-mcp-gateway mcp-gateway vault store acme',
    });
    expect(keysSent(scene)).toEqual([]);
  });

  test('reads the record once, and neither the value nor the data key again while nothing changes', async () => {
    await scene.send('api', call);
    await scene.gateway.commands.resetCounts();
    for (let i = 0; i < 5; i++) await scene.send('api', call);
    expect(await scene.gateway.commands.count('GetItem')).toBe(5);
    expect(await scene.gateway.commands.count()).toBe(5);
  });
});

describe('with cacheTtl 100 ms', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(upstreams, { cacheTtlMs: 100 });
    await scene.vault.store('acme', { key: 'key-number-one' });
    scene.upstream.answer(accepting('key-number-one'));
    await delay(120);
  });
  afterAll(() => scene.close());

  test('a disabled key is out of use when the time is over', async () => {
    expect((await scene.send('api', call)).status).toBe(200);
    await scene.vault.disable('acme');
    await delay(120);
    expect(rpcError(await scene.send('api', call)).reason).toBe('credential_disabled');
    await scene.vault.enable('acme');
    await delay(120);
    expect((await scene.send('api', call)).status).toBe(200);
  });
});

describe('with a cacheTtl longer than the test', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(upstreams, { cacheTtlMs: 3_000 });
    await scene.vault.store('acme', { key: 'key-number-one' });
    scene.upstream.answer(accepting('key-number-one'));
    // What the function read at its start, before there was a key.
    await delay(3_050);
  });
  afterAll(() => scene.close());

  test('32 calls at once read the record once, its value once and its data key once', async () => {
    const sendAll = () => Promise.all(Array.from({ length: 32 }, () => scene.send('api', call)));
    await scene.gateway.commands.resetCounts();
    const answers = await sendAll();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await sendAll();
    const { count } = scene.gateway.commands;
    expect([await count('GetItem'), await count('GetSecretValue'), await count('Decrypt'), await count()]).toEqual([
      1, 1, 1, 3,
    ]);
  });

  test('a key replaced at the provider costs no failed call: a refusal makes the gateway look again', async () => {
    await scene.send('api', call);
    await scene.vault.store('acme', { key: 'key-number-two' });
    scene.upstream.answer(accepting('key-number-two'));
    scene.upstream.reset();
    expect((await scene.send('api', call)).status).toBe(200);
    expect(keysSent(scene)).toEqual(['key-number-one', 'key-number-two']);
  });
});
