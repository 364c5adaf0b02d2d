import { AUTH_KEYS, type AuthItemKey, type ConnectAttemptRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { SIGN_IN_SECONDS } from '../authz/cookies';
import { type Handle, hashOf, idpLogin } from '../authz/handle';
import type { Lifetime } from '../authz/ports';
import type { AuthorizationTarget, ConnectAttempt } from '../connections/provider-port';
import type { Ticket } from '../connections/ticket';

/** Another than a sign-in's: no handle of the one is a handle of the other. */
export const ATTEMPT_COOKIE_PREFIX = '__Host-mcp-connect-';

const ATTEMPT_MS = SIGN_IN_SECONDS * 1000;

/** What goes to the platform with the browser, and comes back. */
export function attemptOf(handle: Handle, provider: string, issuer: string): ConnectAttempt {
  const { redirectUri, state, codeVerifier } = idpLogin(handle, `${issuer}${PATHS.callback}/${provider}`);
  return { redirectUri, state, codeVerifier };
}

export function attemptKey(handle: Handle): AuthItemKey {
  return AUTH_KEYS.connectAttempt(handle.transactionId);
}

/** Counted from the start, whatever happens in between. */
export function attemptLifetime({ createdAtMs }: Pick<ConnectAttemptRecord, 'createdAtMs'>): Lifetime {
  return { validUntilMs: createdAtMs + ATTEMPT_MS };
}

export function targetOf({ target }: ConnectAttemptRecord): AuthorizationTarget {
  return { ...target, issuer: target.issuer };
}

export function ticketRecord({ nonce, expiresAtMs }: Ticket): NonNullable<ConnectAttemptRecord['ticket']> {
  return { hash: hashOf(`ticket\0${nonce}`), expiresAtMs };
}

/** Kept for as long as an attempt that was begun with the ticket's last moment may take. */
export function ticketLifetime({ expiresAtMs }: Pick<Ticket, 'expiresAtMs'>): Lifetime {
  return { validUntilMs: expiresAtMs + ATTEMPT_MS };
}
