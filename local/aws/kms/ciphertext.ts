import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KmsKey } from './kms-key';

export type EncryptionContext = Readonly<Record<string, string>>;

// Layout: format (1) | key id (16) | nonce (12) | ciphertext | tag (16).
const FORMAT = 0x01;
const HEADER = 17;
const NONCE = 12;
const TAG = 16;

export function encrypt(key: KmsKey, plaintext: Uint8Array, context: EncryptionContext): Buffer {
  const header = Buffer.concat([Buffer.from([FORMAT]), Buffer.from(key.id.replaceAll('-', ''), 'hex')]);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), nonce);
  cipher.setAAD(additionalData(header, context));
  return Buffer.concat([header, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The id of the key a ciphertext names; `undefined` if it cannot be one of ours. */
export function keyIdOf(ciphertext: Buffer): string | undefined {
  if (ciphertext.length < HEADER + NONCE + TAG || ciphertext[0] !== FORMAT) return undefined;
  return ciphertext.toString('hex', 1, HEADER).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `undefined` if the key, the context or any byte is not the one it was encrypted with. */
export function decrypt(key: KmsKey, ciphertext: Buffer, context: EncryptionContext): Buffer | undefined {
  const decipher = createDecipheriv(
    'aes-256-gcm',
    Buffer.from(key.material, 'base64'),
    ciphertext.subarray(HEADER, HEADER + NONCE),
    { authTagLength: TAG },
  );
  decipher.setAAD(additionalData(ciphertext.subarray(0, HEADER), context));
  decipher.setAuthTag(ciphertext.subarray(-TAG));
  const start = decipher.update(ciphertext.subarray(HEADER + NONCE, -TAG));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    // The one error final() has: the tag does not fit.
    return undefined;
  }
}

/** The order of the pairs does not count; which is name and which is value does. */
function additionalData(header: Buffer, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
