import type { AuthzRequest } from '../../../../../lambda/core/authz/http';
import type { AuthEvent } from '../../../../../lambda/core/authz/ports';
import { type AuthzProxyEvent, authzHandler } from '../../../../../lambda/io/auth/authz-handler';

const EVENT: AuthzProxyEvent = {
  httpMethod: 'GET',
  path: '/authorize',
  headers: { Cookie: 'a=1' },
  multiValueHeaders: { Cookie: ['a=1', 'b=2'], 'X-Forwarded-Host': ['evil.example'] },
  multiValueQueryStringParameters: { state: ['x', 'y'], ['__proto__']: ['z'] },
  pathParameters: null,
  body: null,
  isBase64Encoded: false,
  requestContext: { requestId: 'request-1' },
};

function setUp(serve: (request: AuthzRequest) => Promise<{ status: number; headers: object; body: string }>) {
  const logged: AuthEvent[] = [];
  const seen: AuthzRequest[] = [];
  const handler = authzHandler(
    async (request) => {
      seen.push(request);
      return { ...(await serve(request)), headers: {}, cookies: ['c=1; Secure', 'd=2; Secure'] };
    },
    (request) => ({ status: 500, headers: {}, body: `failed ${request.requestId}` }),
    (event) => logged.push(event),
  );
  return { handler, logged, seen };
}

test('every value of a parameter and every cookie arrives, whatever its name', async () => {
  const { handler, seen } = setUp(async () => ({ status: 200, headers: {}, body: '' }));
  await handler(EVENT);
  expect(seen[0]?.query['state']).toEqual(['x', 'y']);
  expect(Object.getPrototypeOf(seen[0]?.query)).toBeNull();
  expect(seen[0]?.headers['cookie']).toBe('a=1; b=2');
});

test('several cookies leave as several header fields, and every answer forbids plain HTTP', async () => {
  const { handler } = setUp(async () => ({ status: 303, headers: {}, body: '' }));
  expect(await handler(EVENT)).toEqual({
    statusCode: 303,
    headers: { 'Strict-Transport-Security': 'max-age=31536000', 'X-Content-Type-Options': 'nosniff' },
    multiValueHeaders: { 'Set-Cookie': ['c=1; Secure', 'd=2; Secure'] },
    body: '',
  });
});

test('a body in base64 is read as what it stands for', async () => {
  const { handler, seen } = setUp(async () => ({ status: 200, headers: {}, body: '' }));
  await handler({ ...EVENT, body: Buffer.from('code=ä').toString('base64'), isBase64Encoded: true });
  expect(seen[0]?.body).toBe('code=ä');
});

test('what nobody foresaw is told by its class and place, never by its text', async () => {
  const { handler, logged } = setUp(async () => {
    throw new TypeError('cannot read code SECRET');
  });
  expect(await handler(EVENT)).toMatchObject({ statusCode: 500, body: 'failed request-1' });
  expect(logged).toEqual([
    {
      event: 'auth.failed',
      outcome: 'internal',
      requestId: 'request-1',
      cause: 'TypeError',
      at: expect.stringMatching(/:\d+:\d+$/),
    },
  ]);
  expect(JSON.stringify(logged)).not.toContain('SECRET');
});
