import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { p256SignatureFromDer } from '../../../../lambda/core/ecdsa-signature';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('a signature in DER verifies as r‖s', () => {
  // Short and long integers alike: each length of r and s comes up.
  for (let n = 0; n < 500; n += 1) {
    const message = Buffer.from(`message ${n}`);
    const signature = p256SignatureFromDer(sign('sha256', message, privateKey));
    expect(signature).toHaveLength(64);
    expect(verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature ?? Buffer.alloc(0))).toBe(
      true,
    );
  }
});

const element = (tag: number, bytes: readonly number[]) => [tag, bytes.length, ...bytes];
const der = (r: readonly number[], s: readonly number[]) =>
  Uint8Array.from(element(0x30, [...element(0x02, r), ...element(0x02, s)]));
const wide = (first: number) => [first, ...Array.from({ length: 31 }, () => 1)];

test('short integers are filled up from the left', () => {
  const signature = p256SignatureFromDer(der([1], [0, 0x80]));
  expect(Buffer.from(signature ?? []).toString('hex')).toBe(`${'00'.repeat(31)}01${'00'.repeat(31)}80`);
});

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['zero as r', der([0], [1])],
  ['zero as s', der([1], [0])],
  ['an empty integer', der([], [1])],
  ['a negative r', der([0x80], [1])],
  ['a negative s of full width', der([1], wide(0xff))],
  ['a leading zero without need', der([0, 1], [1])],
  ['two leading zeros', der([0, 0, 0x80], [1])],
  ['33 bytes', der([1, ...wide(1)], [1])],
  ['33 bytes behind a zero', der([0, 0x80, ...wide(1)], [1])],
  ['one integer', Uint8Array.from(element(0x30, element(0x02, [1])))],
  [
    'three integers',
    Uint8Array.from(
      element(
        0x30,
        [1, 2, 3].flatMap((n) => element(0x02, [n])),
      ),
    ),
  ],
  ['a byte behind', Uint8Array.from([...der([1], [1]), 0])],
  ['a byte less', der([1], [1]).subarray(0, -1)],
  ['another outer tag', Uint8Array.from([0x31, ...der([1], [1]).subarray(1)])],
  ['another inner tag', Uint8Array.from(element(0x30, [...element(0x03, [1]), ...element(0x02, [1])]))],
  ['a length in the long form', Uint8Array.from([0x30, 0x81, 6, ...der([1], [1]).subarray(2)])],
  ['the form of JWS', new Uint8Array(64).fill(1)],
])('refuses %s', (_, bytes) => {
  expect(p256SignatureFromDer(bytes)).toBeUndefined();
});

test('gives 64 bytes or nothing, whatever it is given', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, asSequence) => {
      const input = asSequence ? Uint8Array.from([0x30, bytes.length, ...bytes]) : bytes;
      expect([undefined, 64]).toContain(p256SignatureFromDer(input)?.length);
    }),
  );
});
