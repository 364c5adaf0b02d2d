import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { disconnect } from '../../../../../lambda/core/refresh/disconnect';
import { err, ok } from '../../../../../lambda/core/result';
import { BUSY, PINNED, PROVIDER, provider, REPOINTED, refreshScene, SUBJECT } from './refresh-scene';

const REQUEST = { action: 'disconnect', subject: SUBJECT, provider: PROVIDER, by: 'alice' } as const;
const UNAVAILABLE = err({ kind: 'unavailable', cause: '503' } as const);

type Scene = ReturnType<typeof refreshScene>;
const end = (scene: Scene) => scene.run(disconnect(REQUEST, scene.deps));

test('a connection is deleted, and then revoked at the provider', async () => {
  const scene = refreshScene();
  const { accessToken, refreshToken } = await scene.connect();
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: true }));
  expect(scene.record()).toBeUndefined();
  expect(scene.revoked).toEqual([{ accessToken, refreshToken }]);
  expect(scene.events).toMatchObject([{ event: 'connection.disconnected', by: 'alice', revokedAtProvider: true }]);
});

test('no call uses it while the provider is asked', async () => {
  const scene = refreshScene();
  await scene.connect();
  const seen: unknown[] = [];
  const revoke: typeof scene.deps.client.revoke = async () => {
    seen.push(scene.record());
    return ok(true);
  };
  await scene.run(disconnect(REQUEST, { ...scene.deps, client: { ...scene.deps.client, revoke } }));
  expect(seen).toEqual([undefined]);
});

test('one that is not there is done', async () => {
  expect(await end(refreshScene())).toEqual(ok({ outcome: 'done' }));
});

test('a provider that fails for a moment is asked again', async () => {
  const scene = refreshScene();
  await scene.connect();
  scene.revocations.push(UNAVAILABLE, UNAVAILABLE);
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: true }));
});

test('a provider that goes on failing keeps nobody connected', async () => {
  const scene = refreshScene();
  await scene.connect();
  scene.revocations.push(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
  expect(scene.record()).toBeUndefined();
  expect(scene.revoked).toHaveLength(3);
  expect(scene.eventNames()).toEqual(['connection.revoke_failed', 'connection.disconnected']);
});

test('a provider that refuses, or wants more patience than somebody who waits has, is asked once', async () => {
  for (const problem of [
    { kind: 'misconfigured', cause: 'invalid_client' },
    { kind: 'unavailable', cause: '429', retryAfterMs: 60_000 },
  ] as const) {
    const scene = refreshScene();
    await scene.connect();
    scene.revocations.push(err(problem));
    expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
    expect(scene.revoked).toHaveLength(1);
  }
});

test('a pasted key is deleted; nobody is asked to revoke it', async () => {
  const scene = refreshScene();
  await scene.connect({ facts: { kind: 'key' } });
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
  expect(scene.revoked).toEqual([]);
  expect(scene.kms.unwrapped).toBe(0);
});

test('one of a provider that is configured no longer is deleted', async () => {
  const scene = refreshScene({ ...provider(), name: 'other' });
  await scene.connect();
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
  expect(scene.record()).toBeUndefined();
});

test('what does not open any more is deleted all the same', async () => {
  const scene = refreshScene();
  await scene.connect();
  await scene.store.removeSalt(SUBJECT);
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
  expect(scene.events[0]).toMatchObject({ event: 'connection.revoke_failed', cause: 'unreadable' });
});

test('a record one cannot believe is deleted, and nothing of it is revoked', async () => {
  const scene = refreshScene();
  await scene.connect();
  const read = async () => err({ service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' } as const);
  Object.assign(scene.store, { read });
  expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
  expect([scene.record(), scene.revoked]).toEqual([undefined, []]);
  expect(scene.events[0]).toMatchObject({ event: 'connection.disconnected', cause: 'MalformedRecord' });
});

test.each(REPOINTED)('refuses to end a token where somebody who can write the table points it: %s', async (_, to) => {
  for (const withSealed of [true, false]) {
    const scene = refreshScene();
    await scene.connect({ facts: { pinned: PINNED } });
    const { refresh = '', ...record } = scene.record() as ConnectionRecord;
    const { facts } = record;
    scene.store.plant({
      ...record,
      ...(withSealed && { refresh }),
      facts: { ...facts, pinned: { ...PINNED, issuer: 'https://evil.example' }, ...to },
    });
    expect(await end(scene)).toEqual(ok({ outcome: 'done', revokedAtProvider: false }));
    expect(scene.revoked).toEqual([]);
    expect(scene.events).toMatchObject([
      { event: 'connection.revoke_failed', cause: 'unreadable' },
      { event: 'connection.disconnected' },
    ]);
  }
});

test('one that changes while it is looked at is looked at again', async () => {
  const scene = refreshScene();
  await scene.connect();
  const { remove } = scene.store;
  let changes = 2;
  const store = {
    ...scene.store,
    remove: async (...args: Parameters<typeof remove>) => {
      if (changes > 0) await scene.connect({}, {}, 2_000 + changes--);
      return remove(...args);
    },
  };
  expect(await scene.run(disconnect(REQUEST, { ...scene.deps, store }))).toMatchObject({ ok: true });
  expect(scene.record()).toBeUndefined();
});

test('fails, and says so, where the store does not answer', async () => {
  const scene = refreshScene();
  await scene.connect();
  scene.store.fail(BUSY, { operation: 'read' });
  expect(await end(scene)).toEqual(err(BUSY));
  expect(scene.revoked).toEqual([]);
});

test('fails where nobody knows whether it is deleted; it is revoked, for nobody could when it is asked again', async () => {
  const scene = refreshScene();
  const tokens = await scene.connect();
  scene.store.fail('after_write', { operation: 'remove' });
  expect(await end(scene)).toMatchObject({ ok: false, error: { service: 'dynamodb' } });
  expect(scene.revoked).toEqual([{ accessToken: tokens.accessToken, refreshToken: tokens.refreshToken }]);
  expect(scene.events).toMatchObject([
    { event: 'connection.disconnect_unsettled', by: 'alice', revokedAtProvider: true },
  ]);
  expect(await end(scene)).toEqual(ok({ outcome: 'done' }));
  expect(scene.record()).toBeUndefined();
});

test('fails, with nothing revoked, where neither the key nor the deletion answers; asked again, it says no more than it knows', async () => {
  const scene = refreshScene();
  await scene.connect();
  for (let i = 0; i < 2; i += 1)
    scene.kms.failures.push({ service: 'kms', kind: 'unavailable', name: 'KMSInternalException' });
  scene.store.fail('after_write', { operation: 'remove' });
  expect(await end(scene)).toMatchObject({ ok: false, error: { service: 'dynamodb' } });
  expect(scene.revoked).toEqual([]);
  expect(scene.events).toMatchObject([
    { event: 'connection.revoke_failed', cause: 'kms KMSInternalException' },
    { event: 'connection.disconnect_unsettled', version: 1_000, revokedAtProvider: false },
  ]);
  const again = await end(scene);
  expect(again).toEqual(ok({ outcome: 'done' }));
  expect(again).not.toHaveProperty('value.revokedAtProvider');
});
