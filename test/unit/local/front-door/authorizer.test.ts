import { AUTHORIZER } from '../../../../lambda/contract/front-door';
import type { FrontDoor } from '../../../../local/front-door/front-door';
import { FunctionError } from '../../../../local/functions/invoker';
import { ALLOW, BEARER, type Event, Functions, openDoor, send } from './door-fixture';

let functions: Functions;
let door: FrontDoor;
let now: number;

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z');
  functions = new Functions();
  door = await openDoor(functions, { clock: () => now });
});
afterEach(() => door.close());

const call = (headers: Record<string, string> = BEARER, path = '/mcp/one') => send(door, { path, headers, body: '{}' });
const asked = () => functions.events['authorizer']?.length;

function policy(...statements: object[]) {
  return { principalId: 'p', policyDocument: { Version: '2012-10-17', Statement: statements } };
}

async function refusal(answer: Promise<{ status: number; text(): Promise<string> }>): Promise<[number, string]> {
  const { status, text } = await answer;
  return [status, JSON.parse(await text()).error.data.reason];
}

test('is given the method ARN, the headers and the path parameters, but no body', async () => {
  await call();
  const [event] = functions.events['authorizer'] ?? [];
  expect(event).toMatchObject({
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:us-east-1:000000000000:local/live/POST/mcp/one',
    headers: { Authorization: 'Bearer token' },
    pathParameters: { upstream: 'one' },
  });
  expect(event).not.toHaveProperty('body');
});

test.each([{}, { Authorization: '' }])(
  'refuses a request without a token with the challenge, unasked: %j',
  async (headers) => {
    const answer = await call(headers);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${door.url}/.well-known/oauth-protected-resource/mcp", scope="mcp"`,
    );
    expect(answer.headers['x-amzn-errortype']).toBe('UnauthorizedException');
    expect(asked()).toBe(0);
  },
);

test('refuses with 401 when it throws "Unauthorized", and asks again next time', async () => {
  functions.authorizer = () => Promise.reject(new FunctionError('Error', 'Unauthorized'));
  expect(await refusal(call())).toEqual([401, 'unauthorized']);
  expect(await refusal(call())).toEqual([401, 'unauthorized']);
  expect(asked()).toBe(2);
});

test('refuses with 403 when the policy denies, and remembers that', async () => {
  functions.authorizer = () => policy({ Action: 'execute-api:Invoke', Effect: 'Deny', Resource: '*' });
  const answer = await call();
  expect(answer.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope", /);
  expect(await refusal(call())).toEqual([403, 'insufficient_scope']);
  expect(asked()).toBe(1);
});

test.each([
  ['allows nothing', []],
  ['allows another method', [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*/GET/*' }]],
  ['allows another action', [{ Action: 's3:GetObject', Effect: 'Allow', Resource: '*' }]],
  [
    'denies what it also allows',
    [
      { Action: '*', Effect: 'Allow', Resource: '*' },
      { Action: ['execute-api:*'], Effect: 'Deny', Resource: ['x', 'arn:aws:execute-api:*:*:*/*/POST/mcp/on?'] },
    ],
  ],
])('refuses with 403 when the policy %s', async (_, statements) => {
  functions.authorizer = () => policy(...statements);
  expect(await refusal(call())).toEqual([403, 'insufficient_scope']);
});

test('takes a resource pattern literally but for * and ?', async () => {
  functions.authorizer = () => policy({ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '.+' });
  expect((await call()).status).toBe(403);
});

test.each([
  ['nothing', null],
  ['no principal', { policyDocument: ALLOW.policyDocument }],
  ['no statements', { principalId: 'p', policyDocument: {} }],
  ['an unknown effect', policy({ Action: 'execute-api:Invoke', Effect: 'Maybe', Resource: '*' })],
  ['a condition, which is not emulated', policy({ Action: '*', Effect: 'Allow', Resource: '*', Condition: {} })],
  ['a nested context', { ...ALLOW, context: { claims: { sub: 'x' } } }],
])('fails with 503 when it answers %s, and remembers nothing', async (_, answer) => {
  functions.authorizer = () => answer;
  expect(await refusal(call())).toEqual([503, 'authorizer_failed']);
  functions.authorizer = () => ALLOW;
  expect((await call()).status).toBe(200);
});

test('fails with 503 when it breaks, without saying why', async () => {
  functions.authorizer = () => Promise.reject(new FunctionError('TypeError', 'secret detail'));
  const answer = await call();
  expect(answer.status).toBe(503);
  expect(await answer.text()).not.toContain('secret detail');
});

test('hands its context to the function, every value as text', async () => {
  functions.authorizer = () => ({ ...ALLOW, context: { sub: 'u1', age: 7, admin: false } });
  await call();
  const { authorizer } = functions.events['mcp']?.[0].requestContext ?? {};
  expect(authorizer).toMatchObject({ principalId: 'someone', sub: 'u1', age: '7', admin: 'false' });
});

describe('its cache', () => {
  test('answers for the same token and path until the time is over', async () => {
    await call();
    now += AUTHORIZER.cacheTtlSeconds * 1000 - 1;
    await call();
    expect(asked()).toBe(1);
    now += 1;
    await call();
    expect(asked()).toBe(2);
  });

  test('never answers for another token or another path', async () => {
    await call();
    await call({ Authorization: 'Bearer other' });
    await call(BEARER, '/mcp/two');
    expect(asked()).toBe(3);
  });

  test('is asked anew while a first answer is still on its way', async () => {
    const release: (() => void)[] = [];
    functions.authorizer = (_: Event) => new Promise((resolve) => release.push(() => resolve(ALLOW)));
    const both = [call(), call()];
    while (release.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const go of release) go();
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
