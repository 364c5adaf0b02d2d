import { inspect } from 'node:util';
import { McpGateway, McpGatewayError } from '../../../sdk/index';
import { CREDENTIALS, type FakeAnswer, type FakeGateway, fakeGateway, REGION, type ReceivedCall } from './fake-gateway';

const KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
const STORED = {
  provider: 'stripe',
  status: 'active',
  version: 3,
  parts: ['key'],
  origins: ['https://mcp.stripe.com'],
  createdAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  updatedBy: 'alice',
};
const ROTATING = { ...STORED, version: 4, rotationStartedAt: '2026-11-23T11:00:00.000Z' };
const CONFIRMED = { ...STORED, version: 5 };

const running: FakeGateway[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function setUp(answer: (call: ReceivedCall, index: number) => FakeAnswer | 'hang' | 'reset') {
  const server = await fakeGateway(answer);
  running.push(server);
  const { vault } = new McpGateway({ authMode: 'iam', url: server.url, region: REGION, credentials: CREDENTIALS });
  const bodies = () => server.calls.map(({ method, path, body }) => [method, path, JSON.parse(body || '{}')]);
  return { server, vault, bodies };
}

async function refused(call: Promise<unknown>): Promise<McpGatewayError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(McpGatewayError);
  return error as McpGatewayError;
}

const refusal = (code: string) => ({ error: { code, message: 'No', help: 'Do' } });

test('rotate sends the new key and leaves it to be confirmed', async () => {
  const { vault, bodies } = await setUp(() => ({ status: 200, body: ROTATING }));
  expect(await vault.rotate({ provider: 'stripe', key: KEY })).toEqual(ROTATING);
  expect(bodies()).toEqual([['POST', '/vault/keys/stripe/rotate', { parts: { key: KEY } }]]);
});

test('rotate with confirm now confirms the very rotation it began', async () => {
  const { vault, bodies } = await setUp((_, index) => ({ status: 200, body: index === 0 ? ROTATING : CONFIRMED }));
  const parts = { user: 'u', token: 't' };
  expect(await vault.rotate({ provider: 'jira', parts, expectedVersion: 3, confirm: 'now' })).toEqual(CONFIRMED);
  expect(bodies()).toEqual([
    ['POST', '/vault/keys/jira/rotate', { parts, expectedVersion: 3 }],
    ['POST', '/vault/keys/jira/confirm', { expectedVersion: 4 }],
  ]);
});

test('confirm and abandon name the version they are about, if they are told it', async () => {
  const { vault, bodies } = await setUp(() => ({ status: 200, body: CONFIRMED }));
  await vault.confirmRotation('stripe');
  expect(await vault.confirmRotation('stripe', { expectedVersion: 4 })).toEqual(CONFIRMED);
  await vault.abandonRotation('stripe', { expectedVersion: 4 });
  expect(bodies()).toEqual([
    ['POST', '/vault/keys/stripe/confirm', {}],
    ['POST', '/vault/keys/stripe/confirm', { expectedVersion: 4 }],
    ['POST', '/vault/keys/stripe/abandon', { expectedVersion: 4 }],
  ]);
});

test('a confirmation is repeated only where the version says which: then it may have taken effect', async () => {
  const { vault, server } = await setUp((_, index) =>
    index === 0 ? 'reset' : { status: 409, body: refusal('version_conflict') },
  );
  const error = await refused(vault.confirmRotation('stripe', { expectedVersion: 4 }));
  expect(error).toMatchObject({
    code: 'version_conflict',
    help: 'An earlier attempt of this call got no answer and may have taken effect: list the vault to see its version.',
  });
  expect(server.calls).toHaveLength(2);
});

test('a confirmation without a version is not repeated', async () => {
  const { vault, server } = await setUp(() => 'reset');
  expect(await refused(vault.confirmRotation('stripe'))).toMatchObject({ code: 'gateway_unreachable' });
  expect(server.calls).toHaveLength(1);
});

test.each(['rotation_under_way', 'rotation_not_found', 'key_not_found'])(
  'fails with the vault’s own %s',
  async (code) => {
    const { vault } = await setUp(() => ({ status: 409, body: refusal(code) }));
    expect(await refused(vault.rotate({ provider: 'stripe', key: KEY }))).toMatchObject({ code, help: 'Do' });
  },
);

test('fails without the key in the error, also where the answer quotes it', async () => {
  const { vault } = await setUp(() => ({
    status: 400,
    body: { error: { code: 'invalid_request', message: KEY, help: KEY } },
  }));
  const error = await refused(vault.rotate({ provider: 'stripe', key: KEY }));
  expect(error.message).toBe('[key]');
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(KEY);
});

test('a rotation that is not confirmed says so: the error is of the confirmation', async () => {
  const { vault } = await setUp((_, index) =>
    index === 0 ? { status: 200, body: ROTATING } : { status: 409, body: refusal('version_conflict') },
  );
  expect(await refused(vault.rotate({ provider: 'stripe', key: KEY, confirm: 'now' }))).toMatchObject({
    code: 'version_conflict',
  });
});

test.each([
  ['a provider that is a key', { provider: KEY, key: KEY }, /^The provider is not a name/],
  ['neither key nor parts', { provider: 'stripe' }, /^rotate needs exactly one of key and parts$/],
  ['an empty key', { provider: 'stripe', key: '' }, /^The part "key" is empty$/],
  ['another confirm', { provider: 'stripe', key: KEY, confirm: true }, /^confirm is neither "now" nor "later"$/],
  ['a broken version', { provider: 'stripe', key: KEY, expectedVersion: 1.5 }, /^expectedVersion is 1.5/],
])('refuses %s before anything is sent', async (_name, options, message) => {
  const { vault, server } = await setUp(() => ({ status: 200, body: ROTATING }));
  const error = await refused(vault.rotate(options as never));
  expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringMatching(message) });
  expect(server.calls).toEqual([]);
});

test('what was listed before is not reused after a rotation', async () => {
  const { vault, server } = await setUp(({ method }) => ({
    status: 200,
    body: method === 'GET' ? { keys: [STORED], configured: ['stripe'] } : ROTATING,
  }));
  await vault.list();
  await vault.rotate({ provider: 'stripe', key: KEY });
  await vault.list();
  expect(server.calls.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
});
