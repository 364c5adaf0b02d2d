import { inspect } from 'node:util';
import { McpGateway, McpGatewayError, type McpGatewayOptions } from '../../../sdk/index';
import { CREDENTIALS, type FakeAnswer, type FakeGateway, fakeGateway, REGION, type ReceivedCall } from './fake-gateway';

const KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
const METADATA = {
  provider: 'stripe',
  status: 'active',
  version: 1,
  parts: ['key'],
  origins: ['https://mcp.stripe.com'],
  createdAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  updatedBy: 'arn:aws:iam::000000000000:user/local',
};
const LISTED = { keys: [METADATA], configured: ['stripe'] };
const refusal = (code: string, message = 'No', help = 'Do') => ({ error: { code, message, help } });

const running: FakeGateway[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function setUp(
  answer: (call: ReceivedCall, index: number) => FakeAnswer | 'hang' | 'reset',
  options: Partial<McpGatewayOptions> = {},
) {
  const server = await fakeGateway(answer);
  running.push(server);
  const gateway = new McpGateway({
    authMode: 'iam',
    clientId: 'test',
    url: server.url,
    region: REGION,
    credentials: CREDENTIALS,
    ...options,
  });
  return { server, gateway };
}

/** What a call was refused with. */
async function refused(call: Promise<unknown>): Promise<McpGatewayError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(McpGatewayError);
  return error as McpGatewayError;
}

describe('storeInVault', () => {
  test('sends the key in a signed body and gives back metadata only', async () => {
    const { server, gateway } = await setUp(() => ({ status: 200, body: METADATA }));
    const stored = await gateway.storeInVault({
      provider: 'stripe',
      key: KEY,
      vaultType: 'encrypted-credentials-proxy',
    });
    expect(stored).toEqual(METADATA);
    expect(server.calls).toHaveLength(1);
    expect(server.calls[0]).toMatchObject({
      method: 'PUT',
      path: '/vault/keys/stripe',
      body: JSON.stringify({ parts: { key: KEY } }),
      signature: 'valid',
    });
  });

  test('sends several parts and the expected version', async () => {
    const { server, gateway } = await setUp(() => ({ status: 200, body: METADATA }));
    await gateway.storeInVault({ provider: 'jira', parts: { user: 'u', token: 't' }, expectedVersion: 0 });
    expect(JSON.parse(server.calls[0]?.body ?? '')).toEqual({ parts: { user: 'u', token: 't' }, expectedVersion: 0 });
  });

  test.each([
    [
      'a provider that is a key',
      { provider: KEY, key: KEY },
      'The provider is not a name: it has other characters than a-z, 0-9 and "-", or is too long',
    ],
    [
      'a provider that is a path',
      { provider: '../x', key: KEY },
      'The provider is not a name: it has other characters than a-z, 0-9 and "-", or is too long',
    ],
    ['no provider', { key: KEY }, 'The provider is not a name: it is of type undefined'],
    ['no key', { provider: 'stripe' }, 'storeInVault needs exactly one of key and parts'],
    [
      'both key and parts',
      { provider: 'stripe', key: KEY, parts: { key: KEY } },
      'storeInVault needs exactly one of key and parts',
    ],
    ['no parts', { provider: 'stripe', parts: {} }, 'parts names no part'],
    ['an empty key', { provider: 'stripe', key: '' }, 'The part "key" is empty'],
    [
      'a key with its line break',
      { provider: 'stripe', key: `${KEY}\n` },
      'The part "key" begins or ends with white space or a line break',
    ],
    [
      'a key with a header in it',
      { provider: 'stripe', key: `${KEY}\r\nX-Evil: 1` },
      'The part "key" contains a line break or another control character',
    ],
    ['a key that is no string', { provider: 'stripe', key: 7 }, 'The part "key" is of type number, not a string'],
    ['an unknown vaultType', { provider: 'stripe', key: KEY, vaultType: 'plain' }, 'This vaultType does not exist'],
    [
      'a broken expectedVersion',
      { provider: 'stripe', key: KEY, expectedVersion: -1 },
      'expectedVersion is -1, which is not a whole number from 0',
    ],
  ])('refuses %s before anything is sent', async (_name, options, message) => {
    const { server, gateway } = await setUp(() => ({ status: 200, body: METADATA }));
    const error = await refused(gateway.storeInVault(options as never));
    expect({ code: error.code, message: error.message }).toEqual({ code: 'invalid_option', message });
    expect(error.help).not.toBe('');
    expect(inspect(error, { depth: 10 })).not.toContain(KEY);
    expect(server.calls).toEqual([]);
  });

  test('fails with the vault’s own reason and help', async () => {
    const { gateway } = await setUp(() => ({
      status: 404,
      body: refusal('unknown_provider', 'No upstream uses "x"', 'Add it'),
    }));
    const error = await refused(gateway.storeInVault({ provider: 'x', key: KEY }));
    expect(error).toMatchObject({ code: 'unknown_provider', message: 'No upstream uses "x"', help: 'Add it' });
  });

  test('fails without the key in the error even when the answer quotes it, and without terminal escapes', async () => {
    const { gateway } = await setUp(() => ({
      status: 400,
      body: refusal('invalid_request', `bad \u001b[2J${KEY}`, KEY),
    }));
    const error = await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }));
    expect(error.message).toBe('bad \ufffd[2J[key]');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
  });

  test('fails as forbidden when the IAM policy does not allow the call', async () => {
    const body = {
      jsonrpc: '2.0',
      id: null,
      error: { code: -32600, message: 'm', data: { reason: 'insufficient_scope', help: 'h' } },
    };
    const { gateway } = await setUp(() => ({ status: 403, body }));
    expect(await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }))).toMatchObject({
      code: 'forbidden',
      message: 'This AWS identity may not use the vault',
    });
  });

  test('fails as unauthorized when the signature does not verify', async () => {
    const body = {
      jsonrpc: '2.0',
      id: null,
      error: { code: -32600, message: 'm', data: { reason: 'invalid_signature', help: 'h' } },
    };
    const { server, gateway } = await setUp(() => ({ status: 403, body }), {
      credentials: { ...CREDENTIALS, secretAccessKey: 'another' },
    });
    expect(await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }))).toMatchObject({
      code: 'unauthorized',
    });
    expect(server.calls[0]?.signature).toBe('INVALID_SIGNATURE');
  });

  test.each([301, 302, 307, 308])('refuses to follow a %i to another place with the key', async (status) => {
    const { server, gateway } = await setUp(() => ({
      status,
      headers: { location: 'http://127.0.0.1:1/vault/keys/stripe' },
    }));
    const error = await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }));
    expect(error.code).toBe('gateway_redirected');
    expect(server.calls).toHaveLength(1);
  });

  test('is sent once only when a repetition could overwrite somebody else’s change', async () => {
    const { server, gateway } = await setUp(() => ({ status: 503, body: refusal('vault_unavailable') }));
    expect(await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }))).toMatchObject({
      code: 'vault_unavailable',
    });
    expect(server.calls).toHaveLength(1);
  });

  test('is sent again after a lost connection when the expected version makes that safe', async () => {
    const { server, gateway } = await setUp((_call, index) =>
      index === 0 ? 'reset' : { status: 200, body: METADATA },
    );
    await expect(gateway.storeInVault({ provider: 'stripe', key: KEY, expectedVersion: 0 })).resolves.toEqual(METADATA);
    expect(server.calls.map((call) => call.signature)).toEqual(['valid', 'valid']);
  });

  test('fails with a conflict that says the lost first attempt may have stored the key', async () => {
    const { gateway } = await setUp((_call, index) =>
      index === 0 ? 'reset' : { status: 409, body: refusal('version_conflict', 'Version is 1') },
    );
    const error = await refused(gateway.storeInVault({ provider: 'stripe', key: KEY, expectedVersion: 0 }));
    expect(error).toMatchObject({ code: 'version_conflict', message: 'Version is 1' });
    expect(error.help).toMatch(/^An earlier attempt of this call got no answer/);
  });

  test('fails within the timeout when the gateway does not answer', async () => {
    const { gateway, server } = await setUp(() => 'hang', { timeout: '50ms' });
    expect(await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }))).toMatchObject({
      code: 'gateway_timeout',
      message: `The gateway at ${server.url} did not answer within 50 ms`,
    });
  });

  test('fails as unreachable, without the key, when nothing listens', async () => {
    const { gateway, server } = await setUp(() => 'reset');
    await server.close();
    running.length = 0;
    const error = await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }));
    expect(error).toMatchObject({
      code: 'gateway_unreachable',
      message: `The gateway at ${server.url} cannot be reached (ECONNREFUSED)`,
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
  });

  test.each([
    ['HTML', { status: 200, body: '<html>' }],
    ['a refusal without a reason', { status: 500, body: 'oops' }],
    ['a reason of its own', { status: 418, body: refusal('teapot') }],
  ])('fails as an answer of something else when it is %s', async (_name, answer) => {
    const { gateway } = await setUp(() => answer);
    expect(await refused(gateway.storeInVault({ provider: 'stripe', key: KEY }))).toMatchObject({
      code: 'gateway_answer_invalid',
    });
  });
});

describe('vault', () => {
  test('lists once for calls at the same time and within cacheTtl', async () => {
    const { server, gateway } = await setUp(() => ({ status: 200, body: LISTED }), { cacheTtl: '1m' });
    await Promise.all([gateway.vault.list(), gateway.vault.list()]);
    expect(await gateway.vault.list()).toEqual(LISTED);
    expect(server.calls).toHaveLength(1);
  });

  test('lists on every call with cacheTtl 0', async () => {
    const { server, gateway } = await setUp(() => ({ status: 200, body: LISTED }), { cacheTtl: 0 });
    await gateway.vault.list();
    await gateway.vault.list();
    expect(server.calls).toHaveLength(2);
  });

  test('lists anew after a change of its own, also one that failed', async () => {
    const { server, gateway } = await setUp(
      (call) => (call.method === 'GET' ? { status: 200, body: LISTED } : { status: 500, body: refusal('internal') }),
      { cacheTtl: '1m' },
    );
    await gateway.vault.list();
    await refused(gateway.vault.disable('stripe'));
    await gateway.vault.list();
    expect(server.calls.map((call) => call.method)).toEqual(['GET', 'POST', 'GET']);
  });

  test('lists again after passing failures', async () => {
    const answers = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 502 }, { status: 200, body: LISTED }];
    const { server, gateway } = await setUp((_call, index) => answers[index] ?? 'reset');
    expect(await gateway.vault.list()).toEqual(LISTED);
    expect(server.calls).toHaveLength(3);
  });

  test('fails with the last reason after three attempts, and does not remember the failure', async () => {
    const { server, gateway } = await setUp(() => ({ status: 503, body: refusal('vault_unavailable') }), {
      cacheTtl: '1m',
    });
    expect(await refused(gateway.vault.list())).toMatchObject({ code: 'vault_unavailable' });
    await refused(gateway.vault.list());
    expect(server.calls).toHaveLength(6);
  });

  test('disables, enables and deletes by the vault’s routes', async () => {
    const { server, gateway } = await setUp((call) =>
      call.method === 'DELETE' ? { status: 204 } : { status: 200, body: METADATA },
    );
    await gateway.vault.disable('stripe');
    await gateway.vault.enable('stripe');
    await expect(gateway.vault.delete('stripe')).resolves.toBeUndefined();
    expect(server.calls.map((call) => `${call.method} ${call.path} ${call.signature}`)).toEqual([
      'POST /vault/keys/stripe/disable valid',
      'POST /vault/keys/stripe/enable valid',
      'DELETE /vault/keys/stripe valid',
    ]);
  });
});
