import { createDecipheriv } from 'node:crypto';
import {
  type EncryptionContext,
  envelopeAad,
  type OperatorKeyValue,
  type SealedValue,
} from '../../contract/vault-record';
import { isObject, isText, parseObject } from '../json';
import { err, ok, type Result } from '../result';

const FIELDS = ['v', 'wrappedKey', 'iv', 'ciphertext', 'tag'] as const;

/** Reads what Secrets Manager holds. An erased key's marker is not a sealed value. */
export function parseSealedValue(text: string): Result<SealedValue, 'malformed'> {
  const fields = parseObject(text);
  if (fields === undefined || fields['v'] !== 1 || Object.keys(fields).length !== FIELDS.length)
    return err('malformed');
  const [wrappedKey, iv, ciphertext, tag] = FIELDS.slice(1).map((name) => base64Text(fields[name]));
  if (!wrappedKey || !iv || !ciphertext || !tag) return err('malformed');
  return ok({ v: 1, wrappedKey, iv, ciphertext, tag });
}

/**
 * Decrypts a sealed value. Fails when key, context, version id or any byte is not the one it was sealed
 * with; which of them, nobody is told.
 */
export function openValue(
  sealed: SealedValue,
  dataKey: Uint8Array,
  context: EncryptionContext,
  secretVersionId: string,
): Result<OperatorKeyValue, 'tampered'> {
  const text = openText(sealed, dataKey, envelopeAad(context, secretVersionId));
  const value = text === undefined ? undefined : parseObject(text);
  return isOperatorKeyValue(value) ? ok(value) : err('tampered');
}

/** The text under an envelope; `undefined` when key, additional data or any byte is not the one it was sealed with. */
export function openText(sealed: SealedValue, key: Uint8Array, aad: Uint8Array): string | undefined {
  const iv = Buffer.from(sealed.iv, 'base64');
  const tag = Buffer.from(sealed.tag, 'base64');
  // A shorter tag would be accepted on its prefix, and is that much easier to forge (SP 800-38D §5.2.1.2).
  if (key.length !== 32 || iv.length !== 12 || tag.length !== 16) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(sealed.ciphertext, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function isOperatorKeyValue(value: unknown): value is OperatorKeyValue {
  if (!isObject(value)) return false;
  const { provider, origins, parts } = value;
  return (
    isText(provider) &&
    Array.isArray(origins) &&
    origins.every(isText) &&
    isObject(parts) &&
    Object.values(parts).every(isText)
  );
}

/** In the one spelling there is for its bytes: the decoder would take others, and skip what it does not know. */
function base64Text(value: unknown): string | undefined {
  return isText(value) && Buffer.from(value, 'base64').toString('base64') === value ? value : undefined;
}
