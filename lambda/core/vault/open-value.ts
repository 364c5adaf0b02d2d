import { createDecipheriv } from 'node:crypto';
import {
  type EncryptionContext,
  envelopeAad,
  type OperatorKeyValue,
  type SealedValue,
} from '../../contract/vault-record';
import { isObject, isText, parseObject } from '../json';
import { err, ok, type Result } from '../result';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
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
  const iv = Buffer.from(sealed.iv, 'base64');
  const tag = Buffer.from(sealed.tag, 'base64');
  // A shorter tag would be accepted on its prefix, and is that much easier to forge (SP 800-38D §5.2.1.2).
  if (dataKey.length !== 32 || iv.length !== 12 || tag.length !== 16) return err('tampered');
  const decipher = createDecipheriv('aes-256-gcm', dataKey, iv, { authTagLength: 16 });
  decipher.setAAD(envelopeAad(context, secretVersionId));
  decipher.setAuthTag(tag);
  let text: string;
  try {
    text = Buffer.concat([decipher.update(sealed.ciphertext, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    return err('tampered');
  }
  const value = parseObject(text);
  return isOperatorKeyValue(value) ? ok(value) : err('tampered');
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

function base64Text(value: unknown): string | undefined {
  return isText(value) && BASE64.test(value) ? value : undefined;
}
