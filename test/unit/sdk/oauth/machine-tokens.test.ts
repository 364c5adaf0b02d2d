import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { McpGateway } from '../../../../sdk/index';
import { guardedFetch } from '../../../../sdk/oauth/guarded-fetch';
import { MachineTokens } from '../../../../sdk/oauth/machine-tokens';
import { readClientKey } from '../../../../sdk/oauth/private-key';
import { type FakeAuthorizationServer, fakeAuthorizationServer } from './fake-authorization-server';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEYS = createLocalJWKSet({ keys: [publicKey.export({ format: 'jwk' })] });

let server: FakeAuthorizationServer;
let nowMs: number;
beforeEach(async () => {
  server = await fakeAuthorizationServer();
  nowMs = 1_000_000;
});
afterEach(() => server.close());

function machine(): MachineTokens {
  return new MachineTokens({
    resource: { url: `${server.url}/mcp`, metadataUrl: `${server.url}/.well-known/oauth-protected-resource/mcp` },
    clientId: 'ci',
    key: () => readClientKey(PEM),
    fetchFn: guardedFetch(5_000),
    now: () => nowMs,
  });
}

test('asks once for everybody who waits, and again shortly before the token ends', async () => {
  const tokens = machine();
  expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['access-1', 'access-1']);
  nowMs += 269_000;
  expect(await tokens.current()).toBe('access-1');
  nowMs += 1_000;
  expect(await tokens.current()).toBe('access-2');
});

test('proves who it is by a short assertion made for this issuer alone, once', async () => {
  const tokens = machine();
  await tokens.another(await tokens.current(), {});
  const [first, second] = server.forms.map((form) => form.get('client_assertion') ?? '');
  const { payload } = await jwtVerify(first ?? '', KEYS, { issuer: 'ci', subject: 'ci', audience: server.url });
  expect(payload.aud).toBe(server.url);
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  const again = await jwtVerify(second ?? '', KEYS);
  expect(again.payload.jti).not.toBe(payload.jti);
  expect(Object.fromEntries(server.forms[0] ?? [])).toMatchObject({
    grant_type: 'client_credentials',
    scope: 'mcp:tools',
    resource: `${server.url}/mcp`,
  });
});

test('does not ask for more than its registration gives', async () => {
  const tokens = machine();
  const token = await tokens.current();
  expect(await tokens.another(token, { error: 'insufficient_scope', scope: 'mcp:admin' })).toBeUndefined();
  expect(server.forms).toHaveLength(1);
});

test('fails with the server’s reason, without key or assertion', async () => {
  server.misbehave = { token: () => ({ status: 401, body: { error: 'invalid_client', error_description: 'x' } }) };
  const error: unknown = await machine()
    .current()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'sign_in_failed',
    reason: 'invalid_client',
    message: `The authorization server ${server.url} refused: invalid_client`,
  });
  const shown = inspect(error, { depth: 10, showHidden: true });
  expect(shown).not.toContain(server.forms[0]?.get('client_assertion'));
  expect(shown).not.toContain('PRIVATE KEY');
});

test('the key is in no inspection of an instance', async () => {
  const gateway = new McpGateway({
    authMode: 'client-credentials',
    registeredClientId: 'ci',
    privateKey: PEM,
    url: server.url,
  });
  expect(await gateway.vault.list()).toMatchObject({ configured: ['stripe'] });
  expect(inspect(gateway, { depth: 10, showHidden: true })).toBe(
    `McpGateway { url: '${server.url}', authMode: 'client-credentials' }`,
  );
});
