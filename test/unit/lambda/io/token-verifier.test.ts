import {
  CompactSign,
  type CryptoKey,
  compactVerify,
  exportJWK,
  exportSPKI,
  FlattenedSign,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose';
import type { AuthConfig } from '../../../../lambda/config/gateway-config';
import { IssuerKeys } from '../../../../lambda/io/issuer-keys';
import { tokenVerifier } from '../../../../lambda/io/token-verifier';
import { testClock } from '../../../helpers/clock';

const ISSUER = 'https://issuer.example';
const MINUTE = 60_000;
const AUTH: AuthConfig = {
  issuer: ISSUER,
  jwksUri: `${ISSUER}/jwks`,
  algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
  tokenTypes: ['at+jwt'],
  requiredScopes: [],
  clockToleranceSeconds: 5,
};

interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function makeKey(kid: string, alg: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

let ec: TestKey;
let ec2: TestKey;
let rsa: TestKey;
let ed: TestKey;
beforeAll(async () => {
  [ec, ec2, rsa, ed] = await Promise.all([
    makeKey('ec', 'ES256'),
    makeKey('ec-2', 'ES256'),
    makeKey('rsa', 'RS256'),
    makeKey('ed', 'EdDSA'),
  ]);
});

function scene(values: Partial<AuthConfig> = {}) {
  const clock = testClock();
  const issuer = { isDown: false, keys: [ec.jwk, rsa.jwk, ed.jwk] as JWK[], asked: 0, gate: Promise.resolve() };
  const keys = new IssuerKeys({
    issuer: ISSUER,
    jwksUri: AUTH.jwksUri,
    now: clock.now,
    fetchJson: async () => {
      issuer.asked += 1;
      if (issuer.isDown) throw new Error('ECONNREFUSED');
      return { keys: issuer.keys };
    },
  });
  const verifier = tokenVerifier({ ...AUTH, ...values }, keys, clock.now);
  const seconds = () => Math.floor(clock.now() / 1000);
  return { clock, issuer, verifier, seconds };
}

type Scene = ReturnType<typeof scene>;

interface TokenParts {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: TestKey;
}

function sign({ seconds }: Scene, { claims = {}, header = {}, key = ec }: TokenParts = {}): Promise<string> {
  const all = { iss: ISSUER, sub: 'alice', aud: 'https://mcp.example/mcp', exp: seconds() + 300, ...claims };
  return new SignJWT(all)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

const refusal = (error: string) => ({ ok: false, error });

describe('a good token', () => {
  test('gives caller, client, scopes and audiences', async () => {
    const s = scene();
    const claims = { scope: 'mcp:use  openid', client_id: 'agent', aud: ['a', 'b'], exp: s.seconds() + 300 };
    expect(await s.verifier.verify(await sign(s, { claims }))).toEqual({
      ok: true,
      value: {
        subject: 'alice',
        clientId: 'agent',
        scopes: ['mcp:use', 'openid'],
        audiences: ['a', 'b'],
        expiresAtMs: (s.seconds() + 305) * 1000,
      },
    });
  });

  test('may be signed by any allowed algorithm', async () => {
    const s = scene();
    for (const key of [ec, rsa, ed]) expect((await s.verifier.verify(await sign(s, { key }))).ok).toBe(true);
  });

  test('is good beside a key of the same name that cannot be used at all', async () => {
    for (const broken of [
      { ...ec.jwk, x: 'AAAA' },
      { ...ec.jwk, crv: 'P-256', y: undefined },
    ]) {
      const s = scene();
      s.issuer.keys = [broken as JWK, ec.jwk];
      expect((await s.verifier.verify(await sign(s))).ok).toBe(true);
      s.issuer.keys = [ec.jwk, broken as JWK];
      expect(await s.verifier.verify(await sign(s, { key: { ...ec2, kid: 'ec' } }))).toEqual(refusal('bad_signature'));
    }
  });

  test('may speak of scopes and clients in the words of other issuers', async () => {
    const s = scene();
    const claims = { scp: ['a', 'b', 7], azp: 'agent', client_id: undefined };
    expect(await s.verifier.verify(await sign(s, { claims }))).toMatchObject({
      value: { scopes: ['a', 'b'], clientId: 'agent' },
    });
  });

  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('may be of type %s', async (typ) => {
    const s = scene();
    expect((await s.verifier.verify(await sign(s, { header: { typ } }))).ok).toBe(true);
  });

  test.each([
    [{ aud: undefined }, { audiences: [] }],
    [{ aud: [7, 'a'] }, { audiences: ['a'] }],
    [{ scope: { a: 1 } }, { scopes: [] }],
    [{ client_id: ['x'] }, { clientId: undefined }],
  ])('with claims %j that are odd is no more than it says', async (claims, expected) => {
    const s = scene();
    expect(await s.verifier.verify(await sign(s, { claims }))).toMatchObject({ ok: true, value: expected });
  });
});

describe('a bad token', () => {
  test.each([
    ['an ID token', { header: { typ: 'JWT' } }, 'wrong_type'],
    ['a token without a type', { header: { typ: undefined } }, 'wrong_type'],
    ['a logout token', { header: { typ: 'logout+jwt' } }, 'wrong_type'],
    ['a type that is a number', { header: { typ: 5 as never } }, 'wrong_type'],
    ['a type that is a list', { header: { typ: ['at+jwt'] as never } }, 'wrong_type'],
    ['a type that only ends alike', { header: { typ: 'x/at+jwt' } }, 'wrong_type'],
    ['another issuer', { claims: { iss: 'https://evil.example' } }, 'wrong_issuer'],
    ['the issuer with a slash more', { claims: { iss: `${ISSUER}/` } }, 'wrong_issuer'],
    ['no issuer', { claims: { iss: undefined } }, 'wrong_issuer'],
    ['no expiry', { claims: { exp: undefined } }, 'malformed'],
    ['an expiry that is text', { claims: { exp: '9999999999' } }, 'malformed'],
    ['a start that is text', { claims: { nbf: '0' } }, 'malformed'],
    ['a time of issue that is text', { claims: { iat: '0' } }, 'malformed'],
    ['a time of issue to come', { claims: { iat: 9_999_999_999 } }, 'not_yet_valid'],
    ['a binding to a key nobody proves to have', { claims: { cnf: { jkt: 'x' } } }, 'wrong_type'],
    ['no subject', { claims: { sub: undefined } }, 'no_subject'],
    ['an empty subject', { claims: { sub: '' } }, 'no_subject'],
    ['a subject that is no text', { claims: { sub: 7 } }, 'no_subject'],
  ] as const)('%s is refused', async (_, parts, problem) => {
    const s = scene();
    expect(await s.verifier.verify(await sign(s, parts as TokenParts))).toEqual(refusal(problem));
  });

  test.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d.e', 'e30.e30.', '..', 'ü'])('%j is refused', async (token) => {
    expect(await scene().verifier.verify(token)).toEqual(refusal('malformed'));
  });

  test('one without signature is refused, whatever its algorithm is called', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      const s = scene();
      expect(await s.verifier.verify(forge({ alg, typ: 'at+jwt' }, s))).toEqual(refusal('malformed'));
    }
  });

  test('one with a critical header nobody knows is refused', async () => {
    const s = scene();
    const token = forge({ alg: 'ES256', kid: 'ec', typ: 'at+jwt', crit: ['x'], x: 1 }, s);
    expect(await s.verifier.verify(token)).toEqual(refusal('malformed'));
  });

  test.each(['[]', 'null', '"text"', '{', '\ufeff{}'])('one whose signed claims are %j is refused', async (claims) => {
    const signer = new CompactSign(new TextEncoder().encode(claims));
    const token = await signer.setProtectedHeader({ alg: ec.alg, kid: ec.kid, typ: 'at+jwt' }).sign(ec.privateKey);
    expect(await scene().verifier.verify(token)).toEqual(refusal('malformed'));
  });

  test('one whose claims are signed as they are, not encoded, is refused', async () => {
    const s = scene({ issuer: 'https://issuer' });
    const claims = JSON.stringify({ iss: 'https://issuer', sub: 'alice', exp: s.seconds() + 300 });
    const header = { alg: ec.alg, kid: ec.kid, typ: 'at+jwt', b64: false, crit: ['b64'] };
    const signed = await new FlattenedSign(new TextEncoder().encode(claims))
      .setProtectedHeader(header)
      .sign(ec.privateKey);
    const token = `${signed.protected}.${claims}.${signed.signature}`;
    await compactVerify(token, ec.publicKey);
    expect(await s.verifier.verify(token)).toEqual(refusal('malformed'));
  });

  test('one "signed" with the public key as a shared secret is refused', async () => {
    const s = scene();
    const secret = new TextEncoder().encode(await exportSPKI(rsa.publicKey));
    const token = await new SignJWT({ iss: ISSUER, sub: 'mallory', exp: s.seconds() + 300 })
      .setProtectedHeader({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' })
      .sign(secret);
    expect(await s.verifier.verify(token)).toEqual(refusal('malformed'));
  });

  test('one signed by an algorithm that is not allowed is refused, though the key is known', async () => {
    const s = scene({ algorithms: ['ES256'] });
    expect(await s.verifier.verify(await sign(s, { key: rsa }))).toEqual(refusal('malformed'));
  });

  test('one that brings its own key is refused', async () => {
    const s = scene();
    const own = await makeKey('ec', 'ES256');
    const header = { jwk: own.jwk, jku: 'https://evil.example/jwks' };
    expect(await s.verifier.verify(await sign(s, { key: own, header }))).toEqual(refusal('bad_signature'));
    expect(s.issuer.asked).toBe(1);
  });

  test('one whose claims or signature were altered is refused', async () => {
    const s = scene();
    const [header = '', claims = '', signature = ''] = (await sign(s)).split('.');
    const root = Buffer.from(claims, 'base64url').toString().replace('alice', 'admin');
    expect(await s.verifier.verify(`${header}.${Buffer.from(root).toString('base64url')}.${signature}`)).toEqual(
      refusal('bad_signature'),
    );
    const flipped = Buffer.from(signature, 'base64url');
    flipped[5] = (flipped[5] ?? 0) ^ 1;
    expect(await s.verifier.verify(`${header}.${claims}.${flipped.toString('base64url')}`)).toEqual(
      refusal('bad_signature'),
    );
  });

  test('is not remembered as good', async () => {
    const s = scene();
    const token = await sign(s, { claims: { iss: 'https://evil.example' } });
    await s.verifier.verify(token);
    expect(await s.verifier.verify(token)).toEqual(refusal('wrong_issuer'));
  });
});

describe('time', () => {
  test.each([
    [304, true],
    [305, false],
  ])('a token that expires in 300 s, 5 s tolerated, is good after %d s: %s', async (after, isGood) => {
    const s = scene();
    const token = await sign(s);
    s.clock.advance(after * 1000);
    expect((await s.verifier.verify(token)).ok).toBe(isGood);
  });

  test('a remembered token expires at the same moment as one never seen', async () => {
    const s = scene();
    const token = await sign(s);
    await s.verifier.verify(token);
    s.clock.advance(304_999);
    expect((await s.verifier.verify(token)).ok).toBe(true);
    s.clock.advance(1);
    expect(await s.verifier.verify(token)).toEqual(refusal('expired'));
  });

  test.each([
    [5, true],
    [6, false],
  ])('a token not valid before %d s from now is good: %s', async (seconds, isGood) => {
    const s = scene();
    const verdict = await s.verifier.verify(await sign(s, { claims: { nbf: s.seconds() + seconds } }));
    expect(verdict.ok ? 'good' : verdict.error).toBe(isGood ? 'good' : 'not_yet_valid');
  });
});

describe('keys that change', () => {
  test('a token of a new key is accepted at once: the keys are fetched again', async () => {
    const s = scene();
    await s.verifier.verify(await sign(s));
    s.issuer.keys = [ec.jwk, ec2.jwk];
    s.clock.advance(10_000);
    expect((await s.verifier.verify(await sign(s, { key: ec2 }))).ok).toBe(true);
    expect(s.issuer.asked).toBe(2);
  });

  test('invented key ids do not make the gateway hammer the issuer', async () => {
    const s = scene();
    await s.verifier.verify(await sign(s));
    s.clock.advance(10_000);
    for (const kid of ['x', 'y', 'z']) {
      expect(await s.verifier.verify(await sign(s, { header: { kid } }))).toEqual(refusal('unknown_key'));
    }
    expect(s.issuer.asked).toBe(2);
  });

  test('a withdrawn key is out of use after ten minutes, for tokens it had already opened, too', async () => {
    const s = scene();
    const token = await sign(s, { claims: { exp: s.seconds() + 3600 } });
    expect((await s.verifier.verify(token)).ok).toBe(true);
    s.issuer.keys = [ec2.jwk];
    s.clock.advance(10 * MINUTE + 1);
    expect(await s.verifier.verify(token)).toEqual(refusal('unknown_key'));
  });

  test('a token checked while its key is withdrawn is not remembered', async () => {
    const s = scene();
    await s.verifier.verify(await sign(s));
    s.clock.advance(10 * MINUTE);
    const old = await sign(s, { claims: { exp: s.seconds() + 3600 } });
    const checking = s.verifier.verify(old);
    s.issuer.keys = [ec2.jwk];
    s.clock.advance(1);
    const renewing = s.verifier.verify(await sign(s, { key: ec2 }));
    await Promise.all([checking, renewing]);
    expect(await s.verifier.verify(old)).toEqual(refusal('unknown_key'));
  });

  test('a key without an id is used where it is the only one that fits', async () => {
    const s = scene();
    const { kid: _, ...jwk } = ec.jwk;
    s.issuer.keys = [jwk, rsa.jwk];
    expect((await s.verifier.verify(await sign(s, { header: { kid: undefined } }))).ok).toBe(true);
  });

  test('a token without a key id is good by any key that fits, and by no other', async () => {
    const s = scene();
    s.issuer.keys = [ec.jwk, ec2.jwk, rsa.jwk].map(({ kid: _, ...jwk }) => jwk);
    for (const key of [ec, ec2]) {
      expect((await s.verifier.verify(await sign(s, { key, header: { kid: undefined } }))).ok).toBe(true);
    }
    const own = await makeKey('own', 'ES256');
    expect(await s.verifier.verify(await sign(s, { key: own, header: { kid: undefined } }))).toEqual(
      refusal('bad_signature'),
    );
    const old = { exp: s.seconds() - 60 };
    expect(await s.verifier.verify(await sign(s, { key: ec2, header: { kid: undefined }, claims: old }))).toEqual(
      refusal('expired'),
    );
  });

  test('of keys that fit, those that are broken are passed over', async () => {
    const s = scene();
    s.issuer.keys = [{ ...ec.jwk, x: 'AA' }, ec2.jwk];
    expect((await s.verifier.verify(await sign(s, { key: ec2, header: { kid: undefined } }))).ok).toBe(true);
    s.issuer.keys = [
      { ...ec.jwk, x: 'AA' },
      { ...ec2.jwk, x: 'AA' },
    ];
    s.clock.advance(10 * MINUTE + 1);
    expect((await s.verifier.verify(await sign(s, { key: ec2, header: { kid: undefined } }))).ok).toBe(false);
  });

  test('a set of keys that is none is the fault of the issuer, not of the gateway', async () => {
    const s = scene();
    s.issuer.keys = [[]] as unknown as JWK[];
    expect(await s.verifier.verify(await sign(s))).toEqual(refusal('issuer_unreachable'));
  });

  test('an encryption key verifies nothing', async () => {
    const s = scene();
    s.issuer.keys = [{ ...ec.jwk, use: 'enc' }];
    expect(await s.verifier.verify(await sign(s))).toEqual(refusal('unknown_key'));
  });
});

describe('an issuer that is down', () => {
  test('at the start: nothing can be checked', async () => {
    const s = scene();
    s.issuer.isDown = true;
    expect(await s.verifier.verify(await sign(s))).toEqual(refusal('issuer_unreachable'));
  });

  test('later: its keys serve for an hour, remembered tokens included, then nothing is accepted', async () => {
    const s = scene();
    const long = await sign(s, { claims: { exp: s.seconds() + 86_400 } });
    await s.verifier.verify(long);
    s.issuer.isDown = true;
    s.clock.advance(60 * MINUTE);
    expect((await s.verifier.verify(long)).ok).toBe(true);
    expect((await s.verifier.verify(await sign(s))).ok).toBe(true);
    s.clock.advance(1);
    expect(await s.verifier.verify(long)).toEqual(refusal('issuer_unreachable'));
  });
});

/** A token without a valid signature. */
function forge(header: Record<string, unknown>, { seconds }: Scene): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode(header)}.${encode({ iss: ISSUER, sub: 'mallory', exp: seconds() + 300 })}.`;
}
