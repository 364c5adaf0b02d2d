import { hkdfSync } from 'node:crypto';
import { type CallSecrets, type PersonContext, personAad, type RefreshSecrets } from '../../contract/connection-record';
import { isObject, isText, parseObject } from '../json';
import { err, ok, type Result } from '../result';
import { openText, parseSealedValue } from '../vault/open-value';
import { type DataKey, sealText } from '../vault/seal-value';
import { readDestination } from './read-facts';

/** What an envelope is bound to, beside its data key: each of it must be the same again to open it. */
export interface PersonSeal {
  /** The person's, as it is stored. */
  readonly salt: string;
  readonly context: PersonContext;
  /** Partition key of the item it lies in. */
  readonly itemKey: string;
  /** Of that item, once it is stored: `nextVersion`. */
  readonly version: number;
}

const KEY_INFO = 'mcp person credential v1';

/** Seals a person's secrets. The data key may serve the versions of one connection; the random `iv` may not. */
export function sealSecrets(value: object, dataKey: DataKey, seal: PersonSeal, iv: Uint8Array): string {
  const key = personKey(dataKey.plaintext, seal.salt);
  // What nothing opens afterwards must not be stored in the place of what still opens.
  if (key === undefined || iv.length !== 12) throw new RangeError('a data key has 32 bytes, a salt 32, an iv 12');
  return JSON.stringify(sealText(JSON.stringify(value), key, dataKey.wrapped, iv, aadOf(seal)));
}

/** Opens what {@link sealSecrets} made. Which part of the seal or which byte is another, nobody is told. */
export function openSecrets(
  text: string,
  dataKey: Uint8Array,
  seal: PersonSeal,
): Result<Record<string, unknown>, 'tampered'> {
  const sealed = parseSealedValue(text);
  const key = personKey(dataKey, seal.salt);
  const opened = sealed.ok && key !== undefined ? openText(sealed.value, key, aadOf(seal)) : undefined;
  const value = opened === undefined ? undefined : parseObject(opened);
  return value === undefined ? err('tampered') : ok(value);
}

/** The wrapped data key of an envelope, for KMS. */
export function wrappedKeyOf(text: string): Uint8Array | undefined {
  const sealed = parseSealedValue(text);
  return sealed.ok ? Buffer.from(sealed.value.wrappedKey, 'base64') : undefined;
}

export function readCallSecrets({ parts, origins }: Readonly<Record<string, unknown>>): CallSecrets | undefined {
  const isWhole = isObject(parts) && Object.values(parts).every(isText) && Array.isArray(origins);
  return isWhole && origins.every(isText) ? { parts: parts as CallSecrets['parts'], origins } : undefined;
}

export function readRefreshSecrets(value: Readonly<Record<string, unknown>>): RefreshSecrets | undefined {
  const { refreshToken, accessToken } = value;
  const destination = readDestination(value);
  if (!isTokenOrAbsent(refreshToken) || !isTokenOrAbsent(accessToken) || destination === undefined) return undefined;
  return { ...(refreshToken && { refreshToken }), ...(accessToken && { accessToken }), ...destination };
}

/** 32 bytes, base64url, in the one spelling there is for them. */
export function isSalt(text: unknown): text is string {
  return isText(text) && text.length === 43 && Buffer.from(text, 'base64url').toString('base64url') === text;
}

/** Without the salt, which no backup holds, the data key alone opens nothing (RFC 5869). */
function personKey(dataKey: Uint8Array, salt: string): Uint8Array | undefined {
  if (dataKey.length !== 32 || !isSalt(salt)) return undefined;
  return new Uint8Array(hkdfSync('sha256', dataKey, Buffer.from(salt, 'base64url'), KEY_INFO, 32));
}

function aadOf({ context, itemKey, version }: PersonSeal): Uint8Array {
  return personAad(context, itemKey, version);
}

function isTokenOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (isText(value) && value !== '');
}
