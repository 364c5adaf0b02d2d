import { createHmac } from 'node:crypto';
import { exportSPKI, generateKeyPair, importJWK } from 'jose';
import type { TokenProblem } from '../../lambda/core/gateway-error';
import { rawCall } from '../fixtures/raw-call';
import { modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene((url) => [
    { name: 'one', url },
    { name: 'two', url },
  ]);
});
afterAll(() => scene.close());
beforeEach(() => scene.upstream.reset());

const call = modernCall('tools/list');
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT of arbitrary parts, signed as `sign` says. */
function jwt(header: object, claims: object, sign: (signingInput: string) => string): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(input)}`;
}

async function validClaims(): Promise<Record<string, unknown>> {
  const [, claims = ''] = (await scene.token('one')).split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
}

const now = () => Math.floor(Date.now() / 1000);

/** What each caller tries, and what the operator reads of it; the caller learns only that the token is not accepted. */
const battery: Record<string, readonly [TokenProblem, () => Promise<string>]> = {
  'words that are no token': ['malformed', async () => 'Bearer not-a-token'],
  'another scheme': ['malformed', async () => `Basic ${Buffer.from('alice:secret').toString('base64')}`],
  'a token with a byte of its signature changed': [
    'bad_signature',
    async () => {
      const token = await scene.token('one');
      const flipped = token.at(-5) === 'A' ? 'B' : 'A';
      return `Bearer ${token.slice(0, -5)}${flipped}${token.slice(-4)}`;
    },
  ],
  'a token without a signature': [
    'bad_signature',
    async () => `Bearer ${(await scene.token('one')).split('.').slice(0, 2).join('.')}.`,
  ],
  'an expired token': [
    'expired',
    async () => `Bearer ${await scene.token('one', { claims: { iat: now() - 600, exp: now() - 300 } })}`,
  ],
  'a token that is not valid yet': [
    'not_yet_valid',
    async () => `Bearer ${await scene.token('one', { claims: { nbf: now() + 300 } })}`,
  ],
  'a token without an expiry': [
    'malformed',
    async () => `Bearer ${await scene.token('one', { claims: { exp: undefined } as never })}`,
  ],
  'a token for another endpoint of this gateway': ['wrong_audience', async () => `Bearer ${await scene.token('two')}`],
  'a token for another resource': [
    'wrong_audience',
    async () => `Bearer ${await scene.issuer.token('https://elsewhere.example.com/mcp')}`,
  ],
  'a token for a path below the endpoint': [
    'wrong_audience',
    async () => `Bearer ${await scene.issuer.token(`${scene.gateway.endpoint('one')}/`)}`,
  ],
  'a token without an audience': [
    'wrong_audience',
    async () => `Bearer ${await scene.token('one', { claims: { aud: undefined } as never })}`,
  ],
  'a token of another issuer, signed with our key': [
    'wrong_issuer',
    async () => `Bearer ${await scene.token('one', { claims: { iss: 'https://issuer.example.com' } })}`,
  ],
  'a token whose issuer only starts right': [
    'wrong_issuer',
    async () => `Bearer ${await scene.token('one', { claims: { iss: `${scene.issuer.issuer}/` } })}`,
  ],
  'an ID token': ['wrong_type', async () => `Bearer ${await scene.token('one', { header: { typ: 'JWT' } })}`],
  'a token without a type': [
    'wrong_type',
    async () => `Bearer ${await scene.token('one', { header: { typ: undefined } })}`,
  ],
  'a token without a subject': [
    'no_subject',
    async () => `Bearer ${await scene.token('one', { claims: { sub: undefined } as never })}`,
  ],
  'alg none': ['malformed', async () => `Bearer ${jwt({ alg: 'none', typ: 'at+jwt' }, await validClaims(), () => '')}`],
  'HS256 with the public key as secret': [
    'malformed',
    async () => {
      const pem = await exportSPKI((await importJWK(scene.issuer.publicJwk, 'ES256')) as never);
      const sign = (input: string) => createHmac('sha256', pem).update(input).digest('base64url');
      return `Bearer ${jwt({ alg: 'HS256', typ: 'at+jwt', kid: 'forge-1' }, await validClaims(), sign)}`;
    },
  ],
  'HS256 with the public JWK as secret': [
    'malformed',
    async () => {
      const secret = JSON.stringify(scene.issuer.publicJwk);
      const sign = (input: string) => createHmac('sha256', secret).update(input).digest('base64url');
      return `Bearer ${jwt({ alg: 'HS256', typ: 'at+jwt', kid: 'forge-1' }, await validClaims(), sign)}`;
    },
  ],
  'a key id nobody knows': [
    'unknown_key',
    async () => `Bearer ${await scene.token('one', { header: { kid: 'forge-2' } })}`,
  ],
  'a key id that is a path': [
    'unknown_key',
    async () => `Bearer ${await scene.token('one', { header: { kid: '../../../../dev/null' } })}`,
  ],
  'a key id that is a property of every object': [
    'unknown_key',
    async () => `Bearer ${await scene.token('one', { header: { kid: '__proto__' } })}`,
  ],
  'a key brought along in the header': [
    'bad_signature',
    async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = await crypto.subtle.exportKey('jwk', publicKey as never);
      return `Bearer ${await scene.token('one', { header: { jwk }, key: privateKey })}`;
    },
  ],
  'a key URL brought along in the header': [
    'bad_signature',
    async () => {
      const { privateKey } = await generateKeyPair('ES256');
      const jku = `${scene.upstream.origin}/jwks`;
      return `Bearer ${await scene.token('one', { header: { jku, x5u: jku }, key: privateKey })}`;
    },
  ],
  'a critical extension nobody implements': [
    'malformed',
    async () => {
      const [header = '', claims = '', signature = ''] = (await scene.token('one')).split('.');
      const fields = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
      return `Bearer ${encode({ ...fields, crit: ['exp'], exp: 1 })}.${claims}.${signature}`;
    },
  ],
  'two tokens in one header': [
    'malformed',
    async () => `Bearer ${await scene.token('one')}, Bearer ${await scene.token('one')}`,
  ],
  'a token longer than any issuer makes': [
    'malformed',
    async () => `Bearer ${await scene.token('one', { claims: { padding: 'x'.repeat(6400) } })}`,
  ],
};

test.each(Object.entries(battery))('refuses %s', async (_, [problem, authorization]) => {
  const answer = await scene.send('one', call, { authorization: await authorization() });
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toMatch(
    /^Bearer .*resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp"/,
  );
  expect(rpcError(answer)).toMatchObject({ code: -32600, reason: 'unauthorized' });
  expect(answer.text).not.toContain(problem);
  const line = await scene.gateway.logged('requestId', answer.headers['x-amzn-requestid']);
  expect(line).toEqual({ event: 'mcp.refused', requestId: line['requestId'], reason: 'unauthorized', problem });
  expect(scene.upstream.requests).toEqual([]);
});

test('refuses a call without a token, and says where to get one', async () => {
  const answer = await scene.send('one', call, { authorization: null });
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toBe(
    `Bearer resource_metadata="${scene.gateway.url}/.well-known/oauth-protected-resource/mcp", scope="mcp:tools"`,
  );
  const metadata = await rawCall(`${scene.gateway.url}/.well-known/oauth-protected-resource/mcp/one`, {
    method: 'GET',
  });
  expect(JSON.parse(metadata.text)).toMatchObject({
    resource: scene.gateway.endpoint('one'),
    authorization_servers: [scene.issuer.issuer],
    bearer_methods_supported: ['header'],
  });
});

test('refuses a token in the query string', async () => {
  const token = await scene.token('one');
  const answer = await rawCall(`${scene.gateway.endpoint('one')}?access_token=${token}`, call);
  expect(answer.status).toBe(401);
  expect(scene.gateway.logs()).not.toContain(token);
});

test('refuses two Authorization headers, even if both are the same valid token', async () => {
  const token = await scene.token('one');
  const headers = [...call.headers, 'Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${token}`];
  const answer = await rawCall(scene.gateway.endpoint('one'), { headers, body: call.body });
  expect(answer.status).toBe(401);
  expect(scene.upstream.requests).toEqual([]);
});

test('refuses a token that lacks the scope, and says which scope to ask for', async () => {
  const answer = await scene.send('one', call, {
    authorization: `Bearer ${await scene.token('one', { claims: { scope: 'openid mcp:tool' } })}`,
  });
  expect(answer.status).toBe(403);
  expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
  expect(answer.headers['www-authenticate']).toContain('scope="mcp:tools"');
  expect(rpcError(answer).reason).toBe('insufficient_scope');
});

test.each([
  ['the scheme in lower case', async () => `bearer ${await scene.token('one')}`],
  [
    'a media type as token type',
    async () => `Bearer ${await scene.token('one', { header: { typ: 'application/at+jwt' } })}`,
  ],
  ['the token of the whole gateway', async () => `Bearer ${await scene.issuer.token(`${scene.gateway.url}/mcp`)}`],
  [
    'several audiences, ours among them',
    async () =>
      `Bearer ${await scene.token('one', { claims: { aud: ['https://other.example.com', scene.gateway.endpoint('one')] } })}`,
  ],
] as const)('accepts %s', async (_, authorization) => {
  const answer = await scene.send('one', call, { authorization: await authorization() });
  expect(answer.status).toBe(200);
});

test('asks the issuer for its keys once, not for each unknown key id', async () => {
  const before = scene.issuer.jwksRequests();
  for (let i = 0; i < 20; i++) {
    await scene.send('one', call, {
      authorization: `Bearer ${await scene.token('one', { header: { kid: `guess-${i}` } })}`,
    });
  }
  expect(scene.issuer.jwksRequests() - before).toBeLessThanOrEqual(2);
});

test('writes no token to its log', () => {
  expect(scene.gateway.logs()).not.toContain('eyJ');
});
