import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuthzTools, IdpLogin } from './ports';

/**
 * What binds a sign-in to one browser: 32 random bytes that only its cookie holds. All that must not be guessed is
 * derived from it, so that the table holds nothing anyone could use, and a step done twice gives the same twice.
 */
export interface Handle {
  /** The cookie's value. */
  readonly secret: string;
  /** Names the transaction: a hash, from which the handle cannot be had. */
  readonly transactionId: string;
  /** Names the cookie, so that several tabs can sign in at once. Public. */
  readonly tag: string;
}

const HANDLE_BYTES = 32;
const GRANT_ID_BYTES = 16;
const TAG_LENGTH = 8;

export function newHandle(tools: Pick<AuthzTools, 'randomBytes'>): Handle {
  return handleFrom(Buffer.from(tools.randomBytes(HANDLE_BYTES)).toString('base64url'));
}

/** `secret`: 43 base64url characters. */
export function handleFrom(secret: string): Handle {
  const transactionId = hashOf(secret);
  return { secret, transactionId, tag: transactionId.slice(0, TAG_LENGTH) };
}

/** What goes to the IdP with the browser. The state carries the tag, which finds the cookie when it comes back. */
export function idpLogin(handle: Handle, redirectUri: string): IdpLogin {
  return {
    redirectUri,
    state: `${handle.tag}.${derive(handle, 'state')}`,
    nonce: derive(handle, 'nonce'),
    codeVerifier: derive(handle, 'verifier'),
  };
}

/** The tag in a state of ours; `undefined` for any other text. */
export function tagOfState(state: string): string | undefined {
  return /^([\w-]{8})\.[\w-]{43}$/.exec(state)?.[1];
}

export function csrfToken(handle: Handle): string {
  return derive(handle, 'csrf');
}

export function grantIdOf(handle: Handle): string {
  return hmac(handle, 'grant').subarray(0, GRANT_ID_BYTES).toString('base64url');
}

/** `<subject>.<grantId>.<secret>`: it says where its grant is, so that redeeming it takes one read. */
export function authorizationCode(handle: Handle, subject: string): string {
  return `${subject}.${grantIdOf(handle)}.${derive(handle, 'code')}`;
}

/** base64url SHA-256: how the table knows a code, a client id or an address. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Compares without telling by the time it takes how much of a guess was right. */
export function isSameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

type Label = 'state' | 'nonce' | 'verifier' | 'csrf' | 'code';

function derive(handle: Handle, label: Label): string {
  return hmac(handle, label).toString('base64url');
}

function hmac(handle: Handle, label: Label | 'grant'): Buffer {
  return createHmac('sha256', handle.secret).update(label).digest();
}
