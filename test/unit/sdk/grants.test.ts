import { McpGateway } from '../../../sdk/index';
import { CREDENTIALS, type FakeAnswer, type FakeGateway, fakeGateway, REGION, type ReceivedCall } from './fake-gateway';

const GRANT = { grantId: 'grant-id-of-16-chars', subject: 'subject-of-16-chars' };

let server: FakeGateway;
afterEach(() => server.close());

async function administrator(answer: (call: ReceivedCall, index: number) => FakeAnswer): Promise<McpGateway> {
  server = await fakeGateway(answer);
  return new McpGateway({ authMode: 'iam', url: server.url, region: REGION, credentials: CREDENTIALS });
}

const sent = () => server.calls.map(({ method, path, body, signature }) => [method, path, body, signature]);

test('lists every page, with a client id that is any text', async () => {
  const gateway = await administrator((_call, index) => ({
    status: 200,
    body: index === 0 ? { grants: [], cursor: 'a/b=' } : { grants: [GRANT] },
  }));
  expect(await gateway.grants.list({ clientId: "https://a.example/it's (1)*.json?x=1&y=ü" })).toEqual([GRANT]);
  const filter = 'clientId=https%3A%2F%2Fa.example%2Fit%27s%20%281%29%2A.json%3Fx%3D1%26y%3D%C3%BC';
  expect(sent()).toEqual([
    ['GET', `/grants?${filter}`, '', 'valid'],
    ['GET', `/grants?${filter}&cursor=a%2Fb%3D`, '', 'valid'],
  ]);
});

test('lists every page of switches', async () => {
  const blocked = { kind: 'gateway', blocked: true };
  const gateway = await administrator((_call, index) => ({
    status: 200,
    body: index === 0 ? { switches: [], cursor: 'a/b=' } : { switches: [blocked] },
  }));
  expect(await gateway.switches.list()).toEqual([blocked]);
  expect(sent()).toEqual([
    ['GET', '/switches', '', 'valid'],
    ['GET', '/switches?cursor=a%2Fb%3D', '', 'valid'],
  ]);
});

test('revokes one grant, and sets switches, signed by AWS credentials', async () => {
  const gateway = await administrator(({ method }) =>
    method === 'DELETE' ? { status: 204 } : { status: 200, body: { kind: 'client', blocked: true } },
  );
  await gateway.grants.revoke(GRANT);
  await gateway.switches.set({ kind: 'client', id: 'x', action: 'block' });
  await gateway.switches.set({ kind: 'gateway', action: 'revoke' });
  expect(sent()).toEqual([
    ['DELETE', '/grants/subject-of-16-chars/grant-id-of-16-chars', '', 'valid'],
    ['PUT', '/switches/client', '{"action":"block","id":"x"}', 'valid'],
    ['PUT', '/switches/gateway', '{"action":"revoke"}', 'valid'],
  ]);
});

test.each([
  { subject: '../../vault/keys', grantId: GRANT.grantId },
  { subject: GRANT.subject, grantId: 'short' },
  { subject: GRANT.subject, grantId: undefined as never },
])('refuses to revoke %j before anything is sent', async (grant) => {
  const gateway = await administrator(() => ({ status: 204 }));
  await expect(gateway.grants.revoke(grant)).rejects.toMatchObject({ code: 'invalid_option' });
  expect(server.calls).toEqual([]);
});

test.each([
  { kind: 'person', action: 'block' },
  { kind: 'gateway', id: 'x', action: 'block' },
  { kind: 'gateway', action: 'unblock' },
  { kind: '../vault', id: 'x', action: 'block' },
] as never[])('refuses the switch %j before anything is sent', async (change) => {
  const gateway = await administrator(() => ({ status: 200, body: {} }));
  await expect((async () => gateway.switches.set(change))()).rejects.toMatchObject({ code: 'invalid_option' });
  expect(server.calls).toEqual([]);
});

test.each([
  [404, 'grant_not_found', 'grant_not_found'],
  [500, 'internal', 'internal'],
] as const)('fails on %i %s in the gateway’s own words', async (status, reason, code) => {
  const gateway = await administrator(() => ({
    status,
    body: { error: { code: reason, message: 'What', help: 'Fix' } },
  }));
  await expect(gateway.grants.revoke(GRANT)).rejects.toMatchObject({ code, reason, message: 'What', help: 'Fix' });
});

test('fails with the policy to change when the identity may not', async () => {
  const gateway = await administrator(() => ({
    status: 403,
    body: { error: { code: -32600, message: 'x', data: { reason: 'insufficient_scope', help: 'y' } } },
  }));
  await expect(gateway.grants.list()).rejects.toMatchObject({
    code: 'forbidden',
    message: 'This AWS identity may not use the grants',
    help: 'Allow it execute-api:Invoke on the gateway’s /grants and /switches routes.',
  });
});
