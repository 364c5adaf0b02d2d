import fc from 'fast-check';
import { operatorContext, type SealedValue } from '../../../../../lambda/contract/vault-record';
import { openValue, parseSealedValue } from '../../../../../lambda/core/vault/open-value';
import { sealValue } from '../../../../../lambda/core/vault/seal-value';

const CONTEXT = operatorContext('gw', 'stripe');
const VERSION = '00000000-0000-4000-8000-000000000001';
const DATA_KEY = { plaintext: new Uint8Array(32).fill(1), wrapped: new Uint8Array(64).fill(2) };
const IV = new Uint8Array(12).fill(3);
const VALUE = { provider: 'stripe', origins: ['https://mcp.stripe.com'], parts: { key: 'sk_live_51' } };
const SEALED = sealValue(VALUE, DATA_KEY, IV, CONTEXT, VERSION);
const TAMPERED = { ok: false, error: 'tampered' };

const open = (sealed: SealedValue) => openValue(sealed, DATA_KEY.plaintext, CONTEXT, VERSION);
const flip = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'base64');
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return bytes.toString('base64');
};

describe('a sealed value', () => {
  test('opens with what it was sealed with, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme' })),
        (plaintext, iv, parts) => {
          const value = { ...VALUE, parts: { ...parts } };
          const sealed = sealValue(value, { ...DATA_KEY, plaintext }, iv, CONTEXT, VERSION);
          const parsed = parseSealedValue(JSON.stringify(sealed));
          expect(parsed).toEqual({ ok: true, value: sealed });
          expect(openValue(sealed, plaintext, CONTEXT, VERSION)).toEqual({ ok: true, value });
        },
      ),
    );
  });

  test('is AES-256-GCM with the version of the secret in the additional data', () => {
    expect(SEALED).toEqual({
      v: 1,
      wrappedKey: Buffer.alloc(64, 2).toString('base64'),
      iv: Buffer.alloc(12, 3).toString('base64'),
      ciphertext:
        'g0Nk6JDyXg3IjsRd7mpQ2tFDxG+r7a3AxXfUKNlovCgEjAyKInqIxIeuCLlsAK5aLNl0L/bB8spNduh1SHlfmt+0Jocf9yUzswyE6ggYKckViNR2TIJP',
      tag: 'rYu5a0WTWWJLxziikWsHFg==',
    });
  });

  test.each(['iv', 'ciphertext', 'tag'] as const)('does not open when any bit of its %s is another', (field) => {
    const bits = Buffer.from(SEALED[field], 'base64').length * 8;
    for (let bit = 0; bit < bits; bit += 1) {
      expect(open({ ...SEALED, [field]: flip(SEALED[field], bit) })).toEqual(TAMPERED);
    }
  });

  test.each(['iv', 'ciphertext', 'tag'] as const)('does not open when its %s is shortened or lengthened', (field) => {
    const bytes = Buffer.from(SEALED[field], 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(open({ ...SEALED, [field]: bytes.subarray(0, length).toString('base64') })).toEqual(TAMPERED);
    }
    expect(open({ ...SEALED, [field]: Buffer.concat([bytes, Buffer.of(0)]).toString('base64') })).toEqual(TAMPERED);
  });

  test.each([
    ['another gateway', operatorContext('gw2', 'stripe'), VERSION],
    ['another provider', operatorContext('gw', 'github'), VERSION],
    ['another subject', { ...CONTEXT, 'mcp:subject': 'alice' }, VERSION],
    ['another version of the secret', CONTEXT, '00000000-0000-4000-8000-000000000002'],
  ])('does not open as that of %s', (_, context, versionId) => {
    expect(openValue(SEALED, DATA_KEY.plaintext, context, versionId)).toEqual(TAMPERED);
  });

  test.each([0, 16, 31, 33])('does not open with a data key of %i bytes', (length) => {
    expect(openValue(SEALED, new Uint8Array(length).fill(1), CONTEXT, VERSION)).toEqual(TAMPERED);
  });

  test.each<[string, unknown]>([
    ['text', 'sk_live_51'],
    ['null', null],
    ['no provider', { origins: [], parts: {} }],
    ['origins that are no list', { provider: 'p', origins: 'https://a.example', parts: {} }],
    ['an origin that is no text', { provider: 'p', origins: [1], parts: {} }],
    ['no parts', { provider: 'p', origins: [], parts: null }],
    ['a part that is no text', { provider: 'p', origins: [], parts: { key: 1 } }],
  ])('does not open to something else than a key: %s', (_, value) => {
    expect(open(sealValue(value as never, DATA_KEY, IV, CONTEXT, VERSION))).toEqual(TAMPERED);
  });
});

describe('the text of a secret', () => {
  test.each<[string, string]>([
    ['empty', ''],
    ['not JSON', 'sk_live_51'],
    ['a list', '[]'],
    ['null', 'null'],
    ['the marker of an erased key', '{"v":1,"erased":true}'],
    ['of another format version', JSON.stringify({ ...SEALED, v: 2 })],
    ['with a field more', JSON.stringify({ ...SEALED, extra: '' })],
    ['with a field less', JSON.stringify({ ...SEALED, tag: undefined })],
    ['with a field that is no base64', JSON.stringify({ ...SEALED, iv: '!!!!' })],
    ['with base64url', JSON.stringify({ ...SEALED, iv: '-_-_-_-_-_-_-_-_' })],
    ['with an empty field', JSON.stringify({ ...SEALED, ciphertext: '' })],
    ['with a field that is no text', JSON.stringify({ ...SEALED, tag: 1 })],
  ])('fails to parse when it is %s', (_, text) => {
    expect(parseSealedValue(text)).toEqual({ ok: false, error: 'malformed' });
  });
});
