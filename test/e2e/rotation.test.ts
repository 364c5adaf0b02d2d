import type { Script } from '../fixtures/scripted-upstream';
import { answerStatus, textResult } from '../fixtures/scripts';
import { modernCall } from './harness/mcp-wire';
import { type Scene, startScene, type Upstreams } from './harness/scene';

const OLD = 'key-number-one';
const NEW = 'key-number-two';
const upstreams = (url: string): Upstreams => [
  { name: 'api', url, credential: { provider: 'acme', headers: { 'X-Api-Key': '{key}' } } },
];
const call = modernCall('tools/call', { name: 'echo', arguments: {} });

/** Accepts these keys, as a platform does that has issued them. */
const accepting = (...keys: readonly string[]): Script => {
  return (exchange) => {
    if (!keys.includes(exchange.request.headers['x-api-key'] ?? '')) return answerStatus(401)(exchange);
    const body = JSON.stringify({ jsonrpc: '2.0', id: exchange.message.id, result: textResult('welcome') });
    return answerStatus(200, body, { 'Content-Type': 'application/json' })(exchange);
  };
};

/** Callers that call one after another until they are told to stop. */
function hammer(scene: Scene, authorization: string, callers: number) {
  const statuses: number[] = [];
  let isOver = false;
  const done = Promise.all(
    Array.from({ length: callers }, async () => {
      while (!isOver) statuses.push((await scene.send('api', call, { authorization })).status);
    }),
  );
  return {
    /** Until so many more calls have begun and ended. */
    async goesOn(calls = 40): Promise<void> {
      const until = statuses.length + calls + callers;
      while (statuses.length < until) await scene.send('api', call, { authorization });
    },
    async stop(): Promise<readonly number[]> {
      isOver = true;
      await done;
      return statuses;
    },
  };
}

describe.each([0, 1000])('with a cacheTtl of %i ms, callers that never pause', (cacheTtlMs) => {
  let scene: Scene;
  let authorization: string;
  beforeAll(async () => {
    scene = await startScene(upstreams, { cacheTtlMs });
    authorization = `Bearer ${await scene.token('api')}`;
  });
  afterAll(() => scene.close());
  beforeEach(async () => {
    await scene.vault.store('acme', { key: OLD });
    scene.upstream.answer(accepting(OLD));
    await scene.send('api', call, { authorization });
    scene.upstream.reset();
  });

  const keysSent = () =>
    new Set(
      scene.upstream.requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers['x-api-key']),
    );
  const act = async (action: string, body?: object): Promise<void> => {
    const answer = await scene.vault.call('POST', `/vault/keys/acme/${action}`, body);
    expect([action, answer.status]).toEqual([action, 200]);
  };

  test('lose no call when the platform takes both keys until the confirmation, and only the new one from it on', async () => {
    const calls = hammer(scene, authorization, 8);
    scene.upstream.answer(accepting(OLD, NEW));
    await act('rotate', { parts: { key: NEW } });
    await calls.goesOn();
    expect(keysSent()).toEqual(new Set([OLD]));
    await act('confirm');
    scene.upstream.answer(accepting(NEW));
    await calls.goesOn();
    const statuses = await calls.stop();
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    scene.upstream.reset();
    await scene.send('api', call, { authorization });
    expect(keysSent()).toEqual(new Set([NEW]));
  });

  test('lose no call when the platform ends the old key before the confirmation', async () => {
    const calls = hammer(scene, authorization, 8);
    await act('rotate', { parts: { key: NEW } });
    await calls.goesOn();
    scene.upstream.answer(accepting(NEW));
    await calls.goesOn();
    await act('confirm');
    await calls.goesOn();
    expect((await calls.stop()).filter((status) => status !== 200)).toEqual([]);
  });

  test('lose no call when a new key that nobody takes is abandoned', async () => {
    const calls = hammer(scene, authorization, 8);
    await act('rotate', { parts: { key: 'key-that-was-mistyped' } });
    await calls.goesOn();
    await act('abandon');
    await calls.goesOn();
    expect((await calls.stop()).filter((status) => status !== 200)).toEqual([]);
    expect(keysSent()).toEqual(new Set([OLD]));
  });

  test('lose no call over five rotations, whichever comes first, the confirmation or the end of the old key', async () => {
    const calls = hammer(scene, authorization, 8);
    let current = OLD;
    for (const [round, isConfirmedFirst] of [true, false, true, false, true].entries()) {
      const next = `key-of-round-${round}`;
      scene.upstream.answer(accepting(current, next));
      await act('rotate', { parts: { key: next } });
      if (isConfirmedFirst) await act('confirm');
      scene.upstream.answer(accepting(next));
      await calls.goesOn(20);
      if (!isConfirmedFirst) await act('confirm');
      current = next;
    }
    expect((await calls.stop()).filter((status) => status !== 200)).toEqual([]);
  });
});
