/**
 * The grants API, IAM-signed: what an administrator sees and ends.
 *
 * | call | meaning |
 * |---|---|
 * | `GET /grants?subject=&clientId=&cursor=` | list, at most 100 a page |
 * | `DELETE /grants/{subject}/{grantId}` | revoke one |
 * | `GET /switches?cursor=` | what is switched off, page by page |
 * | `PUT /switches/{kind}` body {@link SetSwitchRequest} | end everything of a person, a client, or all; optionally for good |
 *
 * `kind` is `person`, `client` or `gateway`; or `provider`, body {@link SetProviderSwitchRequest}, of a platform people
 * connect: see `connections-api.ts`.
 */
export type GrantStatus = 'active' | 'pending' | 'revoked' | 'expired';

/** One client's permission from one person. No token, no hash of one. */
export interface GrantMetadata {
  readonly grantId: string;
  readonly subject: string;
  /** As the IdP named the person at sign-in. */
  readonly person: string;
  readonly clientId: string;
  readonly clientName: string;
  /** Host whose document the client is; without one its name is only what it says. */
  readonly clientHost?: string;
  readonly redirectHost: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  readonly status: GrantStatus;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; the last time it was exchanged or refreshed. */
  readonly lastUsedAt?: string;
}

export interface ListGrantsResponse {
  readonly grants: readonly GrantMetadata[];
  readonly cursor?: string;
}

export type SwitchKind = 'person' | 'client' | 'gateway';

export interface SetSwitchRequest {
  /** Subject or client id; absent for `gateway`. */
  readonly id?: string;
  /**
   * `revoke`: ends every grant made until now; new sign-ins work. `block`: ends them and refuses new ones.
   * `allow`: takes a block back; what was ended stays ended.
   */
  readonly action: 'revoke' | 'block' | 'allow';
}

/** Body of `PUT /switches/provider`. */
export interface SetProviderSwitchRequest {
  readonly id: string;
  /** `true`: nobody's connection of it is used, and none is made. What is connected stays, and works again after `false`. */
  readonly blocked: boolean;
}

export interface SwitchMetadata {
  readonly kind: SwitchKind | 'provider';
  readonly id?: string;
  readonly blocked: boolean;
  /** Grants made before this moment are over. ISO 8601. */
  readonly revokedBefore?: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

export interface ListSwitchesResponse {
  readonly switches: readonly SwitchMetadata[];
  readonly cursor?: string;
}

export interface GrantsErrorBody {
  readonly error: { readonly code: GrantsErrorCode; readonly message: string; readonly help: string };
}

export type GrantsErrorCode =
  | 'invalid_request'
  | 'unknown_provider'
  | 'grant_not_found'
  | 'grants_unavailable'
  | 'internal';
