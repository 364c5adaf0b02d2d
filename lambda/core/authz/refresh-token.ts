import { createHmac } from 'node:crypto';
import { isSameSecret } from './handle';

/** What a refresh token says: whose grant it belongs to, and which of the grant's tokens it is. */
export interface RefreshToken {
  readonly subject: string;
  readonly grantId: string;
  readonly generation: number;
}

/** As {@link mintRefreshToken} writes it and in no other way: one token has one spelling. */
const FORM = /^rt1\.([\w-]{43})\.([\w-]{22})\.([1-9]\d{0,8})\.([\w-]{43})$/;

/**
 * Writes a refresh token: the same facts always give the same token, which is how a client that lost the answer, or
 * raced itself, gets the identical successor. Nothing of it is stored.
 */
export function mintRefreshToken(key: Uint8Array, { subject, grantId, generation }: RefreshToken, clientId: string) {
  return `rt1.${subject}.${grantId}.${generation}.${macOf(key, subject, grantId, String(generation), clientId)}`;
}

/** Reads a refresh token of this client; `undefined` for any other text. Nobody needs the table to refuse a forgery. */
export function openRefreshToken(key: Uint8Array, token: string, clientId: string): RefreshToken | undefined {
  const [, subject = '', grantId = '', generation = '', mac = ''] = FORM.exec(token) ?? [];
  if (mac === '' || !isSameSecret(mac, macOf(key, subject, grantId, generation, clientId))) return undefined;
  return { subject, grantId, generation: Number(generation) };
}

/** As a JSON list, so that no two lists of facts read the same. */
function macOf(key: Uint8Array, ...facts: readonly string[]): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['refresh_token', ...facts]))
    .digest('base64url');
}
