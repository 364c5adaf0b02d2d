import {
  AUTH_KEYS,
  type PersonRecord,
  type SessionRecord,
  type SwitchRecord,
} from '../../../../../lambda/contract/auth-record';
import { hashOf } from '../../../../../lambda/core/authz/handle';
import { endSession, openSession, readSession, SESSION_SECONDS } from '../../../../../lambda/core/authz/session';
import { testClock } from '../../../../helpers/clock';
import { type FakeAuthStore, fakeAuthStore } from '../../../../helpers/fake-auth-store';

const PERSON: PersonRecord = {
  subject: 's'.repeat(43),
  displayName: 'ada',
  groups: [],
  isAdministrator: false,
  authenticatedAtMs: 1,
};

const clock = testClock();
const tools = (store: FakeAuthStore) => ({
  store,
  now: clock.now,
  randomBytes: (length: number) => new Uint8Array(length).fill(7),
});
const SECRET = Buffer.alloc(32, 7).toString('base64url');
const cookie = (value: string) => ({ cookie: `__Host-mcp-session=${value}` });
const makeStore = () => fakeAuthStore({ now: clock.now });

const switchRecord = (values: Partial<SwitchRecord>): SwitchRecord => ({
  kind: 'person',
  blocked: false,
  revokedBeforeMs: 0,
  updatedAtMs: clock.now(),
  updatedBy: 'operator',
  ...values,
});

async function opened(): Promise<FakeAuthStore> {
  const store = makeStore();
  const answer = await openSession(PERSON, tools(store));
  expect(answer).toEqual({
    ok: true,
    value: `__Host-mcp-session=${SECRET}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600`,
  });
  return store;
}

test('a session is found by its cookie; the table knows neither the cookie nor the token of its forms', async () => {
  const store = await opened();
  const read = await readSession(cookie(SECRET), { store });
  expect(read).toMatchObject({ ok: true, value: { person: PERSON, csrf: expect.stringMatching(/^[\w-]{43}$/) } });
  const { csrf } = (read.ok && read.value) as { csrf: string };
  expect(csrf).not.toBe(SECRET);
  expect(store.dump()).not.toContain(SECRET);
  expect(store.dump()).not.toContain(csrf);
});

test('it ends after an hour, used or not', async () => {
  const store = await opened();
  const startMs = clock.now();
  clock.advance(SESSION_SECONDS * 1000 - 1);
  expect(await readSession(cookie(SECRET), { store })).toMatchObject({ value: { person: PERSON } });
  clock.set(startMs + SESSION_SECONDS * 1000);
  expect(await readSession(cookie(SECRET), { store })).toEqual({ ok: true, value: 'none' });
});

test('refuses what is no cookie of ours without a read', async () => {
  const store = await opened();
  store.calls.length = 0;
  for (const headers of [
    {},
    cookie(''),
    cookie('x'.repeat(42)),
    cookie(`${'x'.repeat(42)}!`),
    cookie('x'.repeat(8192)),
    { cookie: `__Host-mcp-session=${SECRET}; __Host-mcp-session=${SECRET}` },
    { cookie: `mcp-session=${SECRET}` },
  ])
    expect(await readSession(headers, { store })).toEqual({ ok: true, value: 'none' });
  expect(store.calls).toEqual([]);
});

test('a guessed cookie, or the hash of a real one, is no session', async () => {
  const store = await opened();
  for (const value of ['x'.repeat(43), hashOf(SECRET)])
    expect(await readSession(cookie(value), { store })).toEqual({ ok: true, value: 'none' });
});

test.each([
  [
    'everything of the person was ended',
    AUTH_KEYS.personSwitch(PERSON.subject),
    { revokedBeforeMs: clock.now() + 10_000_000 },
  ],
  ['everything of the gateway was ended', AUTH_KEYS.gatewaySwitch(), { revokedBeforeMs: clock.now() + 10_000_000 }],
])('it ends when %s', async (_, key, values) => {
  const store = await opened();
  await store.create(key, switchRecord(values), { validUntilMs: clock.now() + 60_000 });
  expect(await readSession(cookie(SECRET), { store })).toEqual({ ok: true, value: 'none' });
});

test.each([
  ['the person', AUTH_KEYS.personSwitch(PERSON.subject)],
  ['the gateway', AUTH_KEYS.gatewaySwitch()],
])('with %s blocked, no sign-in helps, and it says so', async (_, key) => {
  const store = await opened();
  await store.create(key, switchRecord({ blocked: true }), { validUntilMs: clock.now() + 60_000 });
  expect(await readSession(cookie(SECRET), { store })).toEqual({ ok: true, value: 'blocked' });
});

test('a session opened after the switch counts', async () => {
  const store = makeStore();
  const record = switchRecord({ revokedBeforeMs: clock.now() - 1 });
  await store.create(AUTH_KEYS.personSwitch(PERSON.subject), record, { validUntilMs: clock.now() + 60_000 });
  await openSession(PERSON, tools(store));
  expect(await readSession(cookie(SECRET), { store })).toMatchObject({ value: { switches: [record, undefined] } });
});

test('signed out, it is gone from the table as well, and stays gone when signed out twice', async () => {
  const store = await opened();
  const read = await readSession(cookie(SECRET), { store });
  const session = read.ok && typeof read.value === 'object' ? read.value : undefined;
  expect(session).toBeDefined();
  const cleared = '__Host-mcp-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0';
  expect(session && (await endSession(session, tools(store)))).toEqual({ ok: true, value: cleared });
  expect(store.peek<SessionRecord>(AUTH_KEYS.session(hashOf(SECRET)))).toBeUndefined();
  expect(session && (await endSession(session, tools(store)))).toEqual({ ok: true, value: cleared });
});

test('fails with the store’s failure, never as signed out', async () => {
  const store = await opened();
  const failure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;
  for (const skip of [0, 1]) {
    store.fail(failure, { operation: 'read', skip });
    expect(await readSession(cookie(SECRET), { store })).toEqual({ ok: false, error: failure });
  }
  store.fail(failure, { operation: 'create' });
  expect(await openSession(PERSON, tools(store))).toEqual({ ok: false, error: failure });
});
