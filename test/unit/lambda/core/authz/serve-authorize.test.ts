import { AUTH_KEYS, type TransactionRecord } from '../../../../../lambda/contract/auth-record';
import { clientHash } from '../../../../../lambda/core/authz/clients/client';
import { handleFrom } from '../../../../../lambda/core/authz/handle';
import type { AuthzAnswer } from '../../../../../lambda/core/authz/http';
import { serveAuthorize } from '../../../../../lambda/core/authz/serve-authorize';
import {
  authorizeQuery,
  Browser,
  CHALLENGE,
  CLAUDE,
  CLAUDE_CODE,
  clientAnswer,
  IDP,
  ISSUER,
  locationOf,
  MACHINE_CLIENT,
  register,
  requestOf,
  type SignInFixture,
  signInFixture,
  THROTTLED,
  WEB_CLIENT,
  WEB_REDIRECT,
} from './sign-in-fixture';

let fixture: SignInFixture;
beforeEach(() => {
  fixture = signInFixture();
});

type Changes = Parameters<typeof authorizeQuery>[0];
const authorize = (changes: Changes = {}): Promise<AuthzAnswer> =>
  new Browser(fixture.deps).authorize(authorizeQuery(changes));

async function transactionOf(answer: AuthzAnswer): Promise<TransactionRecord | undefined> {
  const secret = /^__Host-mcp-[\w-]{8}=([\w-]{43});/.exec(answer.cookies?.[0] ?? '')?.[1] ?? '';
  return fixture.store.peek<TransactionRecord>(AUTH_KEYS.transaction(handleFrom(secret).transactionId));
}

function expectPage(answer: AuthzAnswer, status = 400): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['Location']).toBeUndefined();
  expect(answer.headers['Content-Type']).toContain('text/html');
  expect(answer.cookies ?? []).toEqual([]);
}

test('a valid request goes to the company’s identity provider, and is kept as it was checked', async () => {
  const answer = await authorize({ resource: 'https://MCP.acme.example/mcp/stripe/', scope: 'mcp:tools unknown' });
  expect(answer.status).toBe(303);
  expect(locationOf(answer)).toMatch(/^https:\/\/login\.acme\.example\/authorize\?/);
  expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  expect(await transactionOf(answer)).toEqual({
    request: {
      client: { clientId: WEB_CLIENT, kind: 'registered', name: 'Acme CLI', authentication: 'none' },
      redirectUri: WEB_REDIRECT,
      state: 'client-state',
      codeChallenge: CHALLENGE,
      scopes: ['mcp:tools'],
      resource: `${ISSUER}/mcp/stripe`,
    },
    phase: 'login',
    createdAtMs: fixture.clock.now(),
  });
});

test('without scope and resource it is what there is at the default endpoint', async () => {
  const record = await transactionOf(await authorize());
  expect(record?.request).toMatchObject({ resource: `${ISSUER}/mcp`, scopes: ['mcp:tools', 'mcp:admin'] });
});

test('a form may carry what is too long for an address', async () => {
  const body = new URLSearchParams(
    Object.entries(authorizeQuery()).map(([name, [value = '']]): [string, string] => [name, value]),
  );
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const posted = await serveAuthorize(
    requestOf('POST', '/authorize', { body: body.toString(), headers }),
    fixture.deps,
  );
  expect(locationOf(posted)).toContain(IDP);
  expectPage(await serveAuthorize(requestOf('POST', '/authorize', { query: authorizeQuery() }), fixture.deps));
});

test('a Host of the attacker’s choice is in no address', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
  const started = await serveAuthorize(
    requestOf('GET', '/authorize', { query: authorizeQuery(), headers }),
    fixture.deps,
  );
  expect(new URL(locationOf(started)).searchParams.get('redirect_uri')).toBe(`${ISSUER}/idp/callback`);
  const query = authorizeQuery({ prompt: 'none' });
  const refused = await serveAuthorize(requestOf('GET', '/authorize', { query, headers }), fixture.deps);
  expect(clientAnswer(refused)['iss']).toBe(ISSUER);
});

test('nothing that could finish a sign-in is stored, and nothing secret is logged', async () => {
  const answer = await authorize();
  const { searchParams } = new URL(locationOf(answer));
  const secrets = [
    /=([\w-]{43});/.exec(answer.cookies?.[0] ?? '')?.[1],
    searchParams.get('state')?.split('.')[1],
    searchParams.get('nonce'),
    searchParams.get('verifier'),
  ];
  expect(secrets.every((secret) => secret?.length === 43)).toBe(true);
  const visible = fixture.store.dump() + JSON.stringify(fixture.events);
  expect(secrets.filter((secret) => visible.includes(String(secret)))).toEqual([]);
  expect(fixture.events.map(({ event }) => event)).toEqual(['authorize.accepted', 'sign_in.started']);
});

test.each([
  [
    'Claude, at either of its addresses',
    { client_id: CLAUDE, redirect_uri: 'https://claude.com/api/mcp/auth_callback' },
  ],
  [
    'Claude Code, on any port of localhost',
    { client_id: CLAUDE_CODE, redirect_uri: 'http://localhost:51000/callback' },
  ],
  ['Claude Code, on any port of 127.0.0.1', { client_id: CLAUDE_CODE, redirect_uri: 'http://127.0.0.1:1/callback' }],
])('lets in %s', async (_, changes) => {
  expect(locationOf(await authorize(changes))).toContain(IDP);
});

test('lets in a client that has just registered itself', async () => {
  const { client_id } = JSON.parse((await register(fixture, { redirect_uris: ['http://localhost/cb'] })).body);
  expect(locationOf(await authorize({ client_id, redirect_uri: 'http://localhost:6274/cb' }))).toContain(IDP);
});

describe('before the redirect URI is found with the client, an attacker gets a page and never a redirect', () => {
  test.each<[string, Changes]>([
    ['an unknown client', { client_id: 'nobody' }],
    ['a member of every object as client', { client_id: '__proto__' }],
    ['no client', { client_id: undefined }],
    ['two clients', { client_id: [WEB_CLIENT, CLAUDE] }],
    ['one client twice', { client_id: [WEB_CLIENT, WEB_CLIENT] }],
    ['no redirect URI, of a client with only one', { redirect_uri: undefined }],
    ['two redirect URIs, the registered one first', { redirect_uri: [WEB_REDIRECT, 'https://evil.example/cb'] }],
    ['two redirect URIs, the registered one last', { redirect_uri: ['https://evil.example/cb', WEB_REDIRECT] }],
    ['a redirect URI of another host', { redirect_uri: 'https://evil.example/callback' }],
    ['a redirect URI of another client', { redirect_uri: 'https://claude.ai/api/mcp/auth_callback' }],
    ['a script as redirect URI', { redirect_uri: 'javascript:alert(1)' }],
    ['a client that is a machine', { client_id: MACHINE_CLIENT }],
    ['a machine, and an address', { client_id: MACHINE_CLIENT, redirect_uri: '' }],
    ['a state of 8 KB', { state: 's'.repeat(8192) }],
    ['a dynamic client id of the right form that nobody has', { client_id: `dcr_${'x'.repeat(22)}` }],
  ])('%s', async (_, changes) => {
    expectPage(await authorize(changes));
    expect(fixture.fetched).toEqual([]);
    expect(fixture.events).toHaveLength(1);
  });

  test.each<[string, string, string]>([
    ['a client id on a host that is not listed, which is named', 'https://evil.example/client.json', 'evil.example'],
    ['a host below a listed one', 'https://x.claude.ai/client.json', 'x.claude.ai'],
  ])('%s', async (_, client_id, host) => {
    const answer = await authorize({ client_id });
    expectPage(answer);
    expect(answer.body).toContain(host);
    expect(fixture.fetched).toEqual([]);
    expect(fixture.events).toMatchObject([
      { event: 'client.refused', outcome: 'client_not_allowed', clientHost: host },
    ]);
  });

  test.each([
    'http://127.0.0.1:1/x/../callback',
    'http://127.0.0.1:1/x/%2e%2e/callback',
    'http://127.0.0.1:1\\callback',
    'http://127.0.0.1.evil.example/callback',
    'http://[::ffff:127.0.0.1]/callback',
    'http://localhost./callback',
    'http://[::1]/callback',
  ])('an address that only resembles a loopback one: %s', async (redirect_uri) => {
    expectPage(await authorize({ client_id: CLAUDE_CODE, redirect_uri }));
    expect(fixture.events).toMatchObject([{ event: 'client.refused', outcome: 'redirect_not_registered' }]);
  });

  test('a document that cannot be fetched is the client’s failure, not the server’s', async () => {
    const client_id = 'https://claude.ai/gone.json';
    expectPage(await authorize({ client_id }));
    expect(fixture.fetched).toEqual([client_id]);
  });
});

describe('then the client is told, with its state and the issuer', () => {
  test.each<[string, Changes, string]>([
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['response type token', { response_type: 'token' }, 'unsupported_response_type'],
    ['response type id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
    ['response type code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['response type none', { response_type: 'none' }, 'unsupported_response_type'],
    ['an answer in the fragment', { response_mode: 'fragment' }, 'invalid_request'],
    ['an answer by form', { response_mode: 'form_post' }, 'invalid_request'],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['a method without challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a challenge without method, which would be plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a method in small letters', { code_challenge_method: 's256' }, 'invalid_request'],
    ['a short challenge', { code_challenge: CHALLENGE.slice(1) }, 'invalid_request'],
    ['a long challenge', { code_challenge: `${CHALLENGE}x` }, 'invalid_request'],
    ['a challenge with a line feed', { code_challenge: `${CHALLENGE}\n` }, 'invalid_request'],
    ['a challenge in base64', { code_challenge: `${CHALLENGE.slice(0, 42)}+` }, 'invalid_request'],
    ['two challenges', { code_challenge: [CHALLENGE, CHALLENGE] }, 'invalid_request'],
    ['two scopes', { scope: ['mcp:tools', 'mcp:admin'] }, 'invalid_request'],
    ['two of a parameter nobody knows', { foo: ['1', '2'] }, 'invalid_request'],
    ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
    ['an empty request object', { request: '' }, 'request_not_supported'],
    ['a request object by address', { request_uri: 'https://evil.example/r' }, 'request_uri_not_supported'],
    ['a foreign resource', { resource: 'https://evil.example/mcp' }, 'invalid_target'],
    ['two resources', { resource: [`${ISSUER}/mcp/stripe`, `${ISSUER}/mcp/mail`] }, 'invalid_target'],
    ['an unknown scope', { scope: 'root' }, 'invalid_scope'],
    ['a scope with a quotation mark', { scope: '"' }, 'invalid_scope'],
    ['the vault’s scope at an endpoint', { scope: 'vault:manage' }, 'invalid_scope'],
    ['an answer without a page', { prompt: 'none' }, 'login_required'],
    ['an answer without a page, among others', { prompt: 'login none' }, 'login_required'],
  ])('%s', async (_, changes, error) => {
    const answer = await authorize(changes);
    expect(answer.status).toBe(303);
    expect(locationOf(answer)).toMatch(/^https:\/\/cli\.acme\.example\/callback\?error=/);
    expect(clientAnswer(answer)).toEqual({
      error,
      error_description: expect.any(String),
      state: 'client-state',
      iss: ISSUER,
    });
    expect(answer.cookies).toBeUndefined();
    expect(fixture.fetched).toEqual([]);
    expect(fixture.store.calls).toEqual([]);
    expect(fixture.events).toMatchObject([{ event: 'authorize.refused', outcome: error }]);
  });

  test('of two states neither comes back', async () => {
    const answer = clientAnswer(await authorize({ state: ['a', 'b'] }));
    expect(answer).toMatchObject({ error: 'invalid_request', iss: ISSUER });
    expect(Object.keys(answer)).not.toContain('state');
  });

  test.each([
    '"><script>alert(1)</script>',
    'a\r\nSet-Cookie: x=y',
    'a&code=stolen&iss=https://evil.example',
    '#code=x',
    'ü\u202e',
  ])('the state %j is data in an address, and in no page', async (state) => {
    const answer = await authorize({ state, response_type: 'token' });
    expect(locationOf(answer)).toMatch(/^https:\/\/cli\.acme\.example\/callback\?[\x21-\x7e]+$/);
    expect(new URL(locationOf(answer)).searchParams.getAll('state')).toEqual([state]);
    expect(clientAnswer(answer)).not.toHaveProperty('code');
    expect(answer.body).toBe('');
  });

  test('a query the client registered stays, and is added to', async () => {
    const redirect = 'https://cli.acme.example/callback?tenant=1';
    const clients = [
      { clientId: WEB_CLIENT, name: 'x', redirectUris: [redirect], grantTypes: ['authorization_code'] as const },
    ];
    fixture = signInFixture({ clients });
    const answer = await authorize({ redirect_uri: redirect, response_type: 'token' });
    expect(locationOf(answer).startsWith(`${redirect}&error=`)).toBe(true);
  });
});

describe('what is switched off', () => {
  const off = { blocked: true, revokedBeforeMs: 0, updatedAtMs: 0, updatedBy: 'admin' };
  test.each([
    ['client', AUTH_KEYS.clientSwitch(clientHash(WEB_CLIENT))],
    ['gateway', AUTH_KEYS.gatewaySwitch()],
  ] as const)('a blocked %s gets no sign-in', async (kind, key) => {
    await fixture.store.create(key, { ...off, kind }, { validUntilMs: fixture.clock.now() + 1e9 });
    const answer = await authorize();
    expect(clientAnswer(answer)).toMatchObject({ error: 'access_denied', state: 'client-state', iss: ISSUER });
    expect(answer.cookies).toBeUndefined();
  });
});

describe('when something fails', () => {
  test('an identity provider that cannot be reached leaves nothing behind', async () => {
    fixture.idp.isUp = false;
    expect(clientAnswer(await authorize())).toMatchObject({ error: 'temporarily_unavailable', state: 'client-state' });
    expect(fixture.store.dump()).toBe('[]');
  });

  test.each(['read', 'create'] as const)(
    'a table that does not %s is told to the client, and the next try works',
    async (operation) => {
      fixture.store.fail(THROTTLED, { operation });
      expect(clientAnswer(await authorize())).toMatchObject({ error: 'temporarily_unavailable', iss: ISSUER });
      expect(locationOf(await authorize())).toContain(IDP);
    },
  );

  test('a table that does not answer about a document is a page with 503', async () => {
    fixture.store.fail(THROTTLED, { operation: 'read' });
    expectPage(await authorize({ client_id: CLAUDE, redirect_uri: 'https://claude.ai/api/mcp/auth_callback' }), 503);
  });
});

test('refuses to be framed or remembered, and says nothing of the page it came from', async () => {
  const { headers } = await authorize({ client_id: 'nobody' });
  expect(headers).toMatchObject({
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
  expect(Object.keys(headers).filter((name) => name.startsWith('Access-Control'))).toEqual([]);
});
