import { McpGateway } from '../../../sdk/index';
import { CREDENTIALS, type FakeAnswer, type FakeGateway, fakeGateway, REGION, type ReceivedCall } from './fake-gateway';

const SUBJECT = 'S'.repeat(43);
const SECRET = 'client-secret/1+2=';

let server: FakeGateway;
afterEach(() => server.close());

async function administrator(answer: (call: ReceivedCall, index: number) => FakeAnswer): Promise<McpGateway> {
  server = await fakeGateway(answer);
  return new McpGateway({ authMode: 'iam', url: server.url, region: REGION, credentials: CREDENTIALS });
}
const sent = () => server.calls.map(({ method, path, body, signature }) => [method, path, body, signature]);

test('lists everybody’s connections, every page, or one person’s', async () => {
  const one = { subject: SUBJECT, provider: 'github' };
  const { administration } = await administrator((_call, index) => ({
    status: 200,
    body: index === 0 ? { connections: [], cursor: 'a/b=' } : { connections: [one] },
  }));
  expect(await administration.connections.list()).toEqual([one]);
  expect(await administration.connections.list({ subject: SUBJECT })).toEqual([one]);
  expect(sent()).toEqual([
    ['GET', '/connections', '', 'valid'],
    ['GET', '/connections?cursor=a%2Fb%3D', '', 'valid'],
    ['GET', `/connections?subject=${SUBJECT}`, '', 'valid'],
  ]);
});

test('ends a connection, shreds a person, switches a platform, and sets a client secret', async () => {
  const { administration } = await administrator(({ method, path }) =>
    path.startsWith('/vault') ? { status: 204 } : { status: 200, body: { method } },
  );
  expect(await administration.connections.disconnect({ subject: SUBJECT, provider: 'github' })).toEqual({
    method: 'DELETE',
  });
  await administration.connections.shred({ subject: SUBJECT });
  await administration.blockProvider('github');
  await administration.allowProvider('github');
  expect(await administration.setClientSecret('github', SECRET)).toBeUndefined();
  expect(sent()).toEqual([
    ['DELETE', `/connections/${SUBJECT}/github`, '', 'valid'],
    ['DELETE', `/connections/${SUBJECT}`, '', 'valid'],
    ['PUT', '/switches/provider', '{"id":"github","blocked":true}', 'valid'],
    ['PUT', '/switches/provider', '{"id":"github","blocked":false}', 'valid'],
    ['PUT', '/vault/clients/github', JSON.stringify({ clientSecret: SECRET }), 'valid'],
  ]);
});

test.each<[string, (gateway: McpGateway) => Promise<unknown>]>([
  ['a list of nobody', ({ administration }) => administration.connections.list({ subject: 'alice' })],
  [
    'a path in the place of a person',
    ({ administration }) => administration.connections.shred({ subject: '../grants' }),
  ],
  [
    // One missing member, and everything of a person would be gone.
    'a connection without its provider',
    ({ administration }) => administration.connections.disconnect({ subject: SUBJECT } as never),
  ],
  ['a provider that is a path', ({ administration }) => administration.blockProvider('../person')],
  ['an empty secret', ({ administration }) => administration.setClientSecret('github', '')],
  ['a secret with a line break', ({ administration }) => administration.setClientSecret('github', `${SECRET}\n`)],
  ['a secret in the place of the provider', ({ administration }) => administration.setClientSecret(SECRET, 'github')],
])('refuses %s before anything is sent', async (_, act) => {
  const gateway = await administrator(() => ({ status: 200, body: {} }));
  const error = await act(gateway).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'invalid_option' });
  expect(JSON.stringify(error) + String(error)).not.toContain(SECRET);
  expect(server.calls).toEqual([]);
});

test('fails in the gateway’s own words, without the secret it repeats', async () => {
  const { administration } = await administrator(({ body }) => ({
    status: 404,
    body: { error: { code: 'unknown_provider', message: `None: ${body}`, help: 'Providers with one: slack.' } },
  }));
  await expect(administration.setClientSecret('github', SECRET)).rejects.toMatchObject({
    code: 'unknown_provider',
    message: 'None: {"clientSecret":"[key]"}',
    help: 'Providers with one: slack.',
  });
});

test('fails with the policy to change when the identity may not', async () => {
  const { administration } = await administrator(() => ({
    status: 403,
    body: { error: { code: -32600, message: 'x', data: { reason: 'insufficient_scope', help: 'y' } } },
  }));
  await expect(administration.connections.list()).rejects.toMatchObject({
    code: 'forbidden',
    message: 'This AWS identity may not use the connections',
    help: 'Allow it execute-api:Invoke on the gateway’s /connections and /switches routes.',
  });
});

test('fails without an AWS identity', async () => {
  await administrator(() => ({ status: 200, body: {} }));
  const gateway = new McpGateway({ authMode: 'oauth2.1-pkce', url: server.url });
  await expect(gateway.administration.connections.list()).rejects.toMatchObject({ code: 'auth_mode_unavailable' });
  expect(server.calls).toEqual([]);
});
