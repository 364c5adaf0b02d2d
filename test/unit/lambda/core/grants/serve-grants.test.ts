import { createHash } from 'node:crypto';
import { AUTH_KEYS, type GrantRecord, type SwitchRecord } from '../../../../../lambda/contract/auth-record';
import { isSwitchedOff } from '../../../../../lambda/core/grant-state';
import type { GrantsRequest } from '../../../../../lambda/core/grants/parse-grants-request';
import { type GrantsDeps, serveGrants } from '../../../../../lambda/core/grants/serve-grants';
import { err, ok } from '../../../../../lambda/core/result';
import { testClock } from '../../../../helpers/clock';
import { fakeAuthStore } from '../../../../helpers/fake-auth-store';
import { GRANT_ID, grantRecord, SUBJECT } from '../../../../helpers/grant';

const ADMIN = 'arn:aws:iam::123456789012:user/admin';
const CLIENT = 'https://agent.example/client.json';
/** By how much the clocks of two instances may differ. */
const SKEW = 2_000;
const hash = (text: string) => createHash('sha256').update(text).digest('base64url');

async function setUp(tick?: () => Promise<void>) {
  const clock = testClock();
  const store = fakeAuthStore({ now: clock.now, ...(tick === undefined ? {} : { tick }) });
  const key = AUTH_KEYS.grant(SUBJECT, GRANT_ID);
  await store.create(key, grantRecord(clock.now()), { validUntilMs: clock.now() + 86_400_000 });
  const scanned: unknown[] = [];
  const scan: { scan: GrantsDeps['scan']['scan'] } = { scan: async () => ok({ records: scanned }) };
  const deps = { store, now: clock.now, hash, scan } satisfies GrantsDeps;
  const call = (changes: Partial<GrantsRequest>) =>
    serveGrants(
      {
        method: 'GET',
        route: '/grants',
        pathParameters: {},
        query: {},
        contentType: 'application/json',
        body: '',
        actor: ADMIN,
        requestId: 'request-1',
        ...changes,
      },
      deps,
    );
  const set = (kind: string, body: object) =>
    call({ method: 'PUT', route: '/switches/{kind}', pathParameters: { kind }, body: JSON.stringify(body) });
  const revoke = (subject = SUBJECT, grantId = GRANT_ID) =>
    call({ method: 'DELETE', route: '/grants/{subject}/{grantId}', pathParameters: { subject, grantId } });
  return { clock, store, key, deps, call, set, revoke, scanned };
}

test('a list says what is needed to decide, and holds no hash, code or token', async () => {
  const { call } = await setUp();
  const { answer } = await call({ query: { subject: SUBJECT } });
  expect(answer).toEqual({
    status: 200,
    body: {
      grants: [
        {
          grantId: GRANT_ID,
          subject: SUBJECT,
          person: 'alice@example.com',
          clientId: CLIENT,
          clientName: 'Agent',
          clientHost: 'agent.example',
          redirectHost: 'agent.example',
          resource: 'https://gateway.example/mcp/stripe',
          scopes: ['mcp:tools'],
          status: 'active',
          createdAt: '2026-10-31T23:59:00.000Z',
        },
      ],
    },
  });
  expect(JSON.stringify(answer)).not.toContain('CODEHASH');
});

test('the whole list comes from a walk through the table, and can be of one client', async () => {
  const { call, scanned, clock } = await setUp();
  const other = grantRecord(clock.now(), { grantId: 'OTHERGRANT000000000000' });
  scanned.push(grantRecord(clock.now()), { ...other, client: { ...other.client, clientId: 'dcr_other' } });
  const { answer } = await call({ query: { clientId: 'dcr_other' } });
  expect(answer.body).toMatchObject({ grants: [{ grantId: 'OTHERGRANT000000000000', clientId: 'dcr_other' }] });
});

test('a revoked grant stays revoked, with who did it and when', async () => {
  const { revoke, store, key, clock } = await setUp();
  const { answer, audit } = await revoke();
  expect(answer).toEqual({ status: 204, body: undefined });
  expect(store.peek<GrantRecord>(key)).toMatchObject({
    phase: 'revoked',
    revoked: { atMs: clock.now(), by: ADMIN, reason: 'administrator' },
  });
  expect(audit).toMatchObject({
    event: 'grants.revoke',
    actor: ADMIN,
    outcome: 'ok',
    target: `grant ${SUBJECT}/${GRANT_ID}`,
  });
  expect((await revoke()).answer.status).toBe(204);
});

test('a revocation wins over refreshes that happen at the same moment', async () => {
  const { revoke, store, key, clock } = await setUp(() => new Promise((resolve) => setImmediate(resolve)));
  const refresh = async () => {
    const [found] = await store.read([key]).then((read) => (read.ok ? read.value : []));
    const grant = found?.record as GrantRecord;
    if (grant.phase !== 'active') return;
    const next = { ...grant, generation: grant.generation + 1 };
    await store.replace(key, found?.version ?? 0, next, { validUntilMs: clock.now() + 1_000_000 });
  };
  await Promise.all([refresh(), revoke(), refresh(), refresh()]);
  expect(store.peek<GrantRecord>(key)?.phase).toBe('revoked');
});

test.each([
  ['a grant there is none of', SUBJECT, 'NONE00000000000000000'],
  ['an id that is part of another key', SUBJECT, 'switch'],
  ['a subject that would break the form of a key', 'x#y', GRANT_ID],
])('refuses to revoke %s', async (_, subject, grantId) => {
  const { revoke } = await setUp();
  const { answer } = await revoke(subject, grantId);
  expect(answer).toMatchObject({ status: 404, body: { error: { code: 'grant_not_found' } } });
});

test.each([
  ['person', SUBJECT, AUTH_KEYS.personSwitch(SUBJECT)],
  ['client', CLIENT, AUTH_KEYS.clientSwitch(hash(CLIENT))],
  ['gateway', undefined, AUTH_KEYS.gatewaySwitch()],
])('the kill switch of a %s ends what is there and blocks what comes', async (kind, id, key) => {
  const { set, store, clock } = await setUp();
  const { answer } = await set(kind, { ...(id === undefined ? {} : { id }), action: 'block' });
  expect(answer).toMatchObject({ status: 200, body: { kind, blocked: true, updatedBy: ADMIN } });
  expect(store.peek<SwitchRecord>(key)).toMatchObject({ blocked: true, revokedBeforeMs: clock.now() + SKEW });
});

test.each(['revoke', 'block'])(
  '%s ends what an instance made just before whose clock runs ahead by up to two seconds, and nothing made later',
  async (action) => {
    const { set, store, clock } = await setUp();
    await set('person', { id: SUBJECT, action });
    await set('person', { id: SUBJECT, action: 'allow' });
    const switched = store.peek<SwitchRecord>(AUTH_KEYS.personSwitch(SUBJECT));
    expect(isSwitchedOff(switched, clock.now() + SKEW)).toBe(true);
    expect(isSwitchedOff(switched, clock.now() + SKEW + 1)).toBe(false);
  },
);

test('allowing what was never switched off ends nothing', async () => {
  const { set, store } = await setUp();
  await set('person', { id: SUBJECT, action: 'allow' });
  expect(store.peek<SwitchRecord>(AUTH_KEYS.personSwitch(SUBJECT))).toMatchObject({
    blocked: false,
    revokedBeforeMs: 0,
  });
});

test('taking a block back revives nothing', async () => {
  const { set, store, clock } = await setUp();
  await set('person', { id: SUBJECT, action: 'block' });
  clock.advance(60_000);
  await set('person', { id: SUBJECT, action: 'allow' });
  expect(store.peek<SwitchRecord>(AUTH_KEYS.personSwitch(SUBJECT))).toMatchObject({
    blocked: false,
    revokedBeforeMs: clock.now(),
  });
});

test('revoking under a block keeps the block', async () => {
  const { set, store } = await setUp();
  await set('gateway', { action: 'block' });
  await set('gateway', { action: 'revoke' });
  expect(store.peek<SwitchRecord>(AUTH_KEYS.gatewaySwitch())?.blocked).toBe(true);
});

test('a clock set back revives nothing', async () => {
  const { set, store, clock } = await setUp();
  await set('gateway', { action: 'revoke' });
  const before = clock.now() + SKEW;
  clock.advance(-3_600_000);
  await set('gateway', { action: 'revoke' });
  expect(store.peek<SwitchRecord>(AUTH_KEYS.gatewaySwitch())?.revokedBeforeMs).toBe(before);
});

test('a record that cannot be read is no fault of a cursor nobody sent', async () => {
  const { deps, call } = await setUp();
  deps.scan.scan = async () => err({ service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' });
  for (const route of ['/grants', '/switches']) {
    expect((await call({ route })).answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
    const sent = await call({ route, query: { cursor: 'made up' } });
    expect(sent.answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  }
});

describe('a table that strangers filled up', () => {
  /** A walk of so many pages, with something to show on one of them. */
  function filled(pages: number, at: number, record: object) {
    const asked: unknown[] = [];
    const scan: GrantsDeps['scan']['scan'] = async (...how) => {
      asked.push(how);
      const page = Number(how[1] ?? 0);
      return ok({ records: page === at ? [record] : [], ...(page + 1 < pages ? { cursor: String(page + 1) } : {}) });
    };
    return { asked, scan };
  }

  test.each([
    ['/switches', 'switches', 'switch'],
    ['/grants', 'grants', 'grant#'],
  ])('fails to keep GET %s from answering in time: a page looks at so much, and the next goes on', async (...what) => {
    const [route, name, prefix] = what;
    const { set, store, deps, call, clock } = await setUp();
    await set('gateway', { action: 'block' });
    const blocked = store.peek<SwitchRecord>(AUTH_KEYS.gatewaySwitch());
    const { asked, scan } = filled(3000, 15, { ...grantRecord(clock.now()), ...blocked });
    deps.scan.scan = scan;
    const pageOf = async (query: Record<string, string>) => (await call({ route, query })).answer;
    expect(await pageOf({})).toEqual({ status: 200, body: { [name]: [], cursor: '10' } });
    expect(asked).toEqual([[prefix, undefined], ...Array.from({ length: 9 }, (_, i) => [prefix, String(i + 1)])]);
    expect(await pageOf({ cursor: '10' })).toEqual({
      status: 200,
      body: { [name]: [expect.anything()], cursor: '16' },
    });
  });
});

test('switches set at the same moment all count', async () => {
  const { set, store } = await setUp(() => new Promise((resolve) => setImmediate(resolve)));
  const answers = await Promise.all([
    set('gateway', { action: 'block' }),
    set('gateway', { action: 'revoke' }),
    set('gateway', { action: 'revoke' }),
  ]);
  expect(answers.map(({ answer }) => answer.status)).toEqual([200, 200, 200]);
  expect(store.peek<SwitchRecord>(AUTH_KEYS.gatewaySwitch())?.blocked).toBe(true);
});

test.each([
  [404, 'toaster', { action: 'revoke' }],
  [400, 'person', { action: 'revoke' }],
  [400, 'person', { id: 'x#y', action: 'revoke' }],
  [400, 'client', { id: '', action: 'revoke' }],
  [400, 'gateway', { id: SUBJECT, action: 'revoke' }],
  [400, 'gateway', { action: 'explode' }],
  [400, 'gateway', { action: 'block', reason: 'x' }],
])('refuses with %i to set a switch of %s with %j', async (status, kind, body) => {
  const { set, store } = await setUp();
  const { answer } = await set(kind, body);
  expect(answer).toMatchObject({ status, body: { error: { code: 'invalid_request' } } });
  expect(store.calls).toEqual(['create']);
});

test('refuses a request without an AWS identity', async () => {
  const { call, store } = await setUp();
  const { answer } = await call({ actor: undefined, query: { subject: SUBJECT } });
  expect(answer.status).toBe(403);
  expect(store.calls).toEqual(['create']);
});

test('a table that does not answer is said to be so, without its words', async () => {
  const { revoke, store } = await setUp();
  store.fail({ service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' });
  expect((await revoke()).answer).toEqual({
    status: 503,
    body: {
      error: {
        code: 'grants_unavailable',
        message: 'The gateway could not complete the request: dynamodb answered ThrottlingException',
        help: 'Send the request again.',
      },
    },
  });
});
