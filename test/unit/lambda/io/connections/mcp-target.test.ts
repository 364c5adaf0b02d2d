import type { ProviderConfig } from '../../../../../lambda/config/gateway-config';
import { PATHS } from '../../../../../lambda/contract/paths';
import { err, ok } from '../../../../../lambda/core/result';
import { type McpTargetOptions, mcpTargets } from '../../../../../lambda/io/connections/mcp-target';
import { providerHttp } from '../../../../../lambda/io/connections/provider-http';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import { loopbackFetcher } from '../../../../fixtures/providers/loopback-fetcher';
import { type ScriptedProvider, startScriptedProvider } from '../../../../fixtures/providers/scripted-provider';
import { testClock } from '../../../../helpers/clock';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';

const GATEWAY = 'https://mcp.example.com';
const clock = testClock();

let server: ScriptedProvider;
let documents: ReturnType<typeof fakeSecretDocuments>;
let fetcher: ReturnType<typeof loopbackFetcher>;
let metadata: Record<string, unknown>;
let resourceMetadata: Record<string, unknown>;
beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
  server.answers.clear();
  documents = fakeSecretDocuments();
  fetcher = loopbackFetcher();
  const { origin } = server;
  resourceMetadata = {
    resource: `${origin}/mcp`,
    authorization_servers: [origin],
    scopes_supported: ['read', 'write'],
  };
  metadata = {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
  };
  server.answers.set('/.well-known/oauth-protected-resource/mcp', () => Response.json(resourceMetadata));
  server.answers.set('/.well-known/oauth-authorization-server', () => Response.json(metadata));
  let registrations = 0;
  server.answers.set('/register', () => {
    registrations += 1;
    return Response.json({ client_id: `dcr-${registrations}`, token_endpoint_auth_method: 'none' }, { status: 201 });
  });
});

const tracker = (change: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name: 'tracker',
  kind: 'mcp',
  facts: { id: 'tracker', name: 'Tracker', evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] } },
  scopes: [],
  resource: `${server.origin}/mcp`,
  origins: [server.origin],
  headers: {},
  ...change,
});

const withIssuer = (issuer: string): ProviderConfig['facts'] => ({
  ...tracker().facts,
  oauth: {
    issuer,
    authorizationEndpoint: 'https://unused.example',
    tokenEndpoint: 'https://unused.example',
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'json',
    scopeSeparator: ',',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'never' },
  },
});

function targets(change: Partial<McpTargetOptions> = {}) {
  return mcpTargets({
    gatewayUrl: GATEWAY,
    clientName: 'Gateway',
    hasClientKey: true,
    fetcher,
    http: providerHttp(),
    secrets: providerSecrets({ tracker: 'secret-tracker' }, documents, clock.now),
    now: clock.now,
    ...change,
  });
}

const target = (provider = tracker(), change: Partial<McpTargetOptions> = {}) => targets(change).target(provider);
const invalid = (cause: string) => err({ kind: 'invalid', cause });
const paths = () => server.requests.map(({ method, path }) => `${method} ${path}`);

describe('from the URL of a server to its authorization server', () => {
  test('by the documents at the well-known places', async () => {
    const { origin } = server;
    expect(await target()).toEqual(
      ok({
        issuer: origin,
        authorizationEndpoint: `${origin}/authorize`,
        clientId: 'dcr-1',
        sendsIssuer: false,
        scopes: ['read', 'write'],
        pinned: {
          issuer: origin,
          tokenEndpoint: `${origin}/token`,
          resource: `${origin}/mcp`,
          clientId: 'dcr-1',
          clientAuthentication: 'none',
        },
      }),
    );
    expect(fetcher.fetched).toEqual([
      `${origin}/.well-known/oauth-protected-resource/mcp`,
      `${origin}/.well-known/oauth-authorization-server`,
    ]);
  });

  test('by the challenge, where the server gives one; its scopes count', async () => {
    const { origin } = server;
    server.answers.delete('/.well-known/oauth-protected-resource/mcp');
    server.answers.set('/elsewhere', () => Response.json(resourceMetadata));
    const challenge = `Bearer error="x", resource_metadata="${origin}/elsewhere", scope="read"`;
    server.answers.set('/mcp', () => new Response(null, { status: 401, headers: { 'www-authenticate': challenge } }));
    metadata = { ...metadata, scopes_supported: ['read', 'offline_access'] };
    expect(await target()).toMatchObject({ ok: true, value: { scopes: ['read', 'offline_access'] } });
    expect(fetcher.fetched[0]).toBe(`${origin}/elsewhere`);
  });

  test('the operator may name the scopes', async () => {
    expect(await target(tracker({ scopes: ['admin'] }))).toMatchObject({ value: { scopes: ['admin'] } });
  });

  test('an issuer with a path is looked for in three places', async () => {
    const { origin } = server;
    resourceMetadata = { ...resourceMetadata, authorization_servers: [`${origin}/tenant`] };
    metadata = { ...metadata, issuer: `${origin}/tenant` };
    server.answers.delete('/.well-known/oauth-authorization-server');
    server.answers.set('/tenant/.well-known/openid-configuration', () => Response.json(metadata));
    expect(await target()).toMatchObject({ ok: true, value: { issuer: `${origin}/tenant` } });
    expect(fetcher.fetched.slice(1)).toEqual([
      `${origin}/.well-known/oauth-authorization-server/tenant`,
      `${origin}/.well-known/openid-configuration/tenant`,
      `${origin}/tenant/.well-known/openid-configuration`,
    ]);
  });

  test('the resource may call itself by the path above, or with a slash', async () => {
    for (const resource of [server.origin, `${server.origin}/`, `${server.origin}/mcp/`]) {
      resourceMetadata = { ...resourceMetadata, resource };
      expect(await target()).toMatchObject({ value: { pinned: { resource } } });
    }
  });

  test.each<[string, () => void, string]>([
    [
      'of somebody else',
      () => (resourceMetadata = { ...resourceMetadata, resource: 'https://other.example/mcp' }),
      'discovery_resource',
    ],
    [
      'of a neighbour on the same host',
      () => (resourceMetadata = { ...resourceMetadata, resource: `${server.origin}/mc` }),
      'discovery_resource',
    ],
    [
      'without authorization servers',
      () => (resourceMetadata = { ...resourceMetadata, authorization_servers: [] }),
      'discovery_resource',
    ],
    [
      'that is no object',
      () => server.answers.set('/.well-known/oauth-protected-resource/mcp', () => Response.json([1])),
      'discovery_resource',
    ],
    [
      'that leads to a private host',
      () => (resourceMetadata = { ...resourceMetadata, authorization_servers: ['https://169.254.169.254'] }),
      'discovery_issuer',
    ],
    [
      'that leads to a file',
      () => (resourceMetadata = { ...resourceMetadata, authorization_servers: ['file:///etc/passwd'] }),
      'discovery_issuer',
    ],
  ])('fails on resource metadata %s', async (_, arrange, cause) => {
    arrange();
    expect(await target()).toEqual(invalid(cause));
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['of another issuer', { issuer: 'https://evil.example' }, 'metadata_issuer'],
    ['of the issuer with a slash', { issuer: '{origin}/' }, 'metadata_issuer'],
    [
      'with a script for an authorization endpoint',
      { authorization_endpoint: 'javascript:alert(1)' },
      'metadata_authorization_endpoint',
    ],
    ['with a shell command in it', { authorization_endpoint: 'https://x";calc' }, 'metadata_authorization_endpoint'],
    [
      'with a token endpoint on a private address',
      { token_endpoint: 'https://10.0.0.1/token' },
      'metadata_token_endpoint',
    ],
    [
      'with a token endpoint inside the cloud',
      { token_endpoint: 'https://metadata.google.internal/token' },
      'metadata_token_endpoint',
    ],
    [
      'with a plain http token endpoint',
      { token_endpoint: 'http://auth.example.com/token' },
      'metadata_token_endpoint',
    ],
    [
      'with a user in the token endpoint',
      { token_endpoint: 'https://a:b@auth.example.com/token' },
      'metadata_token_endpoint',
    ],
    [
      'with a private registration endpoint',
      { registration_endpoint: 'https://localhost/register' },
      'metadata_registration_endpoint',
    ],
    [
      'with a private revocation endpoint',
      { revocation_endpoint: 'https://[::1]/revoke' },
      'metadata_revocation_endpoint',
    ],
    ['that does not promise PKCE', { code_challenge_methods_supported: undefined }, 'metadata_pkce'],
    ['that has the plain method only', { code_challenge_methods_supported: ['plain'] }, 'metadata_pkce'],
  ])('fails on server metadata %s, and registers nowhere', async (_, change, cause) => {
    const text = JSON.stringify({ ...metadata, ...change }).replaceAll('{origin}', server.origin);
    server.answers.set('/.well-known/oauth-authorization-server', () => new Response(text));
    expect(await target()).toEqual(invalid(cause));
    expect(paths()).not.toContain('POST /register');
  });

  test('a server on the internet leads nobody to this machine', async () => {
    const outside = tracker({ resource: 'https://mcp.tracker.example/mcp' });
    const answers = new Map<string, unknown>([
      [
        'https://mcp.tracker.example/.well-known/oauth-protected-resource/mcp',
        { resource: 'https://mcp.tracker.example/mcp', authorization_servers: ['https://auth.tracker.example'] },
      ],
      [
        'https://auth.tracker.example/.well-known/oauth-authorization-server',
        { ...metadata, issuer: 'https://auth.tracker.example' },
      ],
    ]);
    const scripted = {
      fetch: async (url: string) =>
        ok(answers.has(url) ? { document: answers.get(url) } : { refused: 'gone' as const }),
    };
    const http = async () => err({ kind: 'unavailable', cause: 'ENOTFOUND' } as const);
    expect(await target(outside, { fetcher: scripted, http })).toEqual(invalid('metadata_authorization_endpoint'));
  });

  test('fails for now while documents cannot be had', async () => {
    server.answers.set('/.well-known/oauth-authorization-server', () => new Response(null, { status: 503 }));
    server.answers.set('/.well-known/openid-configuration', () => new Response(null, { status: 404 }));
    expect(await target()).toEqual(err({ kind: 'unavailable', cause: 'discovery_timeout' }));
    const failure = { service: 'lambda', kind: 'throttled', name: 'TooManyRequestsException' } as const;
    const throttled = { fetch: async () => err(failure) };
    expect(await target(tracker(), { fetcher: throttled })).toEqual(
      err({ kind: 'unavailable', cause: 'fetcher_TooManyRequestsException' }),
    );
  });

  test('fails when the server names another issuer than the operator', async () => {
    expect(await target(tracker({ facts: withIssuer('https://login.tracker.example') }))).toEqual(
      invalid('discovery_issuer_changed'),
    );
    expect(await target(tracker({ facts: withIssuer(server.origin) }))).toMatchObject({ ok: true });
  });
});

describe('the client', () => {
  test("is the operator's where there is one", async () => {
    const client = { clientId: 'entered', isPublic: false };
    expect(await target(tracker({ client }))).toMatchObject({
      value: { clientId: 'entered', pinned: { clientAuthentication: 'client_secret_post' } },
    });
    expect(await target(tracker({ client: { ...client, isPublic: true } }))).toMatchObject({
      value: { pinned: { clientAuthentication: 'none' } },
    });
    expect(paths()).not.toContain('POST /register');
  });

  test("the operator's secret does not follow a server to an issuer of its choice", async () => {
    const other = await startScriptedProvider();
    resourceMetadata = { ...resourceMetadata, authorization_servers: [other.origin] };
    other.answers.set('/.well-known/oauth-authorization-server', () =>
      Response.json({ ...metadata, issuer: other.origin }),
    );
    const client = { clientId: 'entered', isPublic: false };
    expect(await target(tracker({ client }))).toEqual(err({ kind: 'misconfigured', cause: 'issuer_not_configured' }));
    const facts = withIssuer(other.origin);
    expect(await target(tracker({ client, facts }))).toMatchObject({ ok: true });
    await other.close();
  });

  test.each([
    [true, ['private_key_jwt', 'none'], PATHS.clientMetadata, 'private_key_jwt'],
    [true, ['none'], PATHS.publicClientMetadata, 'none'],
    [false, ['private_key_jwt', 'none'], PATHS.publicClientMetadata, 'none'],
  ])(
    'is a document where the server takes them (key: %s, methods: %j)',
    async (hasClientKey, methods, path, method) => {
      metadata = {
        ...metadata,
        client_id_metadata_document_supported: true,
        token_endpoint_auth_methods_supported: methods,
      };
      expect(await target(tracker(), { hasClientKey })).toMatchObject({
        value: { clientId: GATEWAY + path, pinned: { clientAuthentication: method } },
      });
      expect(paths()).not.toContain('POST /register');
    },
  );

  test('is no document for a server that sends people to the door of another (mix-up)', async () => {
    metadata = {
      ...metadata,
      client_id_metadata_document_supported: true,
      authorization_endpoint: 'https://honest.example.com/authorize',
    };
    expect(await target()).toMatchObject({ value: { clientId: 'dcr-1' } });
  });

  test.each([`${GATEWAY}${PATHS.clientMetadata}`, 'a b', '', 7])(
    'is not what a registration calls it: %j',
    async (clientId) => {
      server.answers.set('/register', () => Response.json({ client_id: clientId }, { status: 201 }));
      expect(await target()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
      expect(documents.writes).toEqual([]);
    },
  );

  test('registers as what it is', async () => {
    await target();
    const request = server.requests.find(({ path }) => path === '/register');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      client_name: 'Gateway',
      client_uri: GATEWAY,
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [`${GATEWAY}/callback/tracker`],
      token_endpoint_auth_method: 'none',
    });
  });

  test('registers once: the next connect finds it, on another instance too', async () => {
    expect(await target()).toMatchObject({ value: { clientId: 'dcr-1' } });
    expect(await target()).toMatchObject({ value: { clientId: 'dcr-1' } });
    expect(paths().filter((path) => path === 'POST /register')).toHaveLength(1);
    expect(JSON.parse(documents.texts.get('secret-tracker') ?? '')).toMatchObject({
      registration: { clientId: 'dcr-1', issuer: server.origin, redirectUri: `${GATEWAY}/callback/tracker` },
    });
  });

  test('two instances at once register at most twice and agree on one; ten callers of one instance, once', async () => {
    const [one, two] = [targets(), targets()];
    const calls = [one, two].flatMap((instance) => Array.from({ length: 5 }, () => instance.target(tracker())));
    const found = await Promise.all(calls);
    const ids = new Set(found.map((answer) => (answer.ok ? answer.value.clientId : answer.error.cause)));
    expect(ids.size).toBe(1);
    expect(documents.writes).toHaveLength(1);
    expect(paths().filter((path) => path === 'POST /register').length).toBeLessThanOrEqual(2);
  });

  test('registers anew with another issuer, and keeps what earlier connections are refreshed with', async () => {
    const known = { clientId: 'old', authentication: 'none', issuer: 'https://old.example', redirectUri: 'x' };
    documents.texts.set('secret-tracker', JSON.stringify({ registration: { ...known, registeredAtMs: 1 } }));
    expect(await target()).toMatchObject({ value: { clientId: 'dcr-1' } });
    expect(JSON.parse(documents.texts.get('secret-tracker') ?? '')).toMatchObject({
      registration: { clientId: 'dcr-1' },
      earlier: [{ clientId: 'old' }],
    });
  });

  test('registers anew before a secret ends', async () => {
    const ends = Math.floor(clock.now() / 1_000) + 1_800;
    metadata = { ...metadata, token_endpoint_auth_methods_supported: ['client_secret_basic'] };
    server.answers.set('/register', () =>
      Response.json({ client_id: 'dcr', client_secret: 's', client_secret_expires_at: ends }, { status: 201 }),
    );
    expect(await target()).toMatchObject({ value: { pinned: { clientAuthentication: 'client_secret_basic' } } });
    await target();
    expect(paths().filter((path) => path === 'POST /register')).toHaveLength(2);
  });

  test.each<[string, Response | undefined, object]>([
    [
      'refuses',
      Response.json({ error: 'invalid_redirect_uri' }, { status: 400 }),
      { kind: 'invalid', cause: 'invalid_redirect_uri' },
    ],
    [
      'is overloaded',
      new Response(null, { status: 503 }),
      { kind: 'unavailable', cause: 'status_503', mayHaveHappened: true },
    ],
    ['answers in HTML', new Response('<html>'), { kind: 'invalid', cause: 'registration_200' }],
    [
      'redirects',
      new Response(null, { status: 302, headers: { location: '/x' } }),
      { kind: 'invalid', cause: 'registration_302' },
    ],
    [
      'wants a method we have not',
      Response.json({ client_id: 'c', token_endpoint_auth_method: 'tls_client_auth' }, { status: 201 }),
      { kind: 'invalid', cause: 'registration_authentication' },
    ],
  ])('fails when registration %s', async (_, response, problem) => {
    server.answers.set('/register', () => response as Response);
    expect(await target()).toEqual(err(problem));
    expect(documents.writes).toEqual([]);
  });

  test('fails without a way to become a client', async () => {
    metadata = { ...metadata, registration_endpoint: undefined };
    expect(await target()).toEqual(err({ kind: 'misconfigured', cause: 'no_registration' }));
  });

  test('fails while what was registered cannot be read: a second registration would be no better', async () => {
    const failure = { service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' } as const;
    const secrets = providerSecrets({ tracker: 's' }, { ...documents, read: async () => err(failure) }, clock.now);
    expect(await target(tracker(), { secrets })).toEqual(
      err({ kind: 'unavailable', cause: 'secretsmanager_ThrottlingException' }),
    );
    expect(paths()).not.toContain('POST /register');
  });
});
