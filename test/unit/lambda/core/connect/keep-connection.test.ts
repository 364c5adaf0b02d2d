import {
  ADA,
  askedFor,
  type Browser,
  GITHUB,
  ISSUER,
  KMS_DOWN,
  type Scene,
  scene,
  THROTTLED,
  titleOf,
} from './connect-fixture';
import { openedConnection } from './opened-connection';

let at: Scene;
let ada: Browser;

beforeEach(async () => {
  at = scene();
  ada = await at.browser();
});

const stored = () => at.connections.peek(ADA, 'github');
const opened = () => openedConnection(at);
const outcomes = () => at.events.flatMap(({ event, outcome }) => (event === 'account.refused' ? [outcome] : []));

describe('when a service of ours fails after the exchange', () => {
  test.each([
    ['the salt', () => at.connections.fail(THROTTLED, { operation: 'ensureSalt' })],
    ['a data key', () => at.keys.failures.push(KMS_DOWN)],
    ['the read', () => at.connections.fail(THROTTLED, { operation: 'read', skip: 2 })],
    ['the write', () => at.connections.fail(THROTTLED, { operation: 'put' })],
    ['the write’s answer', () => at.connections.fail('after_write', { operation: 'put' })],
  ])('%s is tried again, and nobody notices', async (_, fail) => {
    fail();
    expect((await ada.connect()).status).toBe(303);
    expect(opened().call?.parts).toEqual({ access_token: 'at-of-code-1' });
    expect(askedFor(at.platform, 'revoke')).toEqual([]);
  });

  test.each([
    ['the salt', () => at.connections.fail(THROTTLED, { operation: 'ensureSalt' })],
    ['the data keys', () => at.keys.failures.push(KMS_DOWN, KMS_DOWN)],
    ['the write', () => at.connections.fail(THROTTLED, { operation: 'put' })],
  ])('%s failing for long: the tokens are revoked, nothing is stored, and the person is told', async (_, fail) => {
    for (let i = 0; i < 4; i += 1) fail();
    const answer = await ada.connect();
    expect([answer.status, titleOf(answer)]).toEqual([503, 'The account could not be kept']);
    expect(askedFor(at.platform, 'revoke')).toHaveLength(1);
    expect(stored()).toBeUndefined();
    expect(outcomes()).toEqual(['not_kept']);
  });

  test('a write that is known only late to have taken effect is a connection: its tokens live', async () => {
    for (let i = 0; i < 4; i += 1) at.connections.fail('after_write', { operation: 'put' });
    for (let i = 0; i < 4; i += 1) at.connections.fail(THROTTLED, { operation: 'read', skip: i === 0 ? 3 : 0 });
    expect((await ada.connect()).status).toBe(303);
    expect(askedFor(at.platform, 'revoke')).toEqual([]);
    expect(opened().call?.parts).toEqual({ access_token: 'at-of-code-1' });
  });

  test.each([
    ['took effect', 'after_write'],
    ['did not', THROTTLED],
  ] as const)(
    'a reconnect’s write of which nobody says whether it %s: no token is given back, and the person is told where to look',
    async (_, fault) => {
      await ada.connect();
      for (let i = 0; i < 4; i += 1) at.connections.fail(fault, { operation: 'put' });
      for (let i = 0; i < 5; i += 1) at.connections.fail(THROTTLED, { operation: 'read', skip: i === 0 ? 3 : 0 });
      const answer = await ada.connect('github', 'code-2');
      expect([answer.status, titleOf(answer)]).toEqual([503, 'It is not known whether the account is connected']);
      expect(answer.body).toContain(`href="${ISSUER}/account"`);
      expect(askedFor(at.platform, 'revoke')).toEqual([]);
      expect(at.refresherAsked).toEqual([]);
      expect(outcomes()).toEqual(['perhaps_kept']);
      expect(opened().call?.parts).toEqual({ access_token: fault === 'after_write' ? 'at-of-code-2' : 'at-of-code-1' });
    },
  );

  test('a write that took effect unheard, and was followed by another, is not given back', async () => {
    at.connections.fail('after_write', { operation: 'put' });
    for (let i = 0; i < 5; i += 1) at.connections.fail(THROTTLED, { operation: 'read', skip: i === 0 ? 3 : 0 });
    const { put } = at.connections;
    let isFollowed = false;
    Object.assign(at.connections, {
      put: async (...values: Parameters<typeof put>) => {
        const written = await put(...values);
        const now = stored();
        if (now !== undefined && !isFollowed) at.connections.plant({ ...now, version: now.version + 1 });
        isFollowed = true;
        return written;
      },
    });
    expect(titleOf(await ada.connect())).toBe('It is not known whether the account is connected');
    expect(askedFor(at.platform, 'revoke')).toEqual([]);
  });

  test('what is denied is not tried again', async () => {
    at.keys.failures.push({ service: 'kms', kind: 'denied', name: 'AccessDeniedException' });
    expect((await ada.connect()).status).toBe(503);
    expect(at.keys.made).toHaveLength(1);
  });

  test.each([
    ['', 0],
    [', and nobody can say any more what that was', 10],
  ])(
    'what was connected before stays, though the platform ends all tokens of an account at once%s',
    async (_, reads) => {
      const revocation = { style: 'rfc7009', endpoint: 'https://x.example/r', ends: 'grant' } as const;
      const oauth = { ...GITHUB.facts.oauth, revocation } as NonNullable<typeof GITHUB.facts.oauth>;
      at = scene([{ ...GITHUB, facts: { ...GITHUB.facts, oauth } }]);
      ada = await at.browser();
      await ada.connect();
      const before = stored();
      for (let i = 0; i < 4; i += 1) at.connections.fail(THROTTLED, { operation: 'put' });
      // Behind the read at the start, the one before the code is redeemed and the one the write is decided by.
      for (let i = 0; i < reads; i += 1) at.connections.fail(THROTTLED, { operation: 'read', skip: i === 0 ? 3 : 0 });
      expect((await ada.connect('github', 'code-2')).status).toBe(503);
      expect(askedFor(at.platform, 'revoke')).toEqual([]);
      expect(stored()).toEqual(before);
    },
  );
});
