import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { isDue } from '../../../../../lambda/core/refresh/is-due';
import { sweep } from '../../../../../lambda/core/refresh/sweep';
import { BUSY, DAY_MS, HOUR_MS, PROVIDER, provider, refreshScene, SUBJECT, says } from './refresh-scene';

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

/** What the log says of each sweep. */
const swept = ({ events }: { readonly events: readonly object[] }) =>
  events.filter((event) => (event as { event: string }).event === 'connection.swept');

describe('a walk through the table', () => {
  test('begins anywhere, comes round, and looks at each connection once', async () => {
    for (const start of ['A', 'PERSON0PERSON0005', 'PERSON0PERSON0011', 'z']) {
      const { scene, run } = await crowd();
      Object.assign(scene.deps, { randomId: () => start });
      expect(await run()).toEqual({ outcome: 'swept', looked: 12, refreshed: 12, failed: 0 });
      expect(swept(scene)).toMatchObject([{ isComplete: true, skipped: 0 }]);
    }
  });

  test('that is broken off says so', async () => {
    const { scene, run } = await crowd();
    await run(150);
    expect(swept(scene)).toMatchObject([{ refreshed: 5, skipped: 7, isComplete: false }]);
  });

  test('tells how many records it could not believe', async () => {
    const { scene, run } = await crowd();
    const { scan } = scene.store;
    Object.assign(scene.store, {
      scan: async (cursor: string | undefined) => {
        const page = await scan(cursor);
        return page.ok ? { ok: true, value: { ...page.value, unreadable: 1 } } : page;
      },
    });
    await run();
    expect(swept(scene)).toMatchObject([{ unreadable: 2 }]);
  });
});

describe('a platform that does not answer', () => {
  /** Whose names come first, in every sweep. */
  const deadNames = Array.from({ length: 150 }, (_, i) => `AAAADEAD00000${String(i).padStart(4, '0')}`);

  test('keeps no connection of another platform from living, and is tried five times a sweep', async () => {
    const config = provider({ idleSeconds: 14 * 86_400 });
    const scene = refreshScene(config);
    const other = { ...config, name: 'other' };
    Object.assign(scene.deps, {
      providers: new Map([
        [PROVIDER, config],
        ['other', other],
      ]),
    });
    for (const subject of NAMES) await scene.connect({ subject });
    for (const subject of deadNames) scene.store.plant({ ...recordOf(scene, NAMES[0]), subject, provider: 'other' });
    const { read } = scene.store;
    let tried = 0;
    Object.assign(scene.store, {
      read: async (...asked: Parameters<typeof read>) => {
        if (asked[1] !== 'other') return read(...asked);
        tried += 1;
        await scene.sleep(20_000);
        return { ok: false, error: BUSY };
      },
    });
    scene.clock.advance(10 * DAY_MS);
    const answer = await scene.run(sweep(scene.deps, scene.clock.now() + 200_000));
    expect(answer).toEqual({ outcome: 'swept', looked: 162, refreshed: 12, failed: 5 });
    expect(tried).toBe(5);
    expect(swept(scene)).toMatchObject([{ skipped: 145, isComplete: false }]);
  });

  test('keeps its other connections from living for as long as it answers none, and not longer', async () => {
    const { scene, run } = await crowd();
    const down = says({ kind: 'unavailable', cause: 'timeout' });
    scene.scripted.push(...Array.from({ length: 10 }, () => down));
    expect(await run()).toMatchObject({ refreshed: 0, failed: 5 });
    scene.clock.advance(HOUR_MS);
    expect(await run()).toMatchObject({ refreshed: 12, failed: 0 });
  });
});

test('a hundred thousand connections are looked at in one sweep, and those due are refreshed while it reads on', async () => {
  const scene = refreshScene();
  const pages = 1_000;
  const due = new Set<string>();
  const at = scene.clock.now();
  const first = await (async () => {
    await scene.connect();
    return recordOf(scene, undefined);
  })();
  const pageOf = (page: number) =>
    Array.from({ length: 100 }, (_, i): ConnectionRecord => {
      const subject = `PERSON${String(page).padStart(4, '0')}PERSON${String(i).padStart(3, '0')}`;
      // One in each page was connected a week ago.
      const ageMs = i === 0 ? 7 * DAY_MS : DAY_MS;
      return { ...first, subject, facts: { ...first.facts, connectedAtMs: at - ageMs } };
    });
  Object.assign(scene.store, {
    placeOf: () => '500',
    scan: async (cursor: string | undefined) => {
      await scene.sleep(15);
      const page = Number(cursor ?? '0');
      const next = page + 1 < pages ? { cursor: String(page + 1) } : {};
      return { ok: true, value: { connections: pageOf(page), unreadable: 0, ...next } };
    },
    // What a refresh takes, as one wait.
    read: async (subject: string) => {
      await scene.sleep(700);
      due.add(subject);
      return { ok: true, value: { connection: undefined, salt: undefined, providerSwitch: undefined } };
    },
  });
  const answer = await scene.run(sweep(scene.deps, scene.clock.now() + 200_000));
  expect(answer).toEqual({ outcome: 'swept', looked: 100_000, refreshed: 1_000, failed: 0 });
  expect(due.size).toBe(1_000);
  expect(swept(scene)).toMatchObject([{ isComplete: true }]);
});

function recordOf({ store }: Awaited<ReturnType<typeof refreshScene>>, subject: string | undefined): ConnectionRecord {
  const record = store.peek(subject ?? SUBJECT, PROVIDER);
  if (record === undefined) throw new Error('no such connection');
  return record;
}

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
    [
      'what does not open, a few times',
      record({}, { failures: 4, lastError: { code: 'unreadable', atMs: NOW } }),
      sixDays,
      true,
    ],
    [
      'not what does not open, again and again',
      record({}, { failures: 5, lastError: { code: 'unreadable', atMs: NOW } }),
      sixDays,
      false,
    ],
    ['what somebody died over', record({ lease: { id: 'l', untilMs: NOW } }, { refreshedAtMs: NOW }), sixDays, true],
  ])('%s', (_, connection, config, expected) => {
    expect(isDue(connection, config, NOW)).toBe(expected);
  });
});
