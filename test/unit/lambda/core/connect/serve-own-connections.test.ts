import type { AuthzAnswer } from '../../../../../lambda/core/authz/http';
import { internalPageFailure, servePages } from '../../../../../lambda/core/connect/serve-pages';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import type { TokenHolder } from '../../../../../lambda/core/vault/token-holder';
import type { VaultRefusal } from '../../../../../lambda/core/vault/vault-refusal';
import { ADA, BOB, ISSUER, person, type Scene, scene, THROTTLED } from './connect-fixture';

const KEY = 'rk_live_0123456789abcdef';
let at: Scene;
let caller: Result<TokenHolder, VaultRefusal>;

beforeEach(() => {
  at = scene();
  caller = ok({ person: person(ADA), scopes: ['connections:manage'] });
});

interface Call {
  readonly body?: unknown;
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function call(method: string, path: string, { body, raw, headers = {} }: Call = {}): Promise<AuthzAnswer> {
  return servePages(
    {
      method,
      path: `/vault/v1/connections${path}`,
      query: {},
      headers: { authorization: 'Bearer x', 'content-type': 'application/json', ...headers },
      body: raw ?? (body === undefined ? '' : JSON.stringify(body)),
      requestId: 'req-1',
    },
    { ...at.deps, callers: async () => caller },
  );
}

const codeOf = ({ status, body }: AuthzAnswer) => [status, JSON.parse(body).error.code];

test('lists what is connected and what could be, without anything of what is sealed', async () => {
  const ada = await at.browser();
  await ada.connect();
  const { status, body, headers } = await call('GET', '');
  expect([status, headers['Cache-Control']]).toEqual([200, 'no-store']);
  expect(JSON.parse(body)).toEqual({
    connections: [
      {
        provider: 'github',
        name: 'GitHub',
        kind: 'oauth',
        status: 'active',
        account: { id: '583231', name: 'octocat', workspaceId: 'org-1' },
        scopes: ['repo', 'read:user'],
        connectedAt: new Date(at.clock.now()).toISOString(),
      },
    ],
    providers: [
      { provider: 'github', name: 'GitHub', kind: 'oauth', connectUrl: `${ISSUER}/connect/github`, blocked: false },
      { provider: 'notion', name: 'Notion', kind: 'oauth', connectUrl: `${ISSUER}/connect/notion`, blocked: false },
      {
        provider: 'stripe',
        name: 'Stripe',
        kind: 'key',
        parts: ['key'],
        connectUrl: `${ISSUER}/connect/stripe`,
        blocked: false,
      },
    ],
  });
});

test('says when it was used, refreshed and went wrong, in words', async () => {
  const ada = await at.browser();
  await ada.connect();
  const found = at.connections.peek(ADA, 'github');
  if (found === undefined) throw new Error('not connected');
  const lastError = { code: 'answer_lost', atMs: 3 } as const;
  at.connections.plant({
    ...found,
    status: 'broken',
    lastUsedAtMs: 1,
    facts: { ...found.facts, refreshedAtMs: 2, lastError },
  });
  expect(JSON.parse((await call('GET', '')).body).connections[0]).toMatchObject({
    status: 'broken',
    lastUsedAt: '1970-01-01T00:00:00.001Z',
    refreshedAt: '1970-01-01T00:00:00.002Z',
    lastError: {
      code: 'answer_lost',
      at: '1970-01-01T00:00:00.003Z',
      message: expect.stringContaining('Connect again.'),
    },
  });
});

test('stores one’s own key, and repeats nothing of it', async () => {
  const answer = await call('PUT', '/stripe', { body: { parts: { key: KEY } } });
  expect(JSON.parse(answer.body)).toMatchObject({ provider: 'stripe', kind: 'key', status: 'active' });
  expect(at.connections.peek(ADA, 'stripe')?.facts.parts).toEqual(['key']);
  expect(JSON.stringify([answer, at.events, at.connections.dump()])).not.toContain(KEY);
});

test.each<[string, Call, number]>([
  ['no JSON', { raw: 'x' }, 400],
  ['a list', { body: [] }, 400],
  ['another member', { body: { parts: { key: KEY }, subject: BOB } }, 400],
  ['a member twice', { raw: `{"parts":{"key":"${KEY}"},"parts":{"key":"${KEY}2"}}` }, 400],
  ['no part', { body: { parts: {} } }, 400],
  ['another part', { body: { parts: { key: KEY, other: KEY } } }, 400],
  ['a number', { body: { parts: { key: 12345678 } } }, 400],
  ['a short key', { body: { parts: { key: 'abc' } } }, 400],
  ['a header in a key', { body: { parts: { key: `${KEY}\r\nX: y` } } }, 400],
  ['another type', { body: { parts: { key: KEY } }, headers: { 'content-type': 'text/plain' } }, 415],
  ['64 KB', { raw: `{"parts":{"key":"${'k'.repeat(65_536)}"}}` }, 413],
])('refuses a key as %s', async (_, request, status) => {
  const answer = await call('PUT', '/stripe', request);
  expect(codeOf(answer)).toEqual([status, 'invalid_request']);
  expect(answer.body).not.toContain(KEY);
  expect(at.connections.peek(ADA, 'stripe')).toBeUndefined();
});

test('refuses a key for a platform of accounts, and says where one connects', async () => {
  const answer = await call('PUT', '/github', { body: { parts: { key: KEY } } });
  expect(codeOf(answer)).toEqual([400, 'invalid_request']);
  expect(JSON.parse(answer.body).error.help).toBe(`Open ${ISSUER}/connect/github.`);
});

test('disconnects, of this person only', async () => {
  const { status, body } = await call('DELETE', '/github');
  expect([status, JSON.parse(body)]).toEqual([200, { existed: true, revokedAtProvider: true }]);
  expect(at.refresherAsked).toEqual([{ action: 'disconnect', subject: ADA, provider: 'github', by: ADA }]);
});

test.each([
  ['could not be told', { revokedAtProvider: false }],
  ['was not asked, as nothing was there', {}],
])('says that the platform %s', async (_, answer) => {
  at.refresherAnswers = () => ok({ outcome: 'done', ...answer });
  expect(JSON.parse((await call('DELETE', '/github')).body)).toEqual({
    existed: 'revokedAtProvider' in answer,
    revokedAtProvider: false,
  });
});

test.each([
  ['no token', 'unauthorized', 401],
  ['wrong_audience', 'unauthorized', 401],
] as const)('refuses a call with %s', async (cause, code, status) => {
  caller = err({ code: 'unauthorized', cause });
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', '/stripe'],
    ['DELETE', '/github'],
  ] as const) {
    expect(codeOf(await call(method, path, { body: { parts: { key: KEY } } }))).toEqual([status, code]);
  }
  expect(at.events.at(-1)).toMatchObject({ event: 'connections.delete', outcome: code, cause });
  expect(at.connections.calls).toEqual([]);
});

test('refuses a token without the scope, an administrator’s for keys included', async () => {
  caller = ok({ person: { ...person(ADA), isAdministrator: true }, scopes: ['vault:manage'] });
  expect(codeOf(await call('GET', ''))).toEqual([403, 'forbidden']);
});

test.each([
  ['GET', '/github', 404, 'invalid_request'],
  ['POST', '', 404, 'invalid_request'],
  ['DELETE', '/slack', 404, 'unknown_provider'],
  ['DELETE', '/__proto__', 404, 'unknown_provider'],
  ['DELETE', '/github/../stripe', 404, 'unknown_provider'],
])('fails for %s %s', async (method, path, status, code) => {
  expect(codeOf(await call(method, path))).toEqual([status, code]);
});

test('fails where the platform is switched off', async () => {
  await at.connections.switchProvider('stripe', { blocked: true, updatedAtMs: 1, updatedBy: 'x' });
  expect(codeOf(await call('PUT', '/stripe', { body: { parts: { key: KEY } } }))).toEqual([403, 'switched_off']);
});

test('fails as passing where waiting helps, and says when to come again', async () => {
  at.connections.fail(THROTTLED, { operation: 'list' });
  const listed = await call('GET', '');
  expect(codeOf(listed)).toEqual([503, 'connections_unavailable']);
  expect(listed.headers['Retry-After']).toBe('1');
  at.refresherAnswers = () => err({ service: 'lambda', kind: 'throttled', name: 'X' });
  expect(codeOf(await call('DELETE', '/github'))).toEqual([503, 'connections_unavailable']);
  caller = err({ code: 'backend', failure: { service: 'dynamodb', kind: 'denied', name: 'AccessDeniedException' } });
  expect(codeOf(await call('GET', ''))).toEqual([500, 'internal']);
});

test('what nobody foresaw is told a program in JSON, and a person on a page', () => {
  const request = { method: 'GET', query: {}, headers: {}, body: '', requestId: 'r' };
  const deps = { config: { branding: { name: 'Acme' } } };
  expect(codeOf(internalPageFailure({ ...request, path: '/vault/v1/connections' }, deps))).toEqual([500, 'internal']);
  expect(internalPageFailure({ ...request, path: '/connect/github' }, deps).headers['Content-Type']).toContain(
    'text/html',
  );
});
