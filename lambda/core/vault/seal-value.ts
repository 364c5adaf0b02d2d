import { createCipheriv } from 'node:crypto';
import {
  type EncryptionContext,
  envelopeAad,
  type OperatorKeyValue,
  type SealedValue,
} from '../../contract/vault-record';

/** A data key as KMS makes it: in clear for one use, and wrapped for keeping. */
export interface DataKey {
  readonly plaintext: Uint8Array;
  readonly wrapped: Uint8Array;
}

/**
 * Encrypts a value under a data key used for nothing else, so that the random `iv` cannot collide.
 * Bound to gateway, provider and version of the secret by the additional data.
 */
export function sealValue(
  value: OperatorKeyValue,
  dataKey: DataKey,
  iv: Uint8Array,
  context: EncryptionContext,
  secretVersionId: string,
): SealedValue {
  const aad = envelopeAad(context, secretVersionId);
  return sealText(JSON.stringify(value), dataKey.plaintext, dataKey.wrapped, iv, aad);
}

/** AES-256-GCM under `key`; `wrappedKey` is what the reader gets that key by. */
export function sealText(
  text: string,
  key: Uint8Array,
  wrappedKey: Uint8Array,
  iv: Uint8Array,
  aad: Uint8Array,
): SealedValue {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  cipher.setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return {
    v: 1,
    wrappedKey: base64(wrappedKey),
    iv: base64(iv),
    ciphertext: base64(ciphertext),
    tag: base64(cipher.getAuthTag()),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
