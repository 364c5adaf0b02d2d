import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { readClientKey } from '../../../../sdk/oauth/private-key';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const JWK = privateKey.export({ format: 'jwk' });

test('reads PEM of either kind, a JWK as object or text, and a file with one', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'key-')), 'key');
  const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  writeFileSync(path, sec1);
  for (const form of [PKCS8, sec1, JWK, JSON.stringify(JWK), path]) {
    expect(await readClientKey(form)).toEqual({ algorithm: 'ES256', jwk: JWK });
  }
});

test.each([
  ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['EdDSA', () => generateKeyPairSync('ed25519')],
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
] as const)('knows %s by the key', async (algorithm, generate) => {
  const pem = generate().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(await readClientKey(pem)).toMatchObject({ algorithm });
});

test.each([
  ['a public key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
  ['a shared secret', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldA' }],
  [
    'a curve no gateway takes',
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ format: 'jwk' }),
  ],
  [
    'RSA of 1024 bits',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  ],
  ['a damaged PEM', PKCS8.replace(/\n[A-Za-z0-9]{8}/, '\n!!!!!!!!')],
  ['a damaged JWK', '{"kty":"EC","d":"my-secret-scalar"'],
])('refuses %s without quoting it', async (_what, key) => {
  const error: unknown = await readClientKey(key as string).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'invalid_option',
    message: 'privateKey is not a private key of an algorithm gateways accept',
  });
  expect(inspect(error, { depth: 5 })).not.toMatch(/my-secret-scalar|c2VjcmV0|BEGIN/);
});

test('refuses a path that leads nowhere without quoting it: it may be a key in a form of its own', async () => {
  const error: unknown = await readClientKey('MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6').catch((reason) => reason);
  expect(error).toMatchObject({
    code: 'invalid_option',
    message: 'privateKey is no PEM and no JWK, and as a path it cannot be read (ENOENT)',
  });
  expect(inspect(error)).not.toContain('MHcCAQEE');
});
