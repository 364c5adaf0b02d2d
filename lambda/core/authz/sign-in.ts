import type { AuthorizationServerConfig } from '../../config/gateway-config';
import { AUTH_KEYS, type AuthorizationRequestRecord, type TransactionRecord } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { readHandle, SIGN_IN_SECONDS } from './cookies';
import { type Handle, idpLogin } from './handle';
import type { AuthzRequest } from './http';
import type { PageProblem } from './pages/page-problems';
import type { AuthzTools, IdentityProvider, IdpLogin, Lifetime, Stored } from './ports';

/** What every step of a sign-in is given. */
export interface SignInDeps extends AuthzTools {
  /** URL of the gateway: its issuer, below which its pages are. */
  readonly issuer: string;
  readonly config: AuthorizationServerConfig;
  readonly identityProvider: IdentityProvider;
  readonly upstreamNames: readonly string[];
}

/** What a sign-in is for: a client's request, or a page of the person's own. */
export type SignInPurpose = AuthorizationRequestRecord | 'account';

/** A sign-in as this browser may continue it; or why it may not. */
export type Continued =
  | { readonly handle: Handle; readonly stored: Stored<TransactionRecord> }
  | { readonly problem: PageProblem; readonly cause: string };

/**
 * The sign-in with this tag, if the browser that asks is the one that began it. Whoever has no cookie, or something
 * that was not derived from it, costs no read.
 */
export async function continueSignIn(
  tag: string | undefined,
  isGenuine: (handle: Handle) => boolean,
  { headers }: Pick<AuthzRequest, 'headers'>,
  { store }: Pick<AuthzTools, 'store'>,
): Promise<Continued> {
  if (tag === undefined) return { problem: 'bad_request', cause: 'no tag' };
  const handle = readHandle(headers, tag);
  if (handle === undefined) return { problem: 'other_browser', cause: 'no cookie' };
  if (!isGenuine(handle)) return { problem: 'bad_request', cause: 'not derived from the handle' };
  const read = await store.read([AUTH_KEYS.transaction(handle.transactionId)]);
  if (!read.ok) return { problem: 'unavailable', cause: read.error.name };
  const stored = read.value[0] as Stored<TransactionRecord> | undefined;
  return stored === undefined ? { problem: 'sign_in_over', cause: 'expired' } : { handle, stored };
}

/** What binds this browser's visit to the identity provider. */
export function loginOf(handle: Handle, { issuer }: Pick<SignInDeps, 'issuer'>): IdpLogin {
  return idpLogin(handle, issuer + PATHS.idpCallback);
}

/** Counted from the start, whatever happens in between: no step makes a sign-in last longer. */
export function signInLifetime({ createdAtMs }: TransactionRecord): Lifetime {
  return { validUntilMs: createdAtMs + SIGN_IN_SECONDS * 1000 };
}
