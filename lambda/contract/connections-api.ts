import type { ConnectedAccount, ConnectionKind, ConnectionProblem, ConnectionStatus } from './connection-record';

/**
 * A person's own connections, with a token for `PATHS.vaultResource` of scope {@link CONNECTIONS_SCOPE}; served by
 * `connect`. No answer carries a token or a key.
 *
 * | call | meaning |
 * |---|---|
 * | `GET /vault/v1/connections` | {@link ListConnectionsResponse} |
 * | `PUT /vault/v1/connections/{provider}` | store one's own key, {@link StoreOwnKeyRequest} |
 * | `DELETE /vault/v1/connections/{provider}` | delete, and revoke at the provider; {@link EndConnectionResponse} |
 *
 * For administrators, signed by AWS credentials; served by `grants`:
 *
 * | call | meaning |
 * |---|---|
 * | `GET /connections?subject=&cursor=` | everybody's page by page, or one person's, {@link ListAllConnectionsResponse} |
 * | `DELETE /connections/{subject}/{provider}` | force-disconnect, {@link EndConnectionResponse} |
 * | `DELETE /connections/{subject}` | crypto-shred: all credentials of a person become unreadable, backups included; {@link ShredPersonResponse} |
 * | `PUT /switches/provider` | kill switch of one provider, `{ id, blocked }`; `GET /switches` lists it with the others |
 */
export const CONNECTIONS_SCOPE = 'connections:manage';

export interface ConnectionView {
  readonly provider: string;
  /** As people know the platform. */
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly status: ConnectionStatus;
  readonly account?: ConnectedAccount;
  readonly scopes: readonly string[];
  /** ISO 8601. */
  readonly connectedAt: string;
  readonly lastUsedAt?: string;
  readonly refreshedAt?: string;
  readonly lastError?: { readonly code: ConnectionProblem; readonly at: string; readonly message: string };
}

/** A provider people can connect here. */
export interface ConnectableProvider {
  readonly provider: string;
  readonly name: string;
  readonly kind: ConnectionKind;
  /** Names of the parts of a key, where that is what is connected. */
  readonly parts?: readonly string[];
  /** Page to open in a browser. */
  readonly connectUrl: string;
  readonly blocked: boolean;
}

export interface ListConnectionsResponse {
  readonly connections: readonly ConnectionView[];
  readonly providers: readonly ConnectableProvider[];
}

export interface ListAllConnectionsResponse {
  readonly connections: readonly (ConnectionView & { readonly subject: string })[];
  readonly cursor?: string;
}

/** Nobody uses the connection any more. Its tokens are dead at the platform only where that says so: it may still list them. */
export interface EndConnectionResponse {
  /** `false`: there was none. Ending it again is no error; a name nobody has may be a mistyped one. */
  readonly existed: boolean;
  readonly revokedAtProvider: boolean;
}

export interface ShredPersonResponse {
  /** `false`: the person has nothing and had nothing to shred. No error, and perhaps a mistyped subject. */
  readonly existed: boolean;
  /** Records deleted. What was sealed in them could not be read any more before that. */
  readonly removed: number;
  /** `false`: some records could not be deleted, or not be looked for. Nothing in them can be read. */
  readonly complete: boolean;
}

/** Body of `PUT /vault/v1/connections/{provider}`. */
export interface StoreOwnKeyRequest {
  readonly parts: Readonly<Record<string, string>>;
}

/** Body of every refusal of `connect`. */
export interface ConnectionsErrorBody {
  readonly error: { readonly code: ConnectionsErrorCode; readonly message: string; readonly help: string };
}

export type ConnectionsErrorCode =
  | 'invalid_request'
  | 'unknown_provider'
  | 'switched_off'
  | 'unauthorized'
  | 'forbidden'
  | 'connections_unavailable'
  | 'internal';
