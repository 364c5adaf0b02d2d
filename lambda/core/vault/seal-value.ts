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
  const cipher = createCipheriv('aes-256-gcm', dataKey.plaintext, iv, { authTagLength: 16 });
  cipher.setAAD(envelopeAad(context, secretVersionId));
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return {
    v: 1,
    wrappedKey: base64(dataKey.wrapped),
    iv: base64(iv),
    ciphertext: base64(ciphertext),
    tag: base64(cipher.getAuthTag()),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
