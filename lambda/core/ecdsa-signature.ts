const SEQUENCE = 0x30;
const INTEGER = 0x02;
const WIDTH = 32;

/**
 * A P-256 signature in DER, as KMS gives it, in the form JWS wants: r‖s, 64 bytes. `undefined` if it is none: each of
 * the two must be a positive integer of at most 256 bits in its one shortest form, with nothing behind.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.4
 */
export function p256SignatureFromDer(der: Uint8Array): Uint8Array | undefined {
  const body = readElement(der, 0, SEQUENCE);
  if (body === undefined || body.end !== der.length) return undefined;
  const r = readElement(der, body.start, INTEGER);
  const s = r && readElement(der, r.end, INTEGER);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const signature = new Uint8Array(2 * WIDTH);
  for (const [{ start, end }, to] of [
    [r, WIDTH],
    [s, 2 * WIDTH],
  ] as const) {
    const digits = positiveInteger(der.subarray(start, end));
    if (digits === undefined) return undefined;
    signature.set(digits, to - digits.length);
  }
  return signature;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Everything here is shorter than 128 bytes, so a length is one byte. */
function readElement(der: Uint8Array, at: number, tag: number): Span | undefined {
  const length = der[at + 1];
  if (der[at] !== tag || length === undefined || length >= 0x80) return undefined;
  const start = at + 2;
  return start + length <= der.length ? { start, end: start + length } : undefined;
}

/** Its digits to the base of 256, without leading zero. */
function positiveInteger(bytes: Uint8Array): Uint8Array | undefined {
  const [first = 0x80, second = 0] = bytes;
  if (first >= 0x80) return undefined;
  // A leading zero is there to keep the sign only; alone it is zero, which no signature holds.
  const digits = first === 0 && second >= 0x80 ? bytes.subarray(1) : bytes;
  return digits[0] !== 0 && digits.length <= WIDTH ? digits : undefined;
}
