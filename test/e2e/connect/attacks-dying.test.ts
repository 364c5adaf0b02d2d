import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../../../local/aws/fault-injector';
import type { PlatformFault } from '../../../local/demo/platforms/platform-faults';
import { claimsOf } from '../sign-in/agent';
import { type AttackScene, NAMES, startAttackScene } from './attack-scene';
import { connectionRow } from './connection-row';
import { type MortalRefresher, mortalRefresher } from './mortal-refresher';

// Refresh tokens that work once, and a refresher that dies, or cannot write, with one on its way.

jest.setTimeout(60_000);

type Rotating = 'notion' | 'tracker';
const ROTATING = ['notion', 'tracker'] as const;

let scene: AttackScene;
let refresher: MortalRefresher;
beforeAll(async () => {
  scene = await startAttackScene();
  refresher = await mortalRefresher(scene.gateway, NAMES);
});
afterAll(async () => {
  await refresher?.close();
  await scene?.close();
});
afterEach(async () => {
  await scene.clearFaults();
  for (const name of ROTATING) scene.platforms[name].knobs.graceSeconds = 0;
});

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await pause(5);
}

/** Somebody connected, whose access token has ended at the platform. */
async function connected(name: Rotating) {
  const alice = scene.person('alice');
  await scene.connect(alice, name);
  const token = await scene.token(name, alice);
  if ((await scene.callTool(token, name)).isError) throw new Error(`${name} is not connected`);
  await scene.platforms[name].endAccessTokens();
  const subject = String(claimsOf(token)['sub']);
  return {
    alice,
    token,
    subject,
    row: connectionRow(scene.gateway, subject, name),
    counts: { ...scene.platforms[name].counts },
  };
}

const call = (token: string, name: Rotating) => scene.callTool(token, name);
const asked = (name: Rotating) =>
  scene.exchanges.filter(
    ({ origin, body }) =>
      origin === scene.platforms[name].origin && /refresh_token/.test(body) && /grant_type/.test(body),
  ).length;

/** Whether the refresh token that is stored is the one the platform waits for. */
async function liveThroughAnother(
  name: Rotating,
  token: string,
  row: ReturnType<typeof connectionRow>,
): Promise<boolean> {
  await row.age();
  await scene.platforms[name].endAccessTokens();
  return !(await call(token, name)).isError;
}

describe.each(ROTATING)('the holder of the lease dies at %s', (name) => {
  const SILENT: PlatformFault = { endpoint: 'refresh', kind: 'silence' };

  /** A holder that lives until `isThere`; then whoever calls next, and what came of it. */
  async function afterDeath(person: Awaited<ReturnType<typeof connected>>, isThere: () => boolean | Promise<boolean>) {
    const { subject, token, row } = person;
    const { version } = await row.read();
    const kill = refresher.begin({ action: 'refresh', subject, provider: name, version, reason: 'refused' });
    await until(isThere);
    await kill();
    await scene.clearFaults();
    expect((await row.read()).isLeased).toBe(true);
    const before = asked(name);
    await scene.gateway.commands.resetCounts();
    const answer = call(token, name);
    // Looked at again and again: the lease is honoured as long as it lasts.
    await until(async () => (await scene.gateway.commands.count('BatchGetItem')) > 4);
    expect(asked(name)).toBe(before);
    await row.endLease();
    return answer;
  }

  test('before it has asked: the next caller asks in its place, and nothing is lost', async () => {
    const person = await connected(name);
    await scene.gateway.commands.inject({ operation: 'Decrypt', kind: 'timeout', times: 2 });
    const { isError } = await afterDeath(person, async () => (await person.row.read()).isLeased);
    expect(isError).toBe(false);
    const { refreshes, invalidGrants } = person.counts;
    expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants });
    expect(await liveThroughAnother(name, person.token, person.row)).toBe(true);
    person.row.close();
  });

  test('with its question on the way, and nothing given yet: the next caller asks again, and nothing is lost', async () => {
    const person = await connected(name);
    const before = asked(name);
    scene.platforms[name].faults.inject(SILENT);
    const { isError } = await afterDeath(person, () => asked(name) > before);
    expect(isError).toBe(false);
    const { refreshes, invalidGrants } = person.counts;
    expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants });
    expect(await liveThroughAnother(name, person.token, person.row)).toBe(true);
    person.row.close();
  });

  test('with the answer on its way, at a platform with a grace: the next caller gets it again', async () => {
    const person = await connected(name);
    const { refreshes, invalidGrants } = person.counts;
    scene.platforms[name].knobs.graceSeconds = 60;
    scene.platforms[name].faults.inject({ ...SILENT, afterEffect: true });
    const { isError } = await afterDeath(person, () => scene.platforms[name].counts.refreshes > refreshes);
    expect(isError).toBe(false);
    expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 2, invalidGrants });
    expect(await liveThroughAnother(name, person.token, person.row)).toBe(true);
    person.row.close();
  });

  test('with the answer on its way, at a platform without one: told as what it is, asked once, and connected again', async () => {
    const person = await connected(name);
    const { refreshes, invalidGrants } = person.counts;
    scene.platforms[name].faults.inject({ ...SILENT, afterEffect: true });
    const first = await afterDeath(person, () => scene.platforms[name].counts.refreshes > refreshes);
    const others = [await call(person.token, name), await call(person.token, name)];
    for (const { isError, text, link } of [first, ...others]) {
      expect([isError, link?.split('?')[0]]).toEqual([true, scene.url(`/connect/${name}`)]);
      expect(text).toContain('account again: its connection no longer works');
    }
    expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants: invalidGrants + 1 });
    expect((await person.row.read()).facts.lastError?.code).toBe('answer_lost');
    const { body } = await person.alice.visit(scene.url('/account'));
    expect(body).toContain('An answer of the platform got lost, and with it the key to go on. Connect again.');
    expect((await scene.connect(person.alice, name)).status).toBe(200);
    expect((await call(person.token, name)).isError).toBe(false);
    person.row.close();
  });
});

describe.each(ROTATING)('what %s has given cannot be written at once', (name) => {
  // The first write is the lease.
  const LEASED: Fault = { operation: 'UpdateItem', kind: 'delay', delayMs: 0, times: 1 };
  const FAILURES: readonly (readonly [string, Fault])[] = [
    ['throttled', { operation: 'UpdateItem', kind: 'throttle', times: 5 }],
    ['refused by a failing DynamoDB', { operation: 'UpdateItem', kind: 'error', times: 5 }],
    ['cut off', { operation: 'UpdateItem', kind: 'reset', times: 3 }],
    ['written, and the answer lost', { operation: 'UpdateItem', kind: 'reset', times: 3, afterEffect: true }],
    ['told that somebody else was first, which is not so', { operation: 'UpdateItem', kind: 'condition', times: 2 }],
  ];
  const GRACES = [0, 60];

  test.each(FAILURES.flatMap(([how, fault]) => GRACES.map((grace) => [how, grace, fault] as const)))(
    '%s: it is written in the end, with a grace of %i s, and the platform is not asked again',
    async (_, graceSeconds, fault) => {
      const { token, row, counts } = await connected(name);
      scene.platforms[name].knobs.graceSeconds = graceSeconds;
      await scene.gateway.commands.resetCounts();
      await scene.gateway.commands.inject(LEASED);
      await scene.gateway.commands.inject(fault);
      expect((await call(token, name)).isError).toBe(false);
      // The lease, a write that failed, and one that did not.
      expect(await scene.gateway.commands.count('UpdateItem')).toBeGreaterThanOrEqual(3);
      await scene.clearFaults();
      const { refreshes, invalidGrants } = counts;
      expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants });
      expect(scene.platforms[name].liveRefreshTokens).toBeGreaterThanOrEqual(1);
      expect(await liveThroughAnother(name, token, row)).toBe(true);
      row.close();
    },
  );

  test('the log says which write failed, and that nothing was lost', () => {
    const events = scene.gateway.logLines().map(({ event }) => event);
    expect(events).toContain('connection.refresh_write_failed');
    expect(events).not.toContain('connection.refresh_token_at_risk');
  });
});
