import { AUTH_KEYS } from '../../../../../lambda/contract/auth-record';
import { clientHash } from '../../../../../lambda/core/authz/clients/client';
import { serveRegister } from '../../../../../lambda/core/authz/serve-register';
import { CONFIG, register, requestOf, type SignInFixture, signInFixture, THROTTLED } from './sign-in-fixture';

let fixture: SignInFixture;
beforeEach(() => {
  fixture = signInFixture();
});

const URIS = { redirect_uris: ['http://localhost:8090/callback'] };

test('a client makes itself known with no more than an address, and gets a name and no secret', async () => {
  const answer = await register(fixture, { ...URIS, client_name: 'Inspector\u202e' });
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'Content-Type': 'application/json' });
  const body = JSON.parse(answer.body);
  expect(body).toEqual({
    client_id: expect.stringMatching(/^dcr_[\w-]{22}$/),
    client_id_issued_at: Math.floor(fixture.clock.now() / 1000),
    client_name: 'Inspector',
    redirect_uris: URIS.redirect_uris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  });
  expect(fixture.store.peek(AUTH_KEYS.registration(clientHash(body.client_id)))).toEqual({
    clientId: body.client_id,
    name: 'Inspector',
    redirectUris: URIS.redirect_uris,
    createdAtMs: fixture.clock.now(),
    lastUsedAtMs: fixture.clock.now(),
  });
});

test('what both official SDKs send is accepted', async () => {
  const answer = await register(fixture, {
    ...URIS,
    client_name: 'lab',
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: 'mcp:tools',
    software_id: 'x',
    software_version: '1',
  });
  expect(answer.status).toBe(201);
});

test('Cursor registers its own scheme beside https and loopback', async () => {
  const redirect_uris = [
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/cb',
  ];
  expect(JSON.parse((await register(fixture, { redirect_uris })).body)).toMatchObject({ redirect_uris });
});

test('every VS Code registers the addresses of both its editions, and a grant there is not', async () => {
  const redirect_uris = [
    'https://insiders.vscode.dev/redirect',
    'https://vscode.dev/redirect',
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
  ];
  const grant_types = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'];
  const answer = await register(fixture, { redirect_uris, grant_types, token_endpoint_auth_method: 'none' });
  expect(JSON.parse(answer.body)).toMatchObject({ redirect_uris });
});

test('a page in a browser can register, without cookies', async () => {
  for (const metadata of [URIS, {}]) {
    const { headers, cookies } = await register(fixture, metadata);
    expect(headers['Access-Control-Allow-Origin']).toBe('*');
    expect(Object.keys(headers)).not.toContain('Access-Control-Allow-Credentials');
    expect(cookies).toBeUndefined();
  }
});

test('fails to choose its own id, secret, scope or anything else that is kept', async () => {
  const chosen = {
    client_id: 'acme-cli',
    client_secret: 's3cret',
    registration_access_token: 't0ken',
    registration_client_uri: 'https://evil.example',
    scope: 'root',
    logo_uri: 'javascript:alert(1)',
    jwks_uri: 'https://evil.example/jwks',
    kind: 'registered',
    authentication: 'private_key_jwt',
  };
  const { body } = await register(fixture, { ...URIS, ...chosen });
  expect(body + fixture.store.dump() + JSON.stringify(fixture.events)).not.toMatch(
    /acme-cli|s3cret|t0ken|evil\.example|root|javascript|private_key_jwt|"registered"[^}]*"kind"/,
  );
});

test.each<[string, unknown, string]>([
  ['no addresses', {}, 'invalid_redirect_uri'],
  [
    'one address that will not do',
    { redirect_uris: [...URIS.redirect_uris, 'http://evil.example/cb'] },
    'invalid_redirect_uri',
  ],
  [
    'a web application on http',
    { redirect_uris: ['http://evil.example/cb'], application_type: 'web' },
    'invalid_redirect_uri',
  ],
  ['an https host that is not listed', { redirect_uris: ['https://evil.example/cb'] }, 'invalid_redirect_uri'],
  ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
  ['client_credentials only', { ...URIS, grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
  [
    'the implicit grant only',
    { ...URIS, grant_types: ['implicit'], response_types: ['token'] },
    'invalid_client_metadata',
  ],
  ['a shared secret', { ...URIS, token_endpoint_auth_method: 'client_secret_basic' }, 'invalid_client_metadata'],
  ['private_key_jwt', { ...URIS, token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
  ['a method that is null', { ...URIS, token_endpoint_auth_method: null }, 'invalid_client_metadata'],
  ['a list', [URIS], 'invalid_client_metadata'],
  ['null', null, 'invalid_client_metadata'],
  ['a text', 'x', 'invalid_client_metadata'],
])('refuses %s, and stores nothing', async (_, metadata, error) => {
  const answer = await register(fixture, metadata);
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toEqual({ error, error_description: expect.any(String) });
  expect(fixture.store.calls).toEqual([]);
  expect(fixture.events).toMatchObject([{ event: 'client.registered', outcome: error }]);
});

test('a machine’s grant asked for beside the code grant is not kept', async () => {
  const { body } = await register(fixture, { ...URIS, grant_types: ['authorization_code', 'client_credentials'] });
  expect(JSON.parse(body)).toMatchObject({ grant_types: ['authorization_code', 'refresh_token'] });
  const found = await fixture.deps.clients.find(JSON.parse(body).client_id);
  expect(found).toMatchObject({ value: { grantTypes: ['authorization_code', 'refresh_token'] } });
});

test.each([
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: JSON.stringify(URIS) }],
  ['no content type', { headers: {}, body: JSON.stringify(URIS) }],
  ['half a document', { headers: { 'content-type': 'application/json' }, body: '{"redirect_uris":[' }],
  ['nothing', { headers: { 'content-type': 'application/json' }, body: '' }],
  [
    '64 KB',
    { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...URIS, x: 'x'.repeat(65_536) }) },
  ],
])('refuses %s as a body', async (_, request) => {
  const answer = await serveRegister(requestOf('POST', '/register', request), fixture.deps);
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_client_metadata' });
});

test('with registration switched off there is nothing here', async () => {
  fixture = signInFixture({ dynamicRegistration: { ...CONFIG.dynamicRegistration, enabled: false } });
  const answer = await register(fixture, URIS);
  expect(answer.status).toBe(404);
  expect(JSON.parse(answer.body)).toMatchObject({ error: 'not_found' });
  expect(fixture.store.calls).toEqual([]);
});

test('a table that does not answer is told as that, and the next try works', async () => {
  fixture.store.fail(THROTTLED);
  expect(await register(fixture, URIS)).toMatchObject({ status: 503, headers: { 'Retry-After': '1' } });
  expect((await register(fixture, URIS)).status).toBe(201);
});

test('no two clients get the same id', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => register(fixture, URIS)));
  expect(new Set(answers.map(({ body }) => JSON.parse(body).client_id)).size).toBe(50);
});

test.each([
  'https://claude.ai/share/evil',
  'https://chatgpt.com/g/evil',
  'https://vscode.dev/redirect?url=https://evil.example',
  'https://vscode.dev/github/evil/evil',
  'https://www.cursor.com/cb',
  'https://claude.com/redirect/evil',
])('a stranger who registers a page of a well-known host, %s, is refused', async (uri) => {
  expect(JSON.parse((await register(fixture, { redirect_uris: [uri] })).body)).toMatchObject({
    error: 'invalid_redirect_uri',
  });
});

test.each([
  'https://claude.ai/api/mcp/auth_callback',
  'https://claude.com/api/mcp/auth_callback',
  'https://chatgpt.com/connector_platform_oauth_redirect',
  'https://chatgpt.com/connector/oauth/Xy_9',
])('the agent that takes its answer at %s registers', async (uri) => {
  expect((await register(fixture, { redirect_uris: [uri] })).status).toBe(201);
});
