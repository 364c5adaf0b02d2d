import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { isDue } from '../../../../../lambda/core/refresh/is-due';
import { sweep } from '../../../../../lambda/core/refresh/sweep';
import { BUSY, DAY_MS, HOUR_MS, PROVIDER, provider, refreshScene, says } from './refresh-scene';

const NAMES = Array.from({ length: 12 }, (_, i) => `PERSON0PERSON0${String(i).padStart(3, '0')}`);

/** Twelve people's connections, untouched for ten days, of a platform whose refresh tokens live for fourteen. */
async function crowd(idleSeconds = 14 * 86_400) {
  const scene = refreshScene(provider({ idleSeconds }));
  for (const subject of NAMES) await scene.connect({ subject });
  scene.clock.advance(10 * DAY_MS);
  const run = (forMs = HOUR_MS) => scene.run(sweep(scene.deps, scene.clock.now() + forMs));
  return { scene, run };
}

test('what would die unused is refreshed, and is not due for the next sweep', async () => {
  const { scene, run } = await crowd();
  expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 12, failed: 0 });
  expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 0, failed: 0 });
  expect(scene.grants.counts).toMatchObject({ refreshes: 12, refused: 0 });
});

test('two sweeps at once refresh each once', async () => {
  const { scene, run } = await crowd();
  await Promise.all([run(), run()]);
  expect(scene.grants.counts).toMatchObject({ refreshes: 12, refused: 0 });
});

test('one poisoned connection does not keep the others from living', async () => {
  const { scene, run } = await crowd();
  const poisoned = NAMES[3] ?? '';
  const read: typeof scene.store.read = (subject, ...rest) => {
    if (subject === poisoned) throw new TypeError('poison');
    return original(subject, ...rest);
  };
  const original = scene.store.read;
  Object.assign(scene.store, { read });
  expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 11, failed: 1 });
  expect(scene.events).toContainEqual({
    event: 'connection.sweep_failed',
    subject: poisoned,
    provider: PROVIDER,
    cause: 'TypeError',
  });
});

test('at most five at once, and none begins when the time is over: the next sweep goes on', async () => {
  const { scene, run } = await crowd();
  expect(await run(150)).toEqual({ outcome: 'swept', looked: 12, refreshed: 5, failed: 0 });
  expect(await run(150)).toEqual({ outcome: 'swept', looked: 12, refreshed: 5, failed: 0 });
  expect(await run(150)).toEqual({ outcome: 'swept', looked: 12, refreshed: 2, failed: 0 });
  expect(scene.grants.counts.refreshes).toBe(12);
});

test('a scan that fails ends the sweep, and is told', async () => {
  const { scene, run } = await crowd();
  scene.store.fail(BUSY, { operation: 'scan' });
  expect(await run()).toEqual({ outcome: 'swept', looked: 0, refreshed: 0, failed: 1 });
  expect(scene.events[0]).toEqual({ event: 'connection.sweep_failed', cause: 'dynamodb ThrottlingException' });
});

test('a refresh token that died all the same breaks its connection, and that one only', async () => {
  const { scene, run } = await crowd();
  scene.scripted.push(says({ kind: 'refused', cause: 'invalid_grant' }));
  expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 11, failed: 1 });
  expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 0, failed: 0 });
});

describe('due is', () => {
  const NOW = 1_000 * DAY_MS;
  const record = (changes: Omit<Partial<ConnectionRecord>, 'facts'> = {}, facts: object = {}): ConnectionRecord => ({
    subject: 'PERSON',
    provider: PROVIDER,
    status: 'active',
    version: 1,
    call: 'sealed',
    refresh: 'sealed',
    ...changes,
    facts: { kind: 'oauth', connectionId: 'c', scopes: [], connectedAtMs: NOW - 3 * DAY_MS, failures: 0, ...facts },
  });
  const sixDays = provider({ idleSeconds: 6 * 86_400 });

  test.each<[string, ConnectionRecord, ReturnType<typeof provider> | undefined, boolean]>([
    ['at half of the time an unused token has', record(), sixDays, true],
    ['not before', record({}, { refreshedAtMs: NOW - 3 * DAY_MS + 1 }), sixDays, false],
    [
      'an hour’s token after half an hour',
      record({}, { refreshedAtMs: NOW - 1_800_000 }),
      provider({ idleSeconds: 3_600 }),
      true,
    ],
    ['after a week where nobody knows', record({}, { connectedAtMs: NOW - 7 * DAY_MS }), provider(), true],
    ['not after a day where nobody knows', record({}, { connectedAtMs: NOW - DAY_MS }), provider(), false],
    ['never where there are no refresh tokens', record({}, { connectedAtMs: 0 }), provider({ issued: false }), false],
    ['not without a refresh token', { ...record(), refresh: undefined } as unknown as ConnectionRecord, sixDays, false],
    ['not of a provider that is configured no longer', record(), undefined, false],
    ['not what is broken', record({ status: 'broken' }), sixDays, false],
    [
      'what failed, once its pause is over',
      record({ retryAtMs: NOW }, { failures: 1, refreshedAtMs: NOW }),
      sixDays,
      true,
    ],
    ['not what failed, within its pause', record({ retryAtMs: NOW + 1 }, { failures: 1 }), sixDays, false],
    ['not what somebody refreshes now', record({ lease: { id: 'l', untilMs: NOW + 1 } }), sixDays, false],
    ['what somebody died over', record({ lease: { id: 'l', untilMs: NOW } }, { refreshedAtMs: NOW }), sixDays, true],
  ])('%s', (_, connection, config, expected) => {
    expect(isDue(connection, config, NOW)).toBe(expected);
  });
});
