import type { StoredSignIn } from './oauth/stored-sign-in';
import { claimsOf } from './token-audience';

/** A sign-in that is kept on this machine; no token of it. */
export interface SignedIn {
  readonly issuer: string;
  readonly resource: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** As administrators see the person in the list of grants. */
  readonly subject?: string;
  /** The grant administrators, and the person, can revoke. */
  readonly grantId?: string;
  /** ISO 8601; the sign-in itself lasts longer. */
  readonly accessTokenExpiresAt?: string;
}

export function signedInAs({ issuer, resource, client, tokens }: StoredSignIn): SignedIn {
  const { sub, sid } = claimsOf(tokens?.accessToken ?? '') ?? {};
  return {
    issuer,
    resource,
    clientId: client.clientId,
    scopes: tokens?.scope?.split(' ').filter(Boolean) ?? [],
    ...(typeof sub === 'string' ? { subject: sub } : {}),
    ...(typeof sid === 'string' ? { grantId: sid } : {}),
    ...(tokens?.expiresAtMs === undefined ? {} : { accessTokenExpiresAt: new Date(tokens.expiresAtMs).toISOString() }),
  };
}
