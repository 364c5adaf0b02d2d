import fc from 'fast-check';
import { CONNECTION_KEYS, personAad, personContext } from '../../../../../lambda/contract/connection-record';
import {
  isSalt,
  openSecrets,
  type PersonSeal,
  readCallSecrets,
  readRefreshSecrets,
  sealSecrets,
  wrappedKeyOf,
} from '../../../../../lambda/core/connections/seal-connection';
import { openText, parseSealedValue } from '../../../../../lambda/core/vault/open-value';

const DATA_KEY = { plaintext: new Uint8Array(32).fill(1), wrapped: new Uint8Array(64).fill(2) };
const IV = new Uint8Array(12).fill(3);
const SALT = Buffer.alloc(32, 4).toString('base64url');
const SEAL: PersonSeal = {
  salt: SALT,
  context: personContext('gw', 'alice', 'github', 'call'),
  itemKey: CONNECTION_KEYS.connection('alice', 'github'),
  version: 1_793_491_200_000,
};
const SECRETS = {
  parts: { access_token: 'gho_16C7e42F292c6912E7710c838347Ae178B4a' },
  origins: ['https://api.github.com'],
};
const SEALED = sealSecrets(SECRETS, DATA_KEY, SEAL, IV);
const TAMPERED = { ok: false, error: 'tampered' };

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const salts = bytes(32).map((salt) => Buffer.from(salt).toString('base64url'));
const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const seals = fc
  .record({
    salt: salts,
    gateway: names,
    subject: names,
    provider: names,
    use: fc.constantFrom('call', 'refresh'),
    version: fc.nat(),
  })
  .map(({ salt, gateway, subject, provider, use, version }) => ({
    salt,
    context: personContext(gateway, subject, provider, use),
    itemKey: CONNECTION_KEYS.connection(subject, provider),
    version,
  }));

describe('a person’s sealed secrets', () => {
  test('open with what they were sealed with, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
        bytes(32),
        bytes(12),
        seals,
        (parts, plaintext, iv, seal) => {
          const value = { parts: { ...parts }, origins: ['https://a.example'] };
          const text = sealSecrets(value, { ...DATA_KEY, plaintext }, seal, iv);
          expect(openSecrets(text, plaintext, seal)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) });
          expect(wrappedKeyOf(text)).toEqual(Buffer.from(DATA_KEY.wrapped));
        },
      ),
    );
  });

  test('are AES-256-GCM under HKDF-SHA256 of data key and salt: what is stored once opens after every release', () => {
    expect(JSON.parse(SEALED)).toEqual({
      v: 1,
      wrappedKey: Buffer.alloc(64, 2).toString('base64'),
      iv: Buffer.alloc(12, 3).toString('base64'),
      ciphertext:
        'ZLk3oOLRAoJwTatT4derrvOaFb9fBBxNhHAcZSG9o3caGkuzXUE1pARpzy7bA1CRtpWN51VtVqgCJmgDfsdWaVdh5qFu8TtS78gS5dIFHSCdzPUzzy9KVWbVnPbpq4hOBISvelRvejeYWQ==',
      tag: 'XCUXze50yTQ6RFfqrarbng==',
    });
  });

  test.each<readonly [string, Partial<PersonSeal>]>([
    ['another gateway', { context: personContext('gw2', 'alice', 'github', 'call') }],
    ['another person', { context: personContext('gw', 'mallory', 'github', 'call') }],
    ['another provider', { context: personContext('gw', 'alice', 'gitlab', 'call') }],
    ['another use', { context: personContext('gw', 'alice', 'github', 'refresh') }],
    ['the item of another person', { itemKey: CONNECTION_KEYS.connection('mallory', 'github') }],
    ['the item of another provider', { itemKey: CONNECTION_KEYS.connection('alice', 'gitlab') }],
    ['the version before', { version: SEAL.version - 1 }],
    ['the version after', { version: SEAL.version + 1 }],
    ['another salt', { salt: Buffer.alloc(32, 5).toString('base64url') }],
    ['no salt', { salt: '' }],
    ['a salt in another spelling', { salt: Buffer.alloc(32, 4).toString('base64') }],
  ])('do not open for %s', (_, change) => {
    expect(openSecrets(SEALED, DATA_KEY.plaintext, { ...SEAL, ...change })).toEqual(TAMPERED);
  });

  test('do not open under any other seal', () => {
    fc.assert(
      fc.property(seals, seals, (seal, other) => {
        fc.pre(JSON.stringify(seal) !== JSON.stringify(other));
        const text = sealSecrets(SECRETS, DATA_KEY, seal, IV);
        expect(openSecrets(text, DATA_KEY.plaintext, other)).toEqual(TAMPERED);
      }),
    );
  });

  test('do not open with another data key, nor with one of another length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (dataKey) => {
        fc.pre(Buffer.compare(dataKey, DATA_KEY.plaintext) !== 0);
        expect(openSecrets(SEALED, dataKey, SEAL)).toEqual(TAMPERED);
      }),
    );
  });

  test('do not open by the data key alone: who deletes the salt shreds them', () => {
    const sealed = parseSealedValue(SEALED);
    if (!sealed.ok) throw new Error(sealed.error);
    const aad = personAad(SEAL.context, SEAL.itemKey, SEAL.version);
    expect(openText(sealed.value, DATA_KEY.plaintext, aad)).toBeUndefined();
  });

  test('do not open with any one character of them changed, and call for another data key where it is in the wrapped one', () => {
    const wrapped = Buffer.from(DATA_KEY.wrapped).toString('base64');
    const start = SEALED.indexOf(wrapped);
    for (let at = 0; at < SEALED.length; at += 1) {
      for (const mask of [0x01, 0x04, 0x10, 0x20]) {
        const flipped = String.fromCharCode(SEALED.charCodeAt(at) ^ mask);
        const text = SEALED.slice(0, at) + flipped + SEALED.slice(at + 1);
        const isInKey = at >= start && at < start + wrapped.length;
        const key = wrappedKeyOf(text);
        const isOtherKey = key === undefined || Buffer.compare(key, DATA_KEY.wrapped) !== 0;
        const opened = openSecrets(text, DATA_KEY.plaintext, SEAL);
        expect({ at, refused: isInKey ? isOtherKey : !opened.ok }).toEqual({ at, refused: true });
      }
    }
  });

  test.each([
    '',
    '{}',
    'null',
    '[]',
    '{"v":2}',
    SEALED.slice(0, -1),
    SEALED.replace('"v":1', '"v":2'),
    SEALED.replace('"v":1', '"v":1,"w":1'),
  ])('are nothing else: %j', (text) => {
    expect(openSecrets(text, DATA_KEY.plaintext, SEAL)).toEqual(TAMPERED);
    expect(wrappedKeyOf(text)).toBeUndefined();
  });

  test.each<readonly [string, () => unknown]>([
    ['a data key that is too short', () => sealSecrets({}, { ...DATA_KEY, plaintext: new Uint8Array(16) }, SEAL, IV)],
    ['no salt', () => sealSecrets({}, DATA_KEY, { ...SEAL, salt: '' }, IV)],
    ['an iv of another length', () => sealSecrets({}, DATA_KEY, SEAL, new Uint8Array(16))],
  ])('are refused to be made with %s: they would never open', (_, seal) => {
    expect(seal).toThrow(new RangeError('a data key has 32 bytes, a salt 32, an iv 12'));
  });

  test('show nothing of what they hold', () => {
    expect(SEALED).not.toContain('gho_');
    expect(Buffer.from(SEALED).includes('alice')).toBe(false);
  });
});

describe('what was opened', () => {
  test.each([[{ parts: { access_token: 'a' }, origins: ['https://a.example'] }], [{ parts: {}, origins: [] }]])(
    'is what a call needs: %j',
    (value) => {
      expect(readCallSecrets(value)).toEqual(value);
    },
  );

  test.each([
    {},
    { parts: { access_token: 'a' } },
    { origins: [] },
    { parts: null, origins: [] },
    { parts: ['a'], origins: [] },
    { parts: { access_token: 1 }, origins: [] },
    { parts: { access_token: null }, origins: [] },
    { parts: {}, origins: 'https://a.example' },
    { parts: {}, origins: [1] },
    { parts: {}, origins: null },
    { refreshToken: 'r' },
  ])('is refused as what a call needs: %j', (value) => {
    expect(readCallSecrets(value)).toBeUndefined();
  });

  test.each([
    [{ refreshToken: 'r', accessToken: 'a' }],
    [{ refreshToken: 'r' }],
    [{ accessToken: 'a' }],
    [{}],
    [{ variables: { host: 'a.example' } }],
  ])('is what a refresh needs: %j', (value) => {
    expect(readRefreshSecrets(value)).toEqual(value);
  });

  test.each([
    { refreshToken: 1 },
    { refreshToken: null },
    { refreshToken: '' },
    { accessToken: {} },
    { accessToken: [] },
    { refreshToken: 'r', pinned: { tokenEndpoint: 'https://as.example/token' } },
    { refreshToken: 'r', variables: { host: 1 } },
  ])('is refused as what a refresh needs: %j', (value) => {
    expect(readRefreshSecrets(value)).toBeUndefined();
  });
});

test('a salt is 32 bytes in the one spelling there is for them', () => {
  expect(isSalt(SALT)).toBe(true);
  fc.assert(fc.property(salts, (salt) => expect(isSalt(salt)).toBe(true)));
  const others = [
    undefined,
    32,
    '',
    'A'.repeat(42),
    'A'.repeat(44),
    `${'A'.repeat(42)}=`,
    `${'A'.repeat(42)}B`,
    ` ${'A'.repeat(42)}`,
  ];
  expect(others.filter(isSalt)).toEqual([]);
});
