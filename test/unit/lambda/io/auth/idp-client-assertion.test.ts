import { sign as cryptoSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { IdentityProviderConfig } from '../../../../../lambda/config/gateway-config';
import { err, ok } from '../../../../../lambda/core/result';
import {
  type ClientKey,
  type IdpClientCredentials,
  idpClientAuthentication,
} from '../../../../../lambda/io/auth/idp-client-assertion';
import { testClock } from '../../../../helpers/clock';

const AS = { issuer: 'https://login.example.com' };
const { now } = testClock();

async function authenticate(
  clientAuthentication: IdentityProviderConfig['clientAuthentication'],
  credentials: IdpClientCredentials = {},
  clientId = 'mcp-gateway',
) {
  const made = await idpClientAuthentication(AS, { clientId, clientAuthentication }, credentials, now);
  if (!made.ok) return made;
  const { form = {}, headers = {} } = made.value;
  return { body: form, headers };
}

const secretOf = (value: string) => ({ secret: async () => ok(value) });
const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

test('a public client says who it is', async () => {
  expect(await authenticate('none')).toEqual({ body: { client_id: 'mcp-gateway' }, headers: {} });
});

test('a secret goes into the body, or into the header, never into both', async () => {
  expect(await authenticate('client_secret_post', secretOf('s3cret'))).toEqual({
    body: { client_id: 'mcp-gateway', client_secret: 's3cret' },
    headers: {},
  });
  expect(await authenticate('client_secret_basic', secretOf('s3cret'))).toEqual({
    body: {},
    headers: basic('mcp-gateway:s3cret'),
  });
});

test.each([
  ['2141029472.691202649728', 'Ab8Q~x-y_z.1', '2141029472.691202649728:Ab8Q~x-y_z.1'],
  ['a:b', 'c:d', 'a%3Ab:c%3Ad'],
  ['a b', 'c+d', 'a+b:c%2Bd'],
  ['ü', '€&=%', '%C3%BC:%E2%82%AC%26%3D%25'],
])('id %s and secret %s are encoded as little as decoding allows', async (clientId, secret, pair) => {
  expect(await authenticate('client_secret_basic', secretOf(secret), clientId)).toMatchObject({ headers: basic(pair) });
  const [id = '', value = ''] = pair.split(':');
  expect(Object.fromEntries(new URLSearchParams(`${id}=${value}`))).toEqual({ [clientId]: secret });
});

test.each(['client_secret_basic', 'client_secret_post'] as const)('fails without a secret: %s', async (method) => {
  const missing = err({ service: 'secretsmanager', kind: 'not_found', name: 'NoClientSecret' });
  expect(await authenticate(method)).toEqual(missing);
  expect(await authenticate(method, secretOf(''))).toEqual(missing);
  const throttled = err({ service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' } as const);
  expect(await authenticate(method, { secret: async () => throttled })).toEqual(throttled);
});

describe('private_key_jwt', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  function keyOf(algorithm: ClientKey['algorithm'], privateKey: KeyObject, keyId?: string): ClientKey {
    const options = {
      ES256: { dsaEncoding: 'ieee-p1363' as const },
      RS256: {},
      PS256: { padding: 6, saltLength: 32 },
    }[algorithm];
    return {
      algorithm,
      ...(keyId === undefined ? {} : { keyId }),
      sign: async (input) => ok(cryptoSign('sha256', Buffer.from(input), { key: privateKey, ...options })),
    };
  }

  test.each([
    ['ES256', ec],
    ['RS256', rsa],
    ['PS256', rsa],
  ] as const)('signs a fresh assertion for the issuer alone, by %s', async (algorithm, { privateKey, publicKey }) => {
    const made = await Promise.all(
      [1, 2].map(() => authenticate('private_key_jwt', { clientKey: keyOf(algorithm, privateKey, 'key-1') })),
    );
    const bodies = made.map((one) => ('body' in one ? one.body : {}));
    const verified = await Promise.all(
      bodies.map(({ client_assertion: jwt = '' }) => jwtVerify(jwt, publicKey, { currentDate: new Date(now()) })),
    );
    const [first, second] = verified;
    expect(first?.protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: 'key-1' });
    const seconds = Math.floor(now() / 1_000);
    expect(first?.payload).toEqual({
      iss: 'mcp-gateway',
      sub: 'mcp-gateway',
      aud: 'https://login.example.com',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: seconds,
      exp: seconds + 60,
    });
    expect(second?.payload.jti).not.toBe(first?.payload.jti);
    expect(bodies[0]).toMatchObject({
      client_id: 'mcp-gateway',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(made[0]).toMatchObject({ headers: {} });
  });

  test('fails without a key, and when the key cannot sign', async () => {
    expect(await authenticate('private_key_jwt')).toEqual(
      err({ service: 'kms', kind: 'not_found', name: 'NoClientKey' }),
    );
    const down = err({ service: 'kms', kind: 'unavailable', name: 'KMSInternalException' } as const);
    const clientKey: ClientKey = { algorithm: 'ES256', sign: async () => down };
    expect(await authenticate('private_key_jwt', { clientKey })).toEqual(down);
  });
});
