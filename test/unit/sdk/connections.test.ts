import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpGateway, type McpGatewayOptions } from '../../../sdk/index';
import { browse, type FakeAuthorizationServer, fakeAuthorizationServer } from './oauth/fake-authorization-server';

const KEY = 'pat_4eC39HqLyjWDarjtT1zdp7dc';
let server: FakeAuthorizationServer;
let calls: string[];
const before = { ...process.env };
beforeEach(async () => {
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
  server = await fakeAuthorizationServer();
  server.vaultScopes = ['vault:manage', 'connections:manage'];
  calls = [];
  server.connections = (method, path, body) => {
    calls.push(`${method} ${path} ${body}`.trim());
    if (method === 'DELETE') return { status: 200, body: { revokedAtProvider: true } };
    return { status: 200, body: method === 'PUT' ? { provider: 'airtable', kind: 'key' } : listed() };
  };
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

const listed = () => ({
  connections: [],
  providers: [
    {
      provider: 'airtable',
      name: 'Airtable',
      kind: 'key',
      connectUrl: `${server.url}/connect/airtable`,
      blocked: false,
    },
    { provider: 'github', name: 'GitHub', kind: 'oauth', connectUrl: `${server.url}/connect/github`, blocked: false },
  ],
});
const signingIn = (options: Partial<McpGatewayOptions> = {}) =>
  new McpGateway({ authMode: 'oauth2.1-pkce', url: server.url, openBrowser: (url) => void browse(url), ...options });
const scopesAsked = () => server.requests.map((request) => request.get('scope'));

describe('one’s own connections', () => {
  test('take a sign-in that allows nothing but them', async () => {
    const gateway = signingIn();
    expect(await gateway.connections.list()).toEqual(listed());
    expect(await gateway.connections.disconnect('github')).toEqual({ revokedAtProvider: true });
    expect(calls).toEqual(['GET /vault/v1/connections', 'DELETE /vault/v1/connections/github']);
    expect(scopesAsked()).toEqual(['connections:manage']);
    expect(server.requests[0]?.get('resource')).toBe(`${server.url}/vault/v1`);
    expect((await gateway.signedIn('connections'))?.scopes).toEqual(['connections:manage']);
  });

  test('and keys of everyone, once they are needed, take one more sign-in for both', async () => {
    await signingIn().connections.list();
    const gateway = signingIn();
    await gateway.vault.list();
    await gateway.connections.list();
    expect(scopesAsked()).toEqual(['connections:manage', 'connections:manage vault:manage']);
  });

  test('are asked for by who signed in for the vault only, once', async () => {
    await signingIn().vault.list();
    const gateway = signingIn();
    await gateway.connections.list();
    await gateway.connections.list();
    expect(scopesAsked()).toEqual(['vault:manage', 'vault:manage connections:manage']);
  });

  test('are not asked for again by who was not given them: the gateway says what that means', async () => {
    server.misbehave = {
      token: () => {
        server.accepted.add('less');
        return { status: 200, body: { access_token: 'less', token_type: 'Bearer', scope: 'vault:manage' } };
      },
    };
    server.connections = () => ({
      status: 403,
      body: { error: { code: 'forbidden', message: 'The token does not allow it', help: 'Sign in again.' } },
    });
    const gateway = signingIn();
    for (let i = 0; i < 2; i += 1) {
      await expect(gateway.connections.list()).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect(scopesAsked()).toEqual(['connections:manage']);
  });

  test('fail where people connect nothing, before a browser opens', async () => {
    server.vaultScopes = ['vault:manage'];
    await expect(signingIn().connections.list()).rejects.toMatchObject({
      code: 'not_found',
      message: `People connect no accounts at ${server.url}`,
    });
    expect(scopesAsked()).toEqual([]);
  });

  test.each(['iam', 'token', 'client-credentials'] as const)('fail without a person: authMode %s', async (authMode) => {
    const key = authMode === 'client-credentials' ? { registeredClientId: 'x', privateKey: 'y' } : {};
    const gateway = new McpGateway({ authMode, url: server.url, ...key });
    await expect(gateway.connections.list()).rejects.toMatchObject({
      code: 'auth_mode_unavailable',
      message: `Connections calls do not work with authMode '${authMode}'`,
    });
    expect(server.asked).toEqual([]);
  });

  test.each(['../keys', 'GitHub', '', KEY])('fails to disconnect %j before anything is sent', async (provider) => {
    const error = await signingIn()
      .connections.disconnect(provider)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_option' });
    expect(String(error)).not.toContain(KEY);
    expect(server.asked).toEqual([]);
  });
});

describe('a key somebody stores', () => {
  test('is their own, where it is said', async () => {
    const stored = await signingIn().storeInVault({ provider: 'airtable', key: KEY, owner: 'me' });
    expect(stored.kind).toBe('key');
    expect(calls).toEqual([`PUT /vault/v1/connections/airtable {"parts":{"key":"${KEY}"}}`]);
    expect(scopesAsked()).toEqual(['connections:manage']);
  });

  test('is everyone’s, where it is said', async () => {
    await signingIn().storeInVault({ provider: 'airtable', key: KEY, owner: 'everyone' });
    expect(calls).toEqual([]);
    expect(server.asked.at(-1)).toBe('PUT /vault/v1/keys/airtable');
    expect(scopesAsked()).toEqual(['vault:manage']);
  });

  test('is their own at a platform of keys, where nothing is said; by one sign-in', async () => {
    await signingIn().storeInVault({ provider: 'airtable', key: KEY });
    expect(calls.at(-1)).toMatch(/^PUT \/vault\/v1\/connections\/airtable /);
    expect(scopesAsked()).toEqual(['vault:manage connections:manage']);
  });

  test.each(['stripe', 'github'])(
    'is everyone’s at any other provider, where nothing is said: %s',
    async (provider) => {
      await signingIn().storeInVault({ provider, key: KEY });
      expect(calls).toEqual(['GET /vault/v1/connections']);
      expect(server.asked.at(-1)).toBe(`PUT /vault/v1/keys/${provider}`);
      expect(scopesAsked()).toEqual(['vault:manage connections:manage']);
    },
  );

  test('appears in no error, though the gateway repeats it', async () => {
    server.connections = (_method, _path, body) => ({
      status: 400,
      body: { error: { code: 'invalid_request', message: `Bad: ${body}`, help: body } },
    });
    const error = await signingIn()
      .storeInVault({ provider: 'airtable', key: KEY, owner: 'me' })
      .catch((thrown: { message: string; help: string }) => thrown);
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(JSON.stringify(error) + String(error)).not.toContain(KEY);
  });

  test.each([
    [{ owner: 'us' as never }, 'owner is neither of those there are'],
    [
      { owner: 'me' as const, expectedVersion: 0 },
      'expectedVersion is for keys of everyone, and this one is a person’s own',
    ],
    [{ owner: 'me' as const, key: ` ${KEY}` }, 'The part "key" begins or ends with white space or a line break'],
  ])('fails with %j before anything is sent', async (options, message) => {
    const stored = signingIn().storeInVault({ provider: 'airtable', key: KEY, ...options });
    await expect(stored).rejects.toMatchObject({ code: 'invalid_option', message });
    expect(server.asked).toEqual([]);
  });
});
