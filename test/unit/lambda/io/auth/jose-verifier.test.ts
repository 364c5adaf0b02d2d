import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { joseVerifier } from '../../../../../lambda/io/auth/jose-verifier';

async function makeKey(kid: string, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } as JWK };
}

type Key = Awaited<ReturnType<typeof makeKey>>;

function signed({ alg, privateKey }: Key, header: object = {}, claims: object = { sub: 'me' }): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, typ: 'JWT', ...header }).sign(privateKey);
}

const refusal = (error: string) => ({ ok: false, error });

describe('verification of somebody else’s JWT', () => {
  let key: Key;
  let other: Key;
  beforeAll(async () => {
    [key, other] = await Promise.all([makeKey('a'), makeKey('b')]);
  });

  test('gives the claims as they are, and judges none of them', async () => {
    const claims = { sub: 'me', exp: 1, nbf: 9_999_999_999, iss: 7 };
    const jwt = await signed(key, { kid: 'a' }, claims);
    expect(await joseVerifier.verify(jwt, { keys: [key.jwk] }, ['jwt'])).toEqual({ ok: true, value: claims });
  });

  test('knows a type in any case and with its prefix, and a JWT without one where that may be', async () => {
    const typed = await signed(key, { typ: 'application/AT+JWT' });
    expect((await joseVerifier.verify(typed, { keys: [key.jwk] }, ['at+jwt'])).ok).toBe(true);
    const untyped = await signed(key, { typ: undefined });
    expect((await joseVerifier.verify(untyped, { keys: [key.jwk] }, ['jwt', undefined])).ok).toBe(true);
    expect(await joseVerifier.verify(untyped, { keys: [key.jwk] }, ['jwt'])).toEqual(refusal('wrong_type'));
    expect(await joseVerifier.verify(typed, { keys: [key.jwk] }, ['jwt'])).toEqual(refusal('wrong_type'));
  });

  test('tries each key that fits, where none is named', async () => {
    const jwt = await signed(key);
    expect((await joseVerifier.verify(jwt, { keys: [other.jwk, key.jwk] }, ['jwt'])).ok).toBe(true);
    expect(await joseVerifier.verify(jwt, { keys: [other.jwk, other.jwk] }, ['jwt'])).toEqual(refusal('bad_signature'));
  });

  test('goes on beside keys it cannot read', async () => {
    const odd = [{}, { kty: 7 }, { kty: 'future', kid: 'a' }, { kty: 'EC', crv: 'P-256', kid: 'z', x: '!', y: '' }];
    const jwt = await signed(key, { kid: 'a' });
    expect((await joseVerifier.verify(jwt, { keys: [...odd, key.jwk] }, ['jwt'])).ok).toBe(true);
  });

  test('goes on beside a key too short to verify with, where none is named', async () => {
    const rsa = await makeKey('a', 'RS256');
    const { kid: _, ...unnamed } = rsa.jwk;
    const short: JWK = { kty: 'RSA', n: Buffer.alloc(128, 0xff).toString('base64url'), e: 'AQAB' };
    const jwt = await signed(rsa);
    expect((await joseVerifier.verify(jwt, { keys: [short, unnamed] }, ['jwt'])).ok).toBe(true);
    expect(await joseVerifier.verify(jwt, { keys: [short, short] }, ['jwt'])).toEqual(refusal('bad_signature'));
  });

  test('fails by name: key unknown, signature bad, not a JWT of ours', async () => {
    const jwt = await signed(key, { kid: 'a' });
    expect(await joseVerifier.verify(jwt, { keys: [other.jwk] }, ['jwt'])).toEqual(refusal('unknown_key'));
    expect(await joseVerifier.verify(jwt, { keys: [] }, ['jwt'])).toEqual(refusal('unknown_key'));
    const swapped = { ...other.jwk, kid: 'a' };
    expect(await joseVerifier.verify(jwt, { keys: [swapped] }, ['jwt'])).toEqual(refusal('bad_signature'));
    for (const text of ['', 'a.b', 'a.b.c.d.e', `${jwt}.`, '{"payload":""}']) {
      expect(await joseVerifier.verify(text, { keys: [key.jwk] }, ['jwt'])).toEqual(refusal('malformed'));
    }
  });

  test('fails for a key that is not for signatures, or for another algorithm', async () => {
    const jwt = await signed(key, { kid: 'a' });
    for (const change of [{ use: 'enc' }, { alg: 'ES384' }, { key_ops: ['sign'] }]) {
      expect(await joseVerifier.verify(jwt, { keys: [{ ...key.jwk, ...change }] }, ['jwt'])).toEqual(
        refusal('unknown_key'),
      );
    }
  });

  test('fails for an algorithm with a shared secret, whatever the key set says', async () => {
    const secret = Buffer.alloc(32, 3);
    const jwk = { kty: 'oct', kid: 's', k: secret.toString('base64url') };
    const jwt = await new SignJWT({ sub: 'me' })
      .setProtectedHeader({ alg: 'HS256', kid: 's', typ: 'JWT' })
      .sign(secret);
    expect(await joseVerifier.verify(jwt, { keys: [jwk] }, ['jwt'])).toEqual(refusal('malformed'));
  });

  test('fails for claims that are no object', async () => {
    const { CompactSign } = await import('jose');
    for (const payload of ['[]', 'null', '"x"', '{', '']) {
      const jwt = await new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
        .sign(key.privateKey);
      expect(await joseVerifier.verify(jwt, { keys: [key.jwk] }, ['jwt'])).toEqual(refusal('malformed'));
    }
  });
});
