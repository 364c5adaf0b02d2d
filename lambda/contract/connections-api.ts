import type { ConnectedAccount, ConnectionKind, ConnectionProblem, ConnectionStatus } from './connection-record';

/**
 * A person's own connections, with a token for `PATHS.vaultResource` of scope {@link CONNECTIONS_SCOPE}; served by
 * `connect`. No answer carries a token or a key.
 *
 * | call | meaning |
 * |---|---|
 * | `GET /vault/v1/connections` | {@link ListConnectionsResponse} |
 * | `PUT /vault/v1/connections/{provider}` | store one's own key, {@link StoreOwnKeyRequest} |
 * | `DELETE /vault/v1/connections/{provider}` | revoke at the provider, and delete |
 *
 * For administrators, signed by AWS credentials; served by `grants`:
 *
 * | call | meaning |
 * |---|---|
 * | `GET /connections?cursor=` | everybody's, {@link ListAllConnectionsResponse} |
 * | `DELETE /connections/{subject}/{provider}` | force-disconnect |
 * | `DELETE /connections/{subject}` | crypto-shred: all credentials of a person become unreadable, backups included |
 * | `PUT /switches/provider` | kill switch of one provider, as the other switches: `{ id, blocked }` |
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

/** Body of `PUT /vault/v1/connections/{provider}`. */
export interface StoreOwnKeyRequest {
  readonly parts: Readonly<Record<string, string>>;
}
