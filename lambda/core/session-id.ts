import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'v1.';

/** Whom a session belongs to. The issuer, since two may call two people alike. */
export type SessionOwner = readonly [issuer: string, gatewayUrl: string, upstream: string, subject: string];

/**
 * Seals an upstream's session id for one person, so that nobody else can use it, even if they see it
 * (MCP security best practices, "session hijacking"). Nothing is stored: the sealed id is the state.
 */
export function sealSessionId(key: Buffer, owner: SessionOwner, upstreamId: string, iv: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', ownerKey(key, owner), iv);
  const sealed = Buffer.concat([iv, cipher.update(upstreamId, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return PREFIX + sealed.toString('base64url');
}

/** The upstream's session id, or `undefined` if it was sealed for someone or something else, or altered. */
export function openSessionId(key: Buffer, owner: SessionOwner, sessionId: string): string | undefined {
  if (!sessionId.startsWith(PREFIX)) return undefined;
  const sealed = Buffer.from(sessionId.slice(PREFIX.length), 'base64url');
  if (sealed.length <= IV_BYTES + TAG_BYTES) return undefined;
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', ownerKey(key, owner), iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/** A key of their own: one key with random ivs wears out with the calls of all (NIST SP 800-38D §8.3). */
function ownerKey(key: Buffer, owner: SessionOwner): Buffer {
  return createHmac('sha256', key).update(JSON.stringify(owner)).digest();
}
