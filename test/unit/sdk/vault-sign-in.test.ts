import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpGateway, type McpGatewayOptions } from '../../../sdk/index';
import { browse, type FakeAuthorizationServer, fakeAuthorizationServer } from './oauth/fake-authorization-server';

let server: FakeAuthorizationServer;
const before = { ...process.env };
beforeEach(async () => {
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
  server = await fakeAuthorizationServer();
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

const signingIn = (options: Partial<McpGatewayOptions> = {}) =>
  new McpGateway({
    authMode: 'oauth2.1-pkce',
    clientId: 'billing-setup',
    cacheTtl: '1s',
    url: server.url,
    openBrowser: (url) => void browse(url),
    ...options,
  });

test('a person who signed in stores a key, with a token of the vault’s own', async () => {
  const stored = await signingIn().storeInVault({
    provider: 'stripe',
    key: 'sk_live_1',
    vaultType: 'encrypted-credentials-proxy',
  });
  expect(stored).toMatchObject({ provider: 'stripe' });
  expect(server.requests[0]?.get('resource')).toBe(`${server.url}/vault/v1`);
  expect(server.requests[0]?.get('scope')).toBe('vault:manage');
  expect(server.asked.at(-1)).toBe('PUT /vault/v1/keys/stripe');
});

test('a revoked token is renewed once, and the call sent again', async () => {
  const gateway = signingIn();
  await gateway.vault.list();
  server.accepted.clear();
  await gateway.vault.disable('stripe');
  expect(server.forms.at(-1)?.get('grant_type')).toBe('refresh_token');
  expect(server.asked.slice(-1)).toEqual(['POST /vault/v1/keys/stripe/disable']);
});

test('fails as unauthorized when a new token is refused as well', async () => {
  const gateway = signingIn();
  await gateway.signIn('vault');
  server.misbehave = { token: () => ({ status: 200, body: { access_token: 'unknown', token_type: 'Bearer' } }) };
  server.accepted.clear();
  await expect(gateway.vault.list()).rejects.toMatchObject({ code: 'unauthorized', message: 'No' });
});

test('says who is signed in, for each resource by itself, until signed out', async () => {
  const gateway = signingIn();
  expect(await gateway.signedIn('vault')).toBeUndefined();
  await gateway.signIn('vault');
  expect(await gateway.signedIn('vault')).toEqual({
    issuer: server.url,
    resource: `${server.url}/vault/v1`,
    clientId: 'cdk-mcp-gateway-cli',
    scopes: ['vault:manage'],
    accessTokenExpiresAt: expect.stringMatching(/^\d{4}-/),
  });
  expect(await gateway.signedIn()).toBeUndefined();
  await expect(signingIn({ openBrowser: false }).signIn()).rejects.toMatchObject({ code: 'sign_in_required' });
  expect(await gateway.signOut('vault')).toBe(true);
  expect(await gateway.signedIn('vault')).toBeUndefined();
});
