import {
  AUTH_KEYS,
  type GrantRecord,
  type PersonRecord,
  type SwitchRecord,
} from '../../../../../lambda/contract/auth-record';
import { hashOf } from '../../../../../lambda/core/authz/handle';
import type { AuthzAnswer, AuthzRequest } from '../../../../../lambda/core/authz/http';
import type { AuthEvent } from '../../../../../lambda/core/authz/ports';
import { openSession, readSession } from '../../../../../lambda/core/authz/session';
import type { AccountDeps } from '../../../../../lambda/core/connect/connect-deps';
import {
  serveAccount,
  serveAccountRevoke,
  serveAccountSignOut,
} from '../../../../../lambda/core/connect/serve-account';
import { testClock } from '../../../../helpers/clock';
import { type FakeAuthStore, fakeAuthStore } from '../../../../helpers/fake-auth-store';
import { BRANDING, CLIENTS, grant as exampleGrant, NOW_MS, textOf } from '../authz/pages/page-fixture';

const ISSUER = 'https://mcp.acme.example';
const SUBJECT = 's'.repeat(43);
const THROTTLED = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;
const person = (subject: string): PersonRecord => ({
  subject,
  displayName: `person ${subject[0]}`,
  groups: [],
  isAdministrator: false,
  authenticatedAtMs: NOW_MS,
});

let clock: ReturnType<typeof testClock>;
let store: FakeAuthStore;
let deps: AccountDeps;
let events: AuthEvent[];
let randomByte: number;

beforeEach(() => {
  clock = testClock(NOW_MS);
  store = fakeAuthStore({ now: clock.now });
  events = [];
  randomByte = 0;
  deps = {
    store,
    now: clock.now,
    randomBytes: (length) => new Uint8Array(length).fill(++randomByte),
    log: (event) => events.push(event),
    issuer: ISSUER,
    config: { branding: BRANDING },
    upstreamNames: ['stripe'],
  };
});

interface Browser {
  readonly cookie: string;
  readonly csrf: string;
}

async function signIn(subject = SUBJECT): Promise<Browser> {
  const set = await openSession(person(subject), deps);
  const cookie = set.ok ? (set.value.split(';')[0] ?? '') : '';
  const session = await readSession({ cookie }, deps);
  return { cookie, csrf: session.ok && typeof session.value === 'object' ? session.value.csrf : '' };
}

async function have(grantId: string, values: Partial<GrantRecord> = {}, subject = SUBJECT): Promise<void> {
  const record = exampleGrant(grantId, { person: person(subject), ...values });
  await store.create(AUTH_KEYS.grant(subject, grantId), record, { validUntilMs: NOW_MS + 86_400_000 });
}

const phaseOf = (grantId: string, subject = SUBJECT) =>
  store.peek<GrantRecord>(AUTH_KEYS.grant(subject, grantId))?.phase;

function get(cookie: string | undefined, query: Record<string, string[]> = {}): Promise<AuthzAnswer> {
  const headers = cookie === undefined ? {} : { cookie };
  return serveAccount({ method: 'GET', path: '/account', query, headers, body: '', requestId: 'req-1' }, deps);
}

function form(browser: Browser, fields: Record<string, string>, headers: Record<string, string> = {}): AuthzRequest {
  return {
    method: 'POST',
    path: '/account/revoke',
    query: {},
    headers: {
      cookie: browser.cookie,
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'null',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    body: new URLSearchParams({ csrf: browser.csrf, ...fields }).toString(),
    requestId: 'req-1',
  };
}

const titleOf = ({ body }: AuthzAnswer) => /<h1[^>]*>(.*?)<\/h1>/.exec(body)?.[1];

describe('GET /account', () => {
  test('without a session, leads to sign-in, and back', async () => {
    for (const cookie of [undefined, '__Host-mcp-session=x', `__Host-mcp-session=${'x'.repeat(43)}`])
      expect((await get(cookie)).headers['Location']).toBe(`${ISSUER}/account/sign-in?continue=%2Faccount`);
  });

  test('lists what counts, the last used first, of this person only', async () => {
    const { cookie } = await signIn();
    await have('a', { client: { ...CLIENTS.dynamic, name: 'Older' }, lastUsedAtMs: NOW_MS - 9_000_000 });
    await have('b', { client: { ...CLIENTS.dynamic, name: 'Newer' } });
    await have('c', {
      lastUsedAtMs: NOW_MS,
      phase: 'code',
      codeExpiresAtMs: NOW_MS + 60_000,
      client: { ...CLIENTS.dynamic, name: 'Coming' },
      createdAtMs: NOW_MS,
    });
    await have('d', { client: { ...CLIENTS.dynamic, name: 'Revoked' }, phase: 'revoked' });
    await have('e', { client: { ...CLIENTS.dynamic, name: 'Ended' }, endsAtMs: NOW_MS });
    await have('f', { client: { ...CLIENTS.dynamic, name: 'Lost' }, phase: 'code', codeExpiresAtMs: NOW_MS });
    await have('g', { client: { ...CLIENTS.dynamic, name: 'Stranger’s' } }, 't'.repeat(43));
    await have('h', { client: { ...CLIENTS.dynamic, name: 'Blocked', clientId: 'bad' } });
    const blocked: SwitchRecord = { kind: 'client', blocked: true, revokedBeforeMs: 0, updatedAtMs: 1, updatedBy: 'x' };
    await store.create(AUTH_KEYS.clientSwitch(hashOf('bad')), blocked, { validUntilMs: NOW_MS + 1000 });
    const { status, body } = await get(cookie);
    expect(status).toBe(200);
    expect([...body.matchAll(/<h2[^>]*><bdi>(.*?)<\/bdi>/g)].map(([, name]) => name)).toEqual([
      'Coming',
      'Newer',
      'Older',
    ]);
  });

  test('grants made before the person’s switch are over, though the session came later', async () => {
    const ended: SwitchRecord = {
      kind: 'person',
      blocked: false,
      revokedBeforeMs: NOW_MS - 1,
      updatedAtMs: 1,
      updatedBy: 'x',
    };
    await store.create(AUTH_KEYS.personSwitch(SUBJECT), ended, { validUntilMs: NOW_MS + 10_000 });
    await have('a');
    const { cookie } = await signIn();
    expect(textOf(await get(cookie))).toContain('No agent acts for you.');
  });

  test('a blocked person is told so, and not sent to sign in again and again', async () => {
    const browser = await signIn();
    await have('a');
    const blocked: SwitchRecord = { kind: 'person', blocked: true, revokedBeforeMs: 0, updatedAtMs: 1, updatedBy: 'x' };
    await store.create(AUTH_KEYS.personSwitch(SUBJECT), blocked, { validUntilMs: NOW_MS + 10_000 });
    for (const answer of [await get(browser.cookie), await serveAccountRevoke(form(browser, { grant: 'a' }), deps)]) {
      expect([answer.status, titleOf(answer)]).toEqual([403, 'Access is switched off']);
      expect(answer.body).not.toContain('<a ');
    }
  });

  test('repeats nothing of the address', async () => {
    const { cookie } = await signIn();
    for (const done of ['<b>', '__proto__', 'constructor', 'signed-out']) {
      const { status, body } = await get(cookie, { done: [done] });
      expect(status).toBe(200);
      expect(body).not.toContain('role="status"');
    }
  });

  test('fails with a page while the store does, and keeps the session', async () => {
    const { cookie } = await signIn();
    await have('a');
    for (const [operation, skip] of [
      ['read', 0],
      ['read', 1],
      ['list', 0],
      ['read', 2],
    ] as const) {
      store.fail(THROTTLED, { operation, skip });
      const answer = await get(cookie);
      expect(answer.status).toBe(503);
      expect(answer.cookies).toBeUndefined();
    }
    expect((await get(cookie)).status).toBe(200);
    expect(events.map(({ cause }) => cause)).toEqual(Array(4).fill('dynamodb.ThrottlingException'));
  });
});

describe('POST /account/revoke', () => {
  test('revokes one grant, says so after a GET, and logs it', async () => {
    const browser = await signIn();
    await have('a');
    await have('b');
    const answer = await serveAccountRevoke(form(browser, { grant: 'a' }), deps);
    expect(answer).toMatchObject({ status: 303, headers: { Location: `${ISSUER}/account?done=revoked` } });
    expect([phaseOf('a'), phaseOf('b')]).toEqual(['revoked', 'active']);
    expect(store.peek<GrantRecord>(AUTH_KEYS.grant(SUBJECT, 'a'))?.revoked).toEqual({
      atMs: NOW_MS,
      by: SUBJECT,
      reason: 'person',
    });
    expect(events).toEqual([
      { event: 'grant.revoked', outcome: 'ok', reason: 'person', subject: SUBJECT, grantId: 'a' },
    ]);
    expect(textOf(await get(browser.cookie, { done: ['revoked'] }))).toContain('Access is revoked.');
  });

  test('revokes all, those a client has not fetched yet as well', async () => {
    const browser = await signIn();
    await have('a');
    await have('b', { phase: 'code', codeExpiresAtMs: NOW_MS });
    await have('c', {}, 't'.repeat(43));
    const answer = await serveAccountRevoke(form(browser, { grant: '*' }), deps);
    expect(answer.headers['Location']).toBe(`${ISSUER}/account?done=all-revoked`);
    expect([phaseOf('a'), phaseOf('b'), phaseOf('c', 't'.repeat(43))]).toEqual(['revoked', 'revoked', 'active']);
  });

  test('a link of another site that says so fails to have it said where it is not so', async () => {
    const browser = await signIn();
    await have('a');
    await have('b');
    const notices = async () => {
      const pages = await Promise.all(['revoked', 'all-revoked'].map((done) => get(browser.cookie, { done: [done] })));
      return pages.map((page) => page.body.includes('role="status"'));
    };
    expect(await notices()).toEqual([false, false]);
    await serveAccountRevoke(form(browser, { grant: 'a' }), deps);
    expect(await notices()).toEqual([true, false]);
    clock.advance(60_000);
    expect(await notices()).toEqual([false, false]);
    await serveAccountRevoke(form(browser, { grant: '*' }), deps);
    expect(await notices()).toEqual([true, true]);
    expect(textOf(await get(browser.cookie, { done: ['all-revoked'] }))).toContain('All access is revoked.');
    await have('c');
    expect(await notices()).toEqual([true, false]);
  });

  test('twice, or of what never was, is done already', async () => {
    const browser = await signIn();
    await have('a');
    for (const grant of ['a', 'a', 'unknown'])
      expect((await serveAccountRevoke(form(browser, { grant }), deps)).status).toBe(303);
    expect(events.map(({ event, grantId }) => [event, grantId])).toEqual([['grant.revoked', 'a']]);
  });

  test('refuses to touch a grant of somebody else', async () => {
    const browser = await signIn();
    await have('theirs', {}, 't'.repeat(43));
    for (const grant of ['theirs', `../${'t'.repeat(43)}/theirs`, `${'t'.repeat(43)}#grant#theirs`])
      await serveAccountRevoke(form(browser, { grant }), deps);
    expect(phaseOf('theirs', 't'.repeat(43))).toBe('active');
  });

  test.each([
    ['no token', { csrf: '' }, {}, 400],
    ['a wrong token', { csrf: 'x'.repeat(43) }, {}, 400],
    ['a form of another site', {}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a form of a neighbouring host', {}, { 'sec-fetch-site': 'same-site' }, 403],
    ['JSON', {}, { 'content-type': 'application/json' }, 400],
    ['text that looks like a form', {}, { 'content-type': 'text/plain' }, 400],
    ['no grant', { grant: '' }, {}, 400],
    ['a grant id of another form', { grant: 'a#b' }, {}, 400],
  ])('refuses %s', async (_, fields, headers, status) => {
    const browser = await signIn();
    await have('a');
    const answer = await serveAccountRevoke(form(browser, { grant: 'a', ...fields }, headers), deps);
    expect(answer.status).toBe(status);
    expect(phaseOf('a')).toBe('active');
  });

  test('refuses a field that comes twice', async () => {
    const browser = await signIn();
    await have('a');
    const request = form(browser, { grant: 'a' });
    expect((await serveAccountRevoke({ ...request, body: `${request.body}&grant=b` }, deps)).status).toBe(400);
    expect(phaseOf('a')).toBe('active');
  });

  test('refuses the token of another session of the same person', async () => {
    const [browser, other] = [await signIn(), await signIn()];
    await have('a');
    expect((await serveAccountRevoke(form({ ...browser, csrf: other.csrf }, { grant: 'a' }), deps)).status).toBe(400);
    expect(phaseOf('a')).toBe('active');
  });

  test('with a session that is over, says so on a page: a redirect would be stopped by the policy', async () => {
    const browser = await signIn();
    clock.advance(3_600_000);
    const answer = await serveAccountRevoke(form(browser, { grant: 'a' }), deps);
    expect([answer.status, titleOf(answer)]).toEqual([403, 'Your session has ended']);
    expect(answer.cookies).toEqual([expect.stringMatching(/^__Host-mcp-session=; .*Max-Age=0$/)]);
  });

  test('fails while the store does; pressing again finishes', async () => {
    const browser = await signIn();
    await have('a');
    await have('b');
    store.fail(THROTTLED, { operation: 'replace', skip: 1 });
    expect((await serveAccountRevoke(form(browser, { grant: '*' }), deps)).status).toBe(503);
    store.fail('after_write');
    expect((await serveAccountRevoke(form(browser, { grant: '*' }), deps)).status).toBe(503);
    expect((await serveAccountRevoke(form(browser, { grant: '*' }), deps)).status).toBe(303);
    expect([phaseOf('a'), phaseOf('b')]).toEqual(['revoked', 'revoked']);
  });
});

describe('POST /account/sign-out', () => {
  test('ends the session here and in the table, and says so', async () => {
    const browser = await signIn();
    const answer = await serveAccountSignOut(form(browser, {}), deps);
    expect(answer).toMatchObject({ status: 303, headers: { Location: `${ISSUER}/account?done=signed-out` } });
    expect(answer.cookies).toEqual([expect.stringMatching(/^__Host-mcp-session=; .*Max-Age=0$/)]);
    expect(titleOf(await get(undefined, { done: ['signed-out'] }))).toBe('You are signed out');
    expect((await get(browser.cookie)).status).toBe(303);
  });

  test('refuses another site’s form', async () => {
    const browser = await signIn();
    const answer = await serveAccountSignOut(form(browser, {}, { 'sec-fetch-site': 'cross-site' }), deps);
    expect(answer.status).toBe(403);
    expect((await get(browser.cookie)).status).toBe(200);
  });

  test('fails while the store does: a session nobody could end is not called ended', async () => {
    const browser = await signIn();
    store.fail(THROTTLED, { operation: 'replace' });
    const answer = await serveAccountSignOut(form(browser, {}), deps);
    expect([answer.status, answer.cookies]).toEqual([503, undefined]);
  });
});

test('no page and no log line holds the cookie or a token of it', async () => {
  const browser = await signIn();
  await have('a');
  const secret = browser.cookie.split('=')[1] ?? '';
  const answers = [
    await get(browser.cookie),
    await serveAccountRevoke(form(browser, { grant: 'a', csrf: 'wrong' }), deps),
    await serveAccountRevoke(form(browser, { grant: 'a' }), deps),
  ];
  expect(JSON.stringify(answers)).not.toContain(secret);
  expect(JSON.stringify(events)).not.toContain(secret);
  expect(JSON.stringify(events)).not.toContain(browser.csrf);
});
