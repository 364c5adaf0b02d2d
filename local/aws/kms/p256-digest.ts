import { createECDH, type KeyObject, randomBytes } from 'node:crypto';

/** Order of the P-256 group (SEC 2, §2.4.2). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * ECDSA over a digest made elsewhere, in DER: node:crypto always hashes, so the arithmetic after the
 * curve multiplication is done here (FIPS 186-5 §6.4.1). Not in constant time: for local keys only.
 */
export function signP256Digest(digest: Buffer, key: KeyObject): Buffer {
  const secret = toNumber(Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'));
  for (;;) {
    const nonce = randomBytes(32);
    const k = toNumber(nonce);
    if (k === 0n || k >= N) continue;
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(nonce);
    const r = toNumber(curve.getPublicKey().subarray(1, 33)) % N;
    const s = (inverse(k) * (toNumber(digest) + r * secret)) % N;
    if (r !== 0n && s !== 0n) return der(r, s);
  }
}

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value % N;
  for (let exponent = N - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % N;
    base = (base * base) % N;
  }
  return result;
}

function der(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  // A leading 1 bit would read as a negative number.
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}
