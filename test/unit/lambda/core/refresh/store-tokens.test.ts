import { disconnect } from '../../../../../lambda/core/refresh/disconnect';
import { err, ok } from '../../../../../lambda/core/result';
import { BUSY, HOUR_MS, PROVIDER, provider, refreshScene, SUBJECT, says } from './refresh-scene';

describe('a write that fails after the provider has answered', () => {
  test('is tried again before anybody is answered, and the operator hears of it', async () => {
    const scene = refreshScene();
    await scene.connect();
    for (let i = 0; i < 6; i += 1) scene.store.fail(BUSY, { operation: 'put' });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.eventNames()).toEqual([
      ...Array.from({ length: 6 }, () => 'connection.refresh_write_failed'),
      'connection.refreshed',
    ]);
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
    expect(scene.grants.counts).toMatchObject({ refreshes: 1, refused: 0 });
  });

  test('is known by what it stored, where only its answer was lost', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.store.fail('after_write', { operation: 'put' });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.record()?.version).toBe(1_001);
  });

  test('is tried beyond the lease, as long as the version is the one that was read', async () => {
    const scene = refreshScene();
    await scene.connect();
    for (let i = 0; i < 20; i += 1) scene.store.fail(BUSY, { operation: 'put' });
    const startedAtMs = scene.clock.now();
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.clock.now() - startedAtMs).toBeGreaterThan(15_000);
  });

  test('for a whole minute: the token is at risk, and told to be; a refusal later says that an answer was lost', async () => {
    const scene = refreshScene();
    await scene.connect();
    const { put } = scene.store;
    Object.assign(scene.store, { put: async () => err(BUSY) });
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'provider_unavailable' });
    expect(scene.eventNames().at(-1)).toBe('connection.refresh_token_at_risk');
    expect(scene.record()).toMatchObject({ version: 1_000, facts: { unsettled: true, failures: 1 } });
    Object.assign(scene.store, { put });
    scene.clock.advance(HOUR_MS);
    scene.scripted.push(says({ kind: 'refused', cause: 'invalid_grant' }));
    expect(await scene.refresh()).toEqual({ outcome: 'broken', problem: 'answer_lost' });
  });

  test('because the item is too large is not tried again', async () => {
    const scene = refreshScene();
    await scene.connect();
    const huge = scene.answerWith({ accessToken: 'x'.repeat(500_000), refreshToken: 'next' });
    scene.scripted.push(async () => ok(huge));
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable' });
    expect(scene.eventNames()).toEqual(['connection.refresh_write_failed', 'connection.refresh_token_at_risk']);
  });
});

describe('a connection that changes while the provider is asked', () => {
  const during = (scene: ReturnType<typeof refreshScene>, change: () => Promise<unknown>) =>
    scene.scripted.push(async (token) => {
      const answer = await scene.strict(token);
      await change();
      return answer;
    });

  test('connected anew: that one wins, and what came for the old one is revoked', async () => {
    const scene = refreshScene();
    await scene.connect();
    during(scene, () => scene.connect({ facts: { connectionId: 'anew', account: { id: 'bob' } } }, {}, 1_001));
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.record()?.facts.connectionId).toBe('anew');
    expect(scene.revoked).toEqual([
      { accessToken: expect.stringMatching(/^access-/), refreshToken: expect.stringMatching(/^refresh-/) },
    ]);
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
  });

  test('connected anew to the same account, whose tokens end together: nothing is revoked', async () => {
    const revocation = { style: 'rfc7009', endpoint: 'https://acme.example/revoke', ends: 'grant' };
    const scene = refreshScene(provider({}, { revocation }));
    await scene.connect();
    during(scene, () => scene.connect({ facts: { connectionId: 'anew' } }, {}, 1_001));
    await scene.refresh();
    expect(scene.revoked).toEqual([]);
  });

  test('disconnected: what came is revoked, and not stored', async () => {
    const scene = refreshScene();
    await scene.connect();
    const request = { action: 'disconnect', subject: SUBJECT, provider: PROVIDER, by: 'alice' } as const;
    during(scene, () => disconnect(request, scene.deps));
    expect(await scene.refresh()).toEqual({ outcome: 'missing' });
    expect(scene.record()).toBeUndefined();
    expect(scene.revoked).toHaveLength(2);
  });

  test('refreshed by the next holder meanwhile: theirs stays', async () => {
    const scene = refreshScene(provider(), { graceMs: 60_000 });
    await scene.connect();
    during(scene, () => scene.sleep(20_000));
    const [slow, next] = [scene.refresh(), scene.refresh()];
    expect(await Promise.all([slow, next])).toEqual([
      { outcome: 'ready', version: 1_001 },
      { outcome: 'ready', version: 1_001 },
    ]);
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
    expect(scene.grants.counts).toMatchObject({ refreshes: 1, repetitions: 1, refused: 0 });
  });

  test('refreshed twice meanwhile: an answer that is late by two does not put back what is used up', async () => {
    const scene = refreshScene(provider(), { graceMs: 60_000 });
    await scene.connect();
    during(scene, () => scene.sleep(40_000));
    const twice = async () => {
      await scene.refreshing();
      await scene.sleep(1_000);
      return scene.refreshing({ version: 1_001 });
    };
    expect(await scene.run(Promise.all([scene.refreshing(), twice()]))).toEqual([
      { outcome: 'ready', version: 1_002 },
      { outcome: 'ready', version: 1_002 },
    ]);
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
  });

  test('refreshed by one who asked before: what was given last stays', async () => {
    const scene = refreshScene();
    await scene.connect();
    const { connectionId = '' } = scene.record()?.facts ?? {};
    scene.scripted.push(async () => {
      await scene.connect({ facts: { connectionId, refreshedAtMs: scene.clock.now() - 1 } }, {}, 1_001);
      return ok(scene.answerWith({ accessToken: 'last', refreshToken: 'last' }));
    });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_002 });
    expect(scene.refreshSecrets()).toEqual({ refreshToken: 'last' });
  });

  test('declared broken because the answer was missing: with the answer it is whole again', async () => {
    const scene = refreshScene();
    await scene.connect();
    during(scene, async () => {
      await scene.sleep(20_000);
    });
    const [slow, next] = [scene.refresh(), scene.refresh()];
    expect(await Promise.all([slow, next])).toEqual([
      { outcome: 'ready', version: 1_002 },
      { outcome: 'broken', problem: 'answer_lost' },
    ]);
    expect(scene.record()).toMatchObject({ status: 'active', version: 1_002 });
    expect(scene.record()?.facts).not.toHaveProperty('lastError');
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
  });

  test('read by a clock that is minutes off, it is refreshed all the same', async () => {
    const scene = refreshScene();
    await scene.connect({ facts: { refreshedAtMs: scene.clock.now() + 5 * 60_000 } });
    expect(await scene.refresh({ reason: 'refused' })).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.record()?.tokenExpiresAtMs).toBe(scene.clock.now() + HOUR_MS);
  });
});
