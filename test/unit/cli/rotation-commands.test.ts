import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CREDENTIALS,
  type FakeAnswer,
  type FakeGateway,
  fakeGateway,
  REGION,
  type ReceivedCall,
} from '../sdk/fake-gateway';
import { runIn } from './terminal';

const KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
const STORED = {
  provider: 'stripe',
  status: 'active',
  version: 3,
  parts: ['key'],
  origins: ['https://mcp.stripe.com'],
  createdAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T11:00:00.000Z',
  updatedBy: 'alice',
};
const ROTATING = { ...STORED, version: 4, rotationStartedAt: '2026-11-23T11:00:00.000Z' };

const before = { ...process.env };
beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;
  process.env['AWS_REGION'] = REGION;
  delete process.env['AWS_SESSION_TOKEN'];
  delete process.env['MCP_GATEWAY_URL'];
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => {
  process.env = before;
});
const running: FakeGateway[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function gatewayAnswering(answer: (call: ReceivedCall, index: number) => FakeAnswer): Promise<FakeGateway> {
  const gateway = await fakeGateway(answer);
  running.push(gateway);
  return gateway;
}
const sent = ({ calls }: FakeGateway) => calls.map(({ method, path, body }) => [`${method} ${path}`, body]);

test('vault rotate asks for the new key without showing it, and says what comes next', async () => {
  const gateway = await gatewayAnswering(() => ({ status: 200, body: ROTATING }));
  const outcome = await runIn(['vault', 'rotate', 'stripe', '--url', gateway.url], { typed: `${KEY}\r` });
  expect(outcome).toEqual({
    code: 0,
    out:
      'The new key of stripe is kept beside the one in use, version 4.\n' +
      'Next: mcp-gateway vault confirm stripe, and end the old key at the platform; or: vault abandon stripe.\n',
    err: `stripe → ${gateway.url} (from option url)\nkey (not shown): \n`,
  });
  expect(sent(gateway)).toEqual([['POST /vault/keys/stripe/rotate', JSON.stringify({ parts: { key: KEY } })]]);
});

test('vault rotate --confirm confirms what it began', async () => {
  const gateway = await gatewayAnswering((_, index) => ({
    status: 200,
    body: index === 0 ? ROTATING : { ...STORED, version: 5 },
  }));
  const args = ['vault', 'rotate', 'stripe', '--confirm', '--expected-version', '3', '--url', gateway.url];
  const { code, out } = await runIn(args, { typed: `${KEY}\r` });
  expect([code, out]).toEqual([0, 'The new key of stripe is in use, version 5.\n']);
  expect(sent(gateway)).toEqual([
    ['POST /vault/keys/stripe/rotate', JSON.stringify({ parts: { key: KEY }, expectedVersion: 3 })],
    ['POST /vault/keys/stripe/confirm', '{"expectedVersion":4}'],
  ]);
});

test.each([
  ['confirm', 'The new key of stripe is in use; the old one can be ended at the platform; version 5.\n'],
  ['abandon', 'Dropped the new key of stripe; the old one stays in use; version 5.\n'],
])('vault %s ends a rotation, in words and as JSON', async (verb, words) => {
  const gateway = await gatewayAnswering(() => ({ status: 200, body: { ...STORED, version: 5 } }));
  expect(await runIn(['vault', verb, 'stripe', '--url', gateway.url])).toEqual({ code: 0, out: words, err: '' });
  const args = ['vault', verb, 'stripe', '--expected-version', '4', '--json', '--url', gateway.url];
  expect(JSON.parse((await runIn(args)).out)).toEqual({ ...STORED, version: 5 });
  expect(sent(gateway)).toEqual([
    [`POST /vault/keys/stripe/${verb}`, '{}'],
    [`POST /vault/keys/stripe/${verb}`, '{"expectedVersion":4}'],
  ]);
});

test('vault list says since when a rotation is under way', async () => {
  const gateway = await gatewayAnswering(() => ({ status: 200, body: { keys: [ROTATING], configured: ['stripe'] } }));
  const { out } = await runIn(['vault', 'list', '--url', gateway.url]);
  expect(out).toContain('active, rotation under way since 2026-11-23T11:00:00.000Z');
});

test.each([
  ['rotation_under_way', 409, 6],
  ['version_conflict', 409, 6],
  ['rotation_not_found', 404, 4],
  ['key_not_found', 404, 4],
])('a refusal %s ends with its own exit code', async (code, status, exit) => {
  const body = { error: { code, message: 'No', help: 'Do' } };
  const gateway = await gatewayAnswering(() => ({ status, body }));
  expect(await runIn(['vault', 'confirm', 'stripe', '--url', gateway.url])).toEqual({
    code: exit,
    out: '',
    err: 'error: No\n  fix: Do\n',
  });
});

test.each([
  ['the new key as an argument', ['rotate', 'stripe', KEY], 'The key is not taken from the command line'],
  ['the new key in place of the provider', ['rotate', KEY], 'The provider is not a name'],
  ['nothing on standard input', ['rotate', 'stripe'], 'Standard input is empty'],
  [
    'a version that is none',
    ['confirm', 'stripe', '--expected-version', 'x'],
    '--expected-version is not a whole number',
  ],
  ['no provider', ['abandon'], 'vault abandon needs <provider>'],
])('refuses %s, shows no key and calls nobody', async (_name, args, message) => {
  const gateway = await gatewayAnswering(() => ({ status: 500, body: {} }));
  const { code, out, err } = await runIn(['vault', ...args, '--url', gateway.url]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(err).not.toContain(KEY);
  expect(gateway.calls).toEqual([]);
});

test.each(['rotate', 'confirm', 'abandon'])('vault %s --help says how', async (verb) => {
  const { code, out } = await runIn(['vault', verb, '--help']);
  expect(code).toBe(0);
  expect(out).toContain(`mcp-gateway vault ${verb} <provider>`);
});
