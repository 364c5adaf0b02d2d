import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { FrontDoor } from '../../../../local/front-door/front-door';
import { FunctionError } from '../../../../local/functions/invoker';
import { CREDENTIALS, Functions, openDoor, type Sent, send } from './door-fixture';

let functions: Functions;
let door: FrontDoor;
const NOW = Date.parse('2026-01-01T00:00:00Z');

beforeEach(async () => {
  functions = new Functions();
  door = await openDoor(functions, { clock: () => NOW });
});
afterEach(() => door.close());

interface SignOptions {
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly region?: string;
  readonly service?: string;
  readonly at?: number;
}

/** Signs as the AWS SDK does. */
async function signed(
  sent: Sent & { query?: Record<string, string | string[]> },
  options: SignOptions = {},
): Promise<Sent> {
  const { credentials = CREDENTIALS, region = CREDENTIALS.region, service = 'execute-api', at = NOW } = options;
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const request = new HttpRequest({
    method: sent.method ?? 'GET',
    hostname: '127.0.0.1',
    port: door.port,
    path: sent.path ?? '/vault/keys',
    query: sent.query ?? {},
    headers: { host: `127.0.0.1:${door.port}`, ...(sent.headers as Record<string, string>) },
    body: sent.body,
  });
  const { headers } = await signer.sign(request, { signingDate: new Date(at) });
  const query = new URLSearchParams(
    Object.entries(sent.query ?? {}).flatMap(([name, value]) =>
      [value].flat().map((item): [string, string] => [name, item]),
    ),
  ).toString();
  return { ...sent, method: request.method, path: request.path + (query ? `?${query}` : ''), headers };
}

async function outcome(sent: Sent): Promise<[number, unknown]> {
  const answer = await send(door, sent);
  const text = await answer.text();
  return [answer.status, text.startsWith('{"jsonrpc"') ? JSON.parse(text).error.data.reason : text];
}

test.each<[string, Parameters<typeof signed>[0]]>([
  ['a list', {}],
  ['a put with a body', { method: 'PUT', path: '/vault/keys/stripe', body: '{"parts":{"key":"€"}}' }],
  ['a query in any order', { query: { b: '2', a: ['z', 'a b'], 'a-b': '*' } }],
  ['an encoded path', { method: 'DELETE', path: '/vault/keys/a%20b%2Bc' }],
  ['a header with inner spaces', { headers: { 'x-note': '  two   words ' } }],
])('accepts what the AWS SDK signs: %s', async (_, sent) => {
  expect(await outcome(await signed(sent))).toEqual([200, '{}']);
});

test('names the caller, and keeps the signature from the function', async () => {
  await send(door, await signed({}));
  const [event] = functions.events['vault'] ?? [];
  expect(event.requestContext.identity).toMatchObject({
    accessKey: CREDENTIALS.accessKeyId,
    accountId: '000000000000',
    userArn: 'arn:aws:iam::000000000000:user/local',
  });
  expect(Object.keys(event.headers).map((name) => name.toLowerCase())).not.toContain('authorization');
});

test.each([
  ['no signature', {}],
  ['a bearer token', { Authorization: 'Bearer token' }],
])('refuses %s as API Gateway refuses an unknown path', async (_, headers) => {
  expect(await outcome({ method: 'GET', path: '/vault/keys', headers })).toEqual([404, 'not_found']);
  expect(functions.events['vault']).toEqual([]);
});

test.each<[string, SignOptions]>([
  ['an unknown access key', { credentials: { ...CREDENTIALS, accessKeyId: 'AKIDOTHER' } }],
  ['a wrong secret', { credentials: { ...CREDENTIALS, secretAccessKey: 'guess' } }],
  ['a session token nobody issued', { credentials: { ...CREDENTIALS, sessionToken: 'made-up' } }],
  ['another region', { region: 'eu-west-1' }],
  ['another service', { service: 's3' }],
  ['a clock five minutes slow', { at: NOW - 300_001 }],
  ['a clock five minutes fast', { at: NOW + 301_000 }],
])('refuses a signature with %s', async (_, options) => {
  expect(await outcome(await signed({}, options))).toEqual([403, 'invalid_signature']);
  expect(functions.events['vault']).toEqual([]);
});

test.each<[string, (sent: Sent) => Sent]>([
  ['body', (sent) => ({ ...sent, body: '{"parts":{"key":"mine"}}' })],
  ['path', (sent) => ({ ...sent, path: '/vault/keys/github' })],
  ['query', (sent) => ({ ...sent, path: `${sent.path}?x=1` })],
  ['method', (sent) => ({ ...sent, method: 'DELETE', headers: { ...sent.headers, 'content-length': '21' } })],
  ['signed header', (sent) => ({ ...sent, headers: { ...sent.headers, 'x-note': 'changed' } })],
  ['signature', (sent) => withAuthorization(sent, (value) => value.replace(/Signature=..../, 'Signature=0000'))],
  ['signature, cut short', (sent) => withAuthorization(sent, (value) => value.slice(0, -2))],
  ['list of signed headers', (sent) => withAuthorization(sent, (value) => value.replace('host;', ''))],
  ['scope', (sent) => withAuthorization(sent, (value) => value.replace('aws4_request', 'aws5_request'))],
  ['fields, all gone', (sent) => withAuthorization(sent, () => 'AWS4-HMAC-SHA256 x')],
])('refuses a request whose %s was changed after signing', async (_, change) => {
  const sent = await signed({
    method: 'PUT',
    path: '/vault/keys/stripe',
    body: '{"parts":{"key":"k"}}',
    headers: { 'x-note': 'a' },
  });
  expect(await outcome(change(sent))).toEqual([403, 'invalid_signature']);
});

function withAuthorization(sent: Sent, change: (value: string) => string): Sent {
  const headers = sent.headers as Record<string, string>;
  return { ...sent, headers: { ...headers, authorization: change(headers['authorization'] ?? '') } };
}

describe('a buffered answer', () => {
  const answer = async (value: unknown) => {
    functions.vault = () => value;
    return send(door, await signed({}));
  };

  test('arrives with its status, headers and cookies', async () => {
    const response = await answer({
      statusCode: 201,
      headers: { 'X-Own': 1, 'Set-Cookie': 'lost=1' },
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
      body: 'text',
    });
    expect([response.status, await response.text()]).toEqual([201, 'text']);
    expect(response.headers).toMatchObject({
      'x-own': '1',
      'set-cookie': ['a=1', 'b=2'],
      'content-type': 'application/json',
    });
  });

  test('may come without a body', async () => {
    expect((await answer({ statusCode: 204 })).status).toBe(204);
  });

  test.each([
    ['nothing', null],
    ['a string', 'ok'],
    ['no status', { body: '{}' }],
    ['a status that is none', { statusCode: 99 }],
    ['a body that is not text', { statusCode: 200, body: {} }],
    ['nested headers', { statusCode: 200, headers: { a: {} } }],
    ['an unknown member', { statusCode: 200, stack: 'secret detail' }],
    ['more than 6 MB', { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024) }],
  ])('is a 502 when it is malformed: %s', async (_, value) => {
    const response = await answer(value);
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.data.reason]).toEqual([502, 'gateway_failed']);
    expect(text).not.toContain('secret detail');
  });

  test('is a 502 when the function fails, and the cause is told to the operator only', async () => {
    const heard: unknown[] = [];
    await door.close();
    door = await openDoor(functions, { clock: () => NOW, onFunctionError: (fn, error) => heard.push([fn, error]) });
    const failure = new FunctionError('TypeError', 'detail');
    functions.vault = () => Promise.reject(failure);
    expect(await outcome(await signed({}))).toEqual([502, 'gateway_failed']);
    expect(heard).toEqual([['vault', failure]]);
  });

  test('is a 504 when it takes too long', async () => {
    await door.close();
    door = await openDoor(functions, { clock: () => NOW, limits: { bufferedTotalMs: 20 } });
    functions.vault = () => new Promise(() => undefined);
    expect(await outcome(await signed({}))).toEqual([504, 'gateway_timeout']);
  });
});
