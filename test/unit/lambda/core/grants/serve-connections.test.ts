import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import type { RefresherAnswer, RefresherRequest } from '../../../../../lambda/contract/refresher-api';
import type { GrantsRequest } from '../../../../../lambda/core/grants/parse-grants-request';
import { type GrantsDeps, serveGrants } from '../../../../../lambda/core/grants/serve-grants';
import type { BackendFailure } from '../../../../../lambda/core/ports';
import { ok, type Result } from '../../../../../lambda/core/result';
import { testClock } from '../../../../helpers/clock';
import { fakeAuthStore } from '../../../../helpers/fake-auth-store';
import { fakeConnections } from '../../../../helpers/fake-connections';
import { SUBJECT } from '../../../../helpers/grant';

const ADMIN = 'arn:aws:iam::123456789012:user/admin';
const BOB = 'B'.repeat(43);
const SALT = Buffer.alloc(32, 7).toString('base64url');
const THROTTLED: BackendFailure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' };

function record(subject: string, provider: string, changes: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    subject,
    provider,
    status: 'active',
    version: 7,
    facts: {
      kind: 'oauth',
      connectionId: 'id',
      account: { id: '42', name: 'alice', workspaceName: 'Acme' },
      scopes: ['repo'],
      connectedAtMs: Date.UTC(2026, 9, 1),
      failures: 0,
    },
    call: 'SEALED-CALL',
    refresh: 'SEALED-REFRESH',
    ...changes,
  };
}

function setUp() {
  const clock = testClock();
  const store = fakeConnections(clock, { pageSize: 2 });
  const asked: RefresherRequest[] = [];
  const refresher: { answer: Result<RefresherAnswer, BackendFailure> } = {
    answer: ok({ outcome: 'done', revokedAtProvider: true }),
  };
  const deps: GrantsDeps = {
    store: fakeAuthStore({ now: clock.now }),
    scan: { scan: async () => ok({ records: [] }) },
    hash: (text) => text,
    now: clock.now,
    connections: {
      providers: new Map([
        ['github', 'GitHub'],
        ['slack', 'Slack'],
      ]),
      store,
      refresher: {
        ask: async (request) => {
          asked.push(request);
          return refresher.answer;
        },
      },
      now: clock.now,
    },
  };
  const call = async (changes: Partial<GrantsRequest>, used: GrantsDeps = deps) => {
    const { answer, audit } = await serveGrants(
      {
        method: 'GET',
        route: '/connections',
        pathParameters: {},
        query: {},
        contentType: undefined,
        body: '',
        actor: ADMIN,
        requestId: 'request-1',
        ...changes,
      },
      used,
    );
    return { ...answer, audit };
  };
  const end = (subject: string, provider: string, changes: Partial<GrantsRequest> = {}) =>
    call({
      method: 'DELETE',
      route: '/connections/{subject}/{provider}',
      pathParameters: { subject, provider },
      ...changes,
    });
  const shred = (subject: string) =>
    call({ method: 'DELETE', route: '/connections/{subject}', pathParameters: { subject } });
  const set = (body: unknown) =>
    call({
      method: 'PUT',
      route: '/switches/{kind}',
      pathParameters: { kind: 'provider' },
      contentType: 'application/json',
      body: JSON.stringify(body),
    });
  return { clock, store, asked, refresher, deps, call, end, shred, set };
}

describe('a list of connections', () => {
  test('says whose account it is and how it fares, and nothing that is sealed', async () => {
    const { store, call, clock } = setUp();
    const facts = {
      ...record(SUBJECT, 'github').facts,
      failures: 3,
      lastError: { code: 'refresh_token_refused', atMs: clock.now() } as const,
    };
    store.plant(record(SUBJECT, 'github', { status: 'broken', facts, lastUsedAtMs: clock.now() }));
    const { status, body } = await call({ query: { subject: SUBJECT } });
    expect([status, body]).toEqual([
      200,
      {
        connections: [
          {
            subject: SUBJECT,
            provider: 'github',
            name: 'GitHub',
            kind: 'oauth',
            status: 'broken',
            account: { id: '42', name: 'alice', workspaceName: 'Acme' },
            scopes: ['repo'],
            connectedAt: '2026-10-01T00:00:00.000Z',
            lastUsedAt: '2026-11-01T00:00:00.000Z',
            lastError: {
              code: 'refresh_token_refused',
              at: '2026-11-01T00:00:00.000Z',
              message: 'The platform has ended the connection. Connect again.',
            },
          },
        ],
      },
    ]);
    expect(JSON.stringify(body)).not.toContain('SEALED');
  });

  test('has everybody’s, page by page, those of platforms that were removed too', async () => {
    const { store, call } = setUp();
    for (const provider of ['github', 'removed', 'slack']) store.plant(record(SUBJECT, provider));
    const first = (await call({})).body as { connections: { provider: string }[]; cursor: string };
    expect(first.connections.map(({ provider }) => provider)).toEqual(['github', 'removed']);
    const last = (await call({ query: { cursor: first.cursor } })).body as typeof first;
    expect(last).toMatchObject({ connections: [{ provider: 'slack' }] });
    expect(last.cursor).toBeUndefined();
  });

  test.each([
    ['a cursor nobody was given', { cursor: 'x' }, 'cursor is not one of an earlier list'],
    ['a subject that would break a key', { subject: 'x#y' }, 'The subject is not one of a person'],
    ['both', { subject: SUBJECT, cursor: 'x' }, 'subject and cursor are given together'],
    ['a parameter there is none of', { provider: 'github' }, 'The query has a parameter there is none of'],
  ])('refuses %s', async (_, query, message) => {
    const { status, body } = await setUp().call({ query });
    expect([status, body]).toMatchObject([400, { error: { code: 'invalid_request', message } }]);
  });
});

describe('ending a connection', () => {
  test('is the refresher’s to do, in the name of the administrator', async () => {
    const { end, asked } = setUp();
    expect(await end(SUBJECT, 'github')).toMatchObject({
      status: 200,
      body: { existed: true, revokedAtProvider: true },
      audit: { event: 'grants.disconnect', actor: ADMIN, target: `connection ${SUBJECT}/github`, outcome: 'ok' },
    });
    expect(asked).toEqual([{ action: 'disconnect', subject: SUBJECT, provider: 'github', by: ADMIN }]);
  });

  test('of what is not there, or cannot be revoked at the platform, says so', async () => {
    const { end, refresher } = setUp();
    refresher.answer = ok({ outcome: 'done' });
    expect((await end(SUBJECT, 'removed')).body).toEqual({ existed: false, revokedAtProvider: false });
  });

  test('fails as passing trouble where the refresher does not answer', async () => {
    const { end, refresher } = setUp();
    refresher.answer = { ok: false, error: { service: 'lambda', kind: 'unavailable', name: 'TimeoutError' } };
    expect(await end(SUBJECT, 'github')).toMatchObject({
      status: 503,
      body: { error: { code: 'grants_unavailable' } },
    });
  });

  test.each([
    ['a subject that would break a key', 'x#y', 'github', {}],
    ['a provider that would break a key', SUBJECT, 'git#hub', {}],
    ['a query', SUBJECT, 'github', { query: { provider: 'slack' } }],
    ['a body', SUBJECT, 'github', { body: '{}' }],
  ])('refuses %s', async (_, subject, provider, changes) => {
    const { end, asked } = setUp();
    expect((await end(subject, provider, changes)).status).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe('shredding a person', () => {
  async function connected() {
    const all = setUp();
    await all.store.ensureSalt(SUBJECT, { salt: SALT, createdAtMs: 1 });
    await all.store.ensureSalt(BOB, { salt: SALT, createdAtMs: 1 });
    for (const provider of ['github', 'slack']) all.store.plant(record(SUBJECT, provider));
    all.store.plant(record(BOB, 'github'));
    all.store.calls.length = 0;
    return all;
  }

  test('takes the salt first, then the records, of this person alone', async () => {
    const { shred, store, asked } = await connected();
    expect(await shred(SUBJECT)).toMatchObject({
      status: 200,
      body: { existed: true, removed: 2, complete: true },
      audit: { event: 'grants.shred', target: `person ${SUBJECT}`, actor: ADMIN },
    });
    expect(store.calls).toEqual(['removeSalt', 'namesOf', 'list', 'remove', 'remove']);
    expect(store.peekSalt(SUBJECT)).toBeUndefined();
    expect(store.dump()).not.toContain(`connection#${SUBJECT}`);
    expect([store.peekSalt(BOB), store.peek(BOB, 'github')]).toEqual([expect.anything(), expect.anything()]);
    // Nothing opens any more, so there is nothing to be revoked with.
    expect(asked).toEqual([]);
  });

  test('is done where there is nothing, and done again: that there was nothing is told', async () => {
    const { shred } = setUp();
    const nothing = { existed: false, removed: 0, complete: true };
    for (let i = 0; i < 2; i += 1) expect((await shred(SUBJECT)).body).toEqual(nothing);
    const { shred: again } = await connected();
    expect((await again(SUBJECT)).body).toMatchObject({ existed: true });
    expect((await again(SUBJECT)).body).toEqual(nothing);
  });

  test('leaves no record of a platform that is configured no longer', async () => {
    const { shred, store } = await connected();
    store.plant(record(SUBJECT, 'removed-long-ago'));
    expect((await shred(SUBJECT)).body).toEqual({ existed: true, removed: 3, complete: true });
    expect(store.dump()).not.toContain(`connection#${SUBJECT}`);
  });

  test('deletes what cannot be read', async () => {
    const { shred, store, deps } = await connected();
    const { list } = store;
    deps.connections &&
      Object.assign(deps.connections.store, {
        list: async (subject: string, names: readonly string[]) =>
          list(
            subject,
            names.filter((name) => name !== 'slack'),
          ),
      });
    expect((await shred(SUBJECT)).body).toEqual({ existed: true, removed: 2, complete: true });
    expect(store.dump()).not.toContain(`connection#${SUBJECT}`);
  });

  test('fails, with everything as it was, where the salt cannot be deleted', async () => {
    const { shred, store } = await connected();
    store.fail(THROTTLED, { operation: 'removeSalt' });
    expect((await shred(SUBJECT)).status).toBe(503);
    expect(store.calls).toEqual(['removeSalt']);
  });

  test.each(['namesOf', 'list', 'remove'] as const)(
    'says what is left where %s fails: the salt is gone',
    async (operation) => {
      const { shred, store } = await connected();
      for (let i = 0; i < 6; i += 1) store.fail(THROTTLED, { operation });
      expect(await shred(SUBJECT)).toMatchObject({ status: 200, body: { removed: 0, complete: false } });
      expect(store.peekSalt(SUBJECT)).toBeUndefined();
    },
  );

  test('meets what was refreshed meanwhile', async () => {
    const { shred, store, deps } = await connected();
    const { list } = store;
    let lists = 0;
    deps.connections &&
      Object.assign(deps.connections.store, {
        list: async (...names: Parameters<typeof list>) => {
          const found = await list(...names);
          if (lists++ === 0) store.plant(record(SUBJECT, 'github', { version: 8 }));
          return found;
        },
      });
    expect((await shred(SUBJECT)).body).toEqual({ existed: true, removed: 2, complete: true });
    expect(store.peek(SUBJECT, 'github')).toBeUndefined();
  });

  test.each(['x#y', '', `${SUBJECT}x`])('refuses %j', async (subject) => {
    const { shred, store } = setUp();
    expect((await shred(subject)).status).toBe(400);
    expect(store.calls).toEqual([]);
  });
});

describe('the switch of a platform', () => {
  test('is set, taken back, and listed with the others', async () => {
    const { set, call, store, clock } = setUp();
    const blocked = {
      kind: 'provider',
      id: 'github',
      blocked: true,
      updatedAt: '2026-11-01T00:00:00.000Z',
      updatedBy: ADMIN,
    };
    expect(await set({ id: 'github', blocked: true })).toMatchObject({
      status: 200,
      body: blocked,
      audit: { event: 'grants.set-switch', target: 'block provider github' },
    });
    expect(store.peekSwitch('github')).toEqual({ blocked: true, updatedAtMs: clock.now(), updatedBy: ADMIN });
    expect((await call({ route: '/switches' })).body).toEqual({ switches: [blocked] });
    expect((await call({ route: '/switches', query: { cursor: 'next' } })).body).toEqual({ switches: [] });
    await set({ id: 'github', blocked: false });
    expect(store.peekSwitch('github')).toMatchObject({ blocked: false });
  });

  test('refuses a platform there is none of, and names those there are', async () => {
    const { set, store } = setUp();
    expect(await set({ id: 'gihtub', blocked: true })).toMatchObject({
      status: 404,
      body: {
        error: {
          code: 'unknown_provider',
          message: 'People connect no platform of that name here',
          help: 'Platforms people connect: github, slack.',
        },
      },
    });
    expect(store.calls).toEqual([]);
  });

  test.each([
    [{ id: 'github', action: 'block' }],
    [{ id: 'github', blocked: 'yes' }],
    [{ id: 'git#hub', blocked: true }],
    [{ blocked: true }],
    [null],
  ])('refuses %j', async (body) => {
    const { set, store } = setUp();
    expect(await set(body)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
    expect(store.calls).toEqual([]);
  });

  test('a table that does not answer hides no switch: the list fails', async () => {
    const { call, store } = setUp();
    store.fail(THROTTLED, { operation: 'list' });
    expect((await call({ route: '/switches' })).status).toBe(503);
  });
});

test.each([
  ['GET', '/connections', {}, ''],
  ['DELETE', '/connections/{subject}', { subject: SUBJECT }, ''],
  ['DELETE', '/connections/{subject}/{provider}', { subject: SUBJECT, provider: 'github' }, ''],
  ['PUT', '/switches/{kind}', { kind: 'provider' }, '{"id":"github","blocked":true}'],
])(
  'refuses %s %s where no platform is configured',
  async (method, route, pathParameters: Record<string, string>, body) => {
    const { call, deps } = setUp();
    const none = { ...deps, connections: undefined };
    const contentType = 'application/json';
    expect(await call({ method, route, pathParameters, body, contentType }, none)).toMatchObject({
      status: 404,
      body: { error: { message: 'There is no such call' } },
    });
  },
);

test('refuses a request without an AWS identity', async () => {
  const { call, store } = setUp();
  expect((await call({ actor: undefined })).status).toBe(403);
  expect(store.calls).toEqual([]);
});
