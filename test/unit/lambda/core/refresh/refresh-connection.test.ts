import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { err, ok } from '../../../../../lambda/core/result';
import {
  BUSY,
  HOUR_MS,
  PINNED,
  PROVIDER,
  provider,
  REPOINTED,
  refreshScene,
  SUBJECT,
  says,
  wrappedKeys,
} from './refresh-scene';

const UNAVAILABLE = { kind: 'unavailable', cause: '503' } as const;
const LOST = { kind: 'unavailable', cause: 'reset', mayHaveHappened: true } as const;
const REFUSED = { kind: 'refused', cause: 'invalid_grant' } as const;

describe('a refresh', () => {
  test('stores what the provider gave, for the next version, under the data keys there are, before it answers', async () => {
    const scene = refreshScene();
    await scene.connect();
    const before = wrappedKeys(scene.record());
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    const record = scene.record();
    expect(record).toMatchObject({ status: 'active', version: 1_001, tokenExpiresAtMs: scene.clock.now() + HOUR_MS });
    expect(record?.facts).toMatchObject({ failures: 0, refreshedAtMs: scene.clock.now() });
    expect(record).not.toHaveProperty('lease');
    expect(wrappedKeys(record)).toEqual(before);
    expect(scene.grants.isLive(scene.refreshSecrets().refreshToken ?? '')).toBe(true);
    expect(scene.grants.accepts(scene.callSecrets().parts['access_token'] ?? '')).toBe(true);
    expect(scene.callSecrets().origins).toEqual(['https://api.acme.example']);
  });

  test('asks a strict platform once, however many ask at once', async () => {
    const scene = refreshScene();
    await scene.connect();
    const answers = await Promise.all(Array.from({ length: 50 }, () => scene.refresh()));
    expect(answers).toEqual(answers.map(() => ({ outcome: 'ready', version: 1_001 })));
    expect(scene.grants.counts).toMatchObject({ refreshes: 1, refused: 0 });
  });

  test('keeps the refresh token where the answer brings none', async () => {
    const scene = refreshScene();
    const { refreshToken } = await scene.connect({}, { accessToken: 'old' });
    const { refreshToken: _, ...tokens } = scene.answerWith({ accessToken: 'new', refreshToken: '' });
    scene.scripted.push(async () => ok(tokens));
    await scene.refresh();
    expect(scene.refreshSecrets()).toEqual({ refreshToken, accessToken: 'new' });
    expect(scene.callSecrets().parts).toEqual({ access_token: 'new' });
  });

  test('stores the scopes and addresses that came, as the client has checked them', async () => {
    const scene = refreshScene();
    await scene.connect({ facts: { scopes: ['read', 'write'], variables: { instance: 'https://a.acme.example' } } });
    const tokens = scene.answerWith({ accessToken: 'a', refreshToken: 'b' });
    scene.scripted.push(async () => ok({ ...tokens, variables: { instance: 'https://b.acme.example' } }));
    await scene.refresh();
    const variables = { instance: 'https://b.acme.example' };
    expect(scene.record()?.facts).toMatchObject({ scopes: ['read'], variables });
  });

  test('takes the receipt for the beginning of a token’s life, whatever the platform’s clock shows', async () => {
    const scene = refreshScene();
    await scene.connect({ tokenExpiresAtMs: scene.clock.now() + 50_000 });
    await scene.refresh();
    expect(scene.record()?.tokenExpiresAtMs).toBe(scene.clock.now() + HOUR_MS);
  });

  test('tells the log nothing that opens anything', async () => {
    const scene = refreshScene();
    const issued = await scene.connect();
    for (let i = 0; i < 3; i += 1) scene.store.fail(BUSY, { operation: 'put' });
    await scene.refresh();
    const log = JSON.stringify(scene.events);
    const secrets = [issued.accessToken, issued.refreshToken, scene.refreshSecrets().refreshToken ?? ''];
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
    expect(secrets.filter((secret) => scene.store.dump().includes(secret))).toEqual([]);
  });
});

describe('without asking the provider', () => {
  const unasked = async (
    changes: Partial<ConnectionRecord>,
    version = 1_000,
    reason: 'expired' | 'refused' = 'expired',
  ) => {
    const scene = refreshScene();
    await scene.connect(changes);
    const answer = await scene.refresh({ version, reason });
    expect(scene.asked).toEqual([]);
    return { answer, scene };
  };
  const later = Date.UTC(2027, 0, 1);

  test('a newer version that has not ended is answer enough', async () => {
    const { answer, scene } = await unasked({ tokenExpiresAtMs: later }, 999);
    expect(answer).toEqual({ outcome: 'ready', version: 1_000 });
    expect(scene.store.calls).toEqual(['ensureSalt', 'read']);
  });

  test('an earlier connection’s version is none of this one', async () => {
    expect((await unasked({ tokenExpiresAtMs: later }, 5_000)).answer).toEqual({ outcome: 'ready', version: 1_000 });
  });

  test('fails where there is no connection', async () => {
    expect(await refreshScene().refresh()).toEqual({ outcome: 'missing' });
  });

  test('fails where the connection is broken, with the reason: only connecting anew heals it', async () => {
    const scene = refreshScene();
    await scene.connect({
      status: 'broken',
      facts: { lastError: { code: 'answer_lost', atMs: 1 } },
    });
    expect(await scene.refresh({ version: 999 })).toEqual({ outcome: 'broken', problem: 'answer_lost' });
    expect(scene.asked).toEqual([]);
  });

  test('fails where the operator has switched the provider off', async () => {
    const scene = refreshScene();
    await scene.connect();
    await scene.store.switchProvider(PROVIDER, { blocked: true, updatedAtMs: 1, updatedBy: 'admin' });
    expect(await scene.refresh()).toEqual({ outcome: 'unavailable', problem: 'provider_refused' });
    expect(scene.asked).toEqual([]);
  });

  test('fails in the pause after a failure, for everybody and at once', async () => {
    const { answer, scene } = await unasked({ retryAtMs: later });
    expect(answer).toEqual({ outcome: 'unavailable', problem: 'provider_unavailable', retryAtMs: later });
    expect(scene.store.calls).toEqual(['ensureSalt', 'read']);
  });

  test('tokens that end as they come make no storm: a provider is asked for one a second', async () => {
    const scene = refreshScene();
    const { clock, grants, scripted } = scene;
    await scene.connect();
    for (let i = 0; i < 2; i += 1)
      scripted.push(async () => ok({ ...scene.answerWith(grants.issue()), expiresAtMs: clock.now() }));
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(await scene.refresh({ version: 1_001 })).toEqual({ outcome: 'ready', version: 1_001 });
    const retryAtMs = clock.now() + 1_000;
    expect(await scene.refresh({ version: 1_001, reason: 'refused' })).toEqual({
      outcome: 'unavailable',
      problem: 'provider_refused',
      retryAtMs,
    });
    expect(scene.asked).toHaveLength(1);
    clock.set(retryAtMs);
    expect(await scene.refresh({ version: 1_001 })).toEqual({ outcome: 'ready', version: 1_002 });
  });

  test('fails where a token that came a moment ago is refused: an upstream that answers 401 makes no storm', async () => {
    const scene = refreshScene();
    await scene.connect();
    await scene.refresh();
    const refreshedAtMs = scene.clock.now();
    expect(await scene.refresh({ version: 1_001, reason: 'refused' })).toEqual({
      outcome: 'unavailable',
      problem: 'provider_refused',
      retryAtMs: refreshedAtMs + 30_000,
    });
    scene.clock.advance(30_000);
    expect(await scene.refresh({ version: 1_001, reason: 'refused' })).toEqual({ outcome: 'ready', version: 1_002 });
  });
});

test('a newer version that has ended, too, is refreshed', async () => {
  const scene = refreshScene();
  await scene.connect();
  expect(await scene.refresh({ version: 999 })).toEqual({ outcome: 'ready', version: 1_001 });
});

test('a token refused before its end is refreshed', async () => {
  const scene = refreshScene();
  await scene.connect({ tokenExpiresAtMs: scene.clock.now() + HOUR_MS });
  expect(await scene.refresh({ reason: 'refused' })).toEqual({ outcome: 'ready', version: 1_001 });
});

describe('where there is no refresh token', () => {
  const scene = async (tokenExpiresAtMs: number | undefined) => {
    const made = refreshScene();
    await made.connect({ ...(tokenExpiresAtMs === undefined ? {} : { tokenExpiresAtMs }) });
    const { refresh: _, ...record } = made.record() as ConnectionRecord;
    made.store.plant(record);
    return made;
  };

  test('an expired token breaks the connection', async () => {
    const { refresh, record } = await scene(undefined);
    expect(await refresh()).toEqual({ outcome: 'broken', problem: 'no_refresh_token' });
    expect(record()).toMatchObject({ status: 'broken', version: 1_001 });
  });

  describe.each(['oauth', 'key'] as const)('a refused token (%s)', (kind) => {
    const refused = async () => {
      const made = await scene(Date.UTC(2027, 0, 1));
      const record = made.record() as ConnectionRecord;
      made.store.plant({ ...record, facts: { ...record.facts, kind } });
      const refusedAfter = (ms: number) => {
        made.clock.advance(ms);
        return made.refresh({ reason: 'refused' });
      };
      return { ...made, refusedAfter };
    };
    const READY = { outcome: 'ready', version: 1_000 };
    const MINUTE_MS = 60_000;

    test('is tried once more, by the same token, and noted', async () => {
      const { refusedAfter, record, asked, clock } = await refused();
      expect(await refusedAfter(0)).toEqual(READY);
      expect(record()).toMatchObject({
        status: 'active',
        version: 1_000,
        facts: { failures: 1, lastError: { code: 'access_revoked', atMs: clock.now() } },
      });
      expect(record()).not.toHaveProperty('lease');
      expect(asked).toEqual([]);
    });

    test('that a crowd is told of in a minute is one trouble, and not for good', async () => {
      const { refusedAfter, record } = await refused();
      for (let calls = 0; calls < 60; calls += 1) expect(await refusedAfter(1_000)).toEqual(READY);
      expect(record()?.facts.failures).toBe(1);
    });

    test('breaks the connection when that goes on for 25 minutes', async () => {
      const { refusedAfter, record } = await refused();
      for (let times = 0; times < 5; times += 1) expect(await refusedAfter(5 * MINUTE_MS)).toEqual(READY);
      expect(await refusedAfter(5 * MINUTE_MS)).toEqual({ outcome: 'broken', problem: 'access_revoked' });
      expect(record()).toMatchObject({ status: 'broken', version: 1_001 });
    });

    test('is not broken by troubles that are far apart', async () => {
      const { refusedAfter, record } = await refused();
      for (let times = 0; times < 12; times += 1) expect(await refusedAfter(31 * MINUTE_MS)).toEqual(READY);
      expect(record()).toMatchObject({ status: 'active', facts: { failures: 1 } });
    });
  });

  test('a token that is about to expire is used as long as it lasts', async () => {
    const { refresh, record } = await scene(Date.UTC(2027, 0, 1));
    expect(await refresh()).toEqual({ outcome: 'ready', version: 1_000 });
    expect(record()).toMatchObject({ status: 'active', version: 1_000 });
    expect(record()).not.toHaveProperty('lease');
  });
});

describe('a provider that says no', () => {
  test('for good breaks the connection, and is asked once', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(says(REFUSED));
    const answers = await Promise.all([scene.refresh(), scene.refresh(), scene.refresh()]);
    expect(answers).toEqual(answers.map(() => ({ outcome: 'broken', problem: 'refresh_token_refused' })));
    expect(scene.asked).toHaveLength(1);
    expect(scene.record()).toMatchObject({ status: 'broken', version: 1_001 });
    expect(scene.eventNames()).toEqual(['connection.broken']);
    // What is broken still opens, to be revoked.
    expect(scene.refreshSecrets().refreshToken).toBe(scene.asked[0]);
  });

  test('does not break what somebody has connected anew meanwhile', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(async () => {
      await scene.connect({ facts: { connectionId: 'anew' } }, {}, 1_001);
      return err(REFUSED);
    });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.record()).toMatchObject({ status: 'active', facts: { connectionId: 'anew' } });
  });

  test('to the gateway as a client breaks nothing: the operator is told, the person has nothing to do', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(says({ kind: 'misconfigured', cause: 'invalid_client' }));
    const answer = await scene.refresh();
    expect(answer).toMatchObject({ outcome: 'unavailable', problem: 'provider_refused' });
    expect(scene.record()).toMatchObject({ status: 'active', version: 1_000, facts: { failures: 1 } });
    expect(scene.events).toMatchObject([{ event: 'connection.refresh_failed', cause: 'invalid_client', failures: 1 }]);
  });

  test('for the moment is asked once more, and the call goes on', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(says(UNAVAILABLE));
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
  });

  test('again and again is asked less and less, and as soon as it answers all is well', async () => {
    const scene = refreshScene();
    await scene.connect();
    const pauses: number[] = [];
    for (let failures = 1; failures <= 14; failures += 1) {
      scene.scripted.push(says(UNAVAILABLE), says(UNAVAILABLE));
      expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'provider_unavailable' });
      const retryAtMs = scene.record()?.retryAtMs ?? 0;
      pauses.push(retryAtMs - scene.clock.now());
      expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', retryAtMs });
      scene.clock.set(retryAtMs);
    }
    expect(scene.asked).toHaveLength(28);
    expect(pauses.slice(0, 4)).toEqual([750, 1_500, 3_000, 6_000]);
    expect(pauses.at(-1)).toBe(675_000);
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.record()?.facts).not.toHaveProperty('lastError');
    expect(scene.record()).not.toHaveProperty('retryAtMs');
  });

  test('and names a time is not asked before, unless that is beyond an hour', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(says({ ...UNAVAILABLE, retryAfterMs: 40_000 }));
    expect(await scene.refresh()).toMatchObject({ retryAtMs: scene.clock.now() + 40_000 });
    expect(scene.asked).toHaveLength(1);
    scene.clock.advance(40_000);
    scene.scripted.push(says({ ...UNAVAILABLE, retryAfterMs: 900 * HOUR_MS }));
    expect(await scene.refresh()).toMatchObject({ retryAtMs: scene.clock.now() + HOUR_MS });
  });

  test('is not asked twice where the first try has used the time the lease has', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(async () => {
      await scene.sleep(10_000);
      return err({ kind: 'unavailable', cause: 'timeout', mayHaveHappened: true });
    });
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable' });
    expect(scene.asked).toHaveLength(1);
    expect(scene.record()?.facts).toMatchObject({ unsettled: true });
  });

  test('fails where the provider is not configured any more, without breaking anything', async () => {
    const scene = refreshScene({ ...provider(), name: 'other' });
    await scene.connect();
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'provider_refused' });
    expect(scene.record()).toMatchObject({ status: 'active', version: 1_000 });
  });
});

describe('an answer that got lost', () => {
  test('is given again by a platform with a grace', async () => {
    const scene = refreshScene(provider(), { graceMs: 60_000 });
    await scene.connect();
    scene.scripted.push(async (token) => {
      await scene.strict(token);
      return err(LOST);
    });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.grants.counts).toMatchObject({ refreshes: 1, repetitions: 1, refused: 0 });
    expect(scene.record()?.facts).not.toHaveProperty('unsettled');
  });

  test('of a platform without one breaks the connection, by its own name', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(async (token) => {
      await scene.strict(token);
      return err(LOST);
    });
    expect(await scene.refresh()).toEqual({ outcome: 'broken', problem: 'answer_lost' });
    expect(scene.asked).toHaveLength(2);
  });

  test('is remembered by the next who ask, over failures of other kinds', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.scripted.push(
      says({ kind: 'invalid', cause: 'not_json', mayHaveHappened: true }),
      says(UNAVAILABLE),
      says(UNAVAILABLE),
      says(REFUSED),
    );
    await scene.refresh();
    scene.clock.advance(HOUR_MS);
    await scene.refresh();
    scene.clock.advance(HOUR_MS);
    expect(await scene.refresh()).toEqual({ outcome: 'broken', problem: 'answer_lost' });
  });

  test('does not matter where the refresh token stays the same', async () => {
    const scene = refreshScene(provider({ rotation: 'never' }));
    await scene.connect();
    scene.scripted.push(says(LOST), says(REFUSED));
    expect(await scene.refresh()).toEqual({ outcome: 'broken', problem: 'refresh_token_refused' });
  });
});

describe('a holder that dies', () => {
  const held = async (scene: ReturnType<typeof refreshScene>, forMs: number) =>
    scene.store.lease(SUBJECT, PROVIDER, 1_000, { id: 'dead', untilMs: scene.clock.now() + forMs }, scene.clock.now());

  test('is waited for, and then done without', async () => {
    const scene = refreshScene();
    await scene.connect();
    await held(scene, 15_000);
    const startedAtMs = scene.clock.now();
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    const tookMs = scene.clock.now() - startedAtMs;
    expect(tookMs).toBeGreaterThanOrEqual(15_000);
    expect(tookMs).toBeLessThan(15_700);
  });

  test('after the provider had answered it costs nothing where there is a grace', async () => {
    const scene = refreshScene(provider({ graceSeconds: 60 }), { graceMs: 60_000 });
    const { refreshToken } = await scene.connect();
    await held(scene, 15_000);
    scene.grants.refresh(refreshToken);
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.grants.counts).toMatchObject({ refreshes: 1, repetitions: 1, refused: 0 });
  });

  test('after the provider had answered, without a grace: the person is told that an answer was lost', async () => {
    const scene = refreshScene();
    const { refreshToken } = await scene.connect();
    await held(scene, 15_000);
    scene.grants.refresh(refreshToken);
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.refresh()));
    expect(answers).toEqual(answers.map(() => ({ outcome: 'broken', problem: 'answer_lost' })));
    expect(scene.grants.counts.refused).toBe(1);
  });

  test('keeps nobody longer than their patience', async () => {
    const scene = refreshScene();
    await scene.connect();
    await held(scene, HOUR_MS);
    const startedAtMs = scene.clock.now();
    expect(await scene.refresh()).toEqual({ outcome: 'unavailable', problem: 'provider_unavailable' });
    expect(scene.clock.now() - startedAtMs).toBeLessThanOrEqual(20_000);
    expect(scene.asked).toEqual([]);
  });
});

describe('AWS in trouble', () => {
  test('when the lease is taken, and the answer that says so is lost: it is held all the same', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.store.fail('after_write', { operation: 'lease' });
    const startedAtMs = scene.clock.now();
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
    expect(scene.clock.now() - startedAtMs).toBeLessThan(1_000);
  });

  test('when the connection is read: asked again', async () => {
    const scene = refreshScene();
    await scene.connect();
    for (let i = 0; i < 5; i += 1) scene.store.fail(BUSY, { operation: 'read' });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
  });

  test('when the data key is unwrapped: the provider is not asked, and nothing is held against it', async () => {
    const scene = refreshScene();
    await scene.connect();
    scene.kms.failures.push({ service: 'kms', kind: 'throttled', name: 'ThrottlingException' });
    expect(await scene.refresh()).toEqual({ outcome: 'unavailable', problem: 'provider_unavailable' });
    expect(scene.asked).toEqual([]);
    expect(scene.record()).toMatchObject({ version: 1_000, facts: { failures: 0 } });
    expect(await scene.refresh()).toEqual({ outcome: 'ready', version: 1_001 });
  });

  test('refuses to send what was sealed for another person', async () => {
    const scene = refreshScene();
    await scene.connect({ subject: 'MALLORY0MALLORY0MALLORY0' });
    await scene.connect();
    const stolen = scene.store.peek('MALLORY0MALLORY0MALLORY0', PROVIDER)?.refresh ?? '';
    scene.store.plant({ ...(scene.record() as ConnectionRecord), refresh: stolen });
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'unreadable' });
    expect(scene.asked).toEqual([]);
  });

  test.each(REPOINTED)(
    'refuses to send a refresh token where somebody who can write the table points it: %s',
    async (_, to) => {
      const scene = refreshScene();
      await scene.connect({ facts: { pinned: PINNED } });
      const record = scene.record() as ConnectionRecord;
      const { pinned: __, ...facts } = record.facts;
      scene.store.plant({ ...record, facts: { ...facts, ...to } });
      expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'unreadable' });
      expect(scene.asked).toEqual([]);
    },
  );

  test('refuses a destination where none is sealed', async () => {
    const scene = refreshScene();
    await scene.connect({ facts: { pinned: PINNED } });
    const { refresh: _, ...record } = scene.record() as ConnectionRecord;
    scene.store.plant(record);
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'unreadable' });
  });

  test('goes on sending to where it was pinned, and to the address that came with the last answer', async () => {
    const scene = refreshScene();
    await scene.connect({ facts: { pinned: PINNED, variables: { instance: 'https://a.acme.example' } } });
    const variables = { instance: 'https://b.acme.example' };
    scene.scripted.push(async () => ok({ ...scene.answerWith(scene.grants.issue()), variables }));
    expect(await scene.refresh()).toMatchObject({ outcome: 'ready' });
    expect(scene.refreshSecrets()).toMatchObject({ pinned: PINNED, variables });
    expect(scene.record()?.facts).toMatchObject({ pinned: PINNED, variables });
    scene.clock.advance(HOUR_MS);
    const version = scene.record()?.version ?? 0;
    expect(await scene.refresh({ version })).toMatchObject({ outcome: 'ready', version: version + 1 });
  });

  test('refuses what a person’s end has made unreadable', async () => {
    const scene = refreshScene();
    await scene.connect();
    await scene.store.removeSalt(SUBJECT);
    expect(await scene.refresh()).toMatchObject({ outcome: 'unavailable', problem: 'unreadable' });
    expect(scene.kms.unwrapped).toBe(0);
  });
});
