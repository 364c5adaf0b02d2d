/**
 * The vault's HTTP API, as the vault function serves it and the SDK calls it.
 * No answer ever carries a value, or anything derived from one.
 *
 * | call | meaning |
 * |---|---|
 * | `GET /vault/keys` | list metadata |
 * | `PUT /vault/keys/{provider}` | store, or replace |
 * | `POST /vault/keys/{provider}/disable` | keep the value, refuse its use |
 * | `POST /vault/keys/{provider}/enable` | allow its use again |
 * | `POST /vault/keys/{provider}/rotate` | begin a rotation: a new value beside the one in use |
 * | `POST /vault/keys/{provider}/confirm` | end it: the new value is the one in use |
 * | `POST /vault/keys/{provider}/abandon` | end it: the new value is dropped |
 * | `DELETE /vault/keys/{provider}` | erase |
 * | `PUT /vault/clients/{provider}` | replace the gateway's client secret at a provider people connect |
 *
 * Signed by AWS credentials. With the access token of an administrator those of keys are at `/vault/v1/keys` too.
 */
/** What a token must allow, beside being for `PATHS.vaultResource`, to manage keys without AWS credentials. */
export const VAULT_SCOPE = 'vault:manage';

/** What `POST /vault/keys/{provider}/<action>` does. */
export const VAULT_KEY_ACTIONS = ['disable', 'enable', 'rotate', 'confirm', 'abandon'] as const;

export type VaultKeyStatus = 'active' | 'disabled';

/** Body of `PUT /vault/keys/{provider}`, and of `POST /vault/keys/{provider}/rotate`. */
export interface StoreKeyRequest {
  /** Secret parts by name; a credential with one part calls it `key`. */
  readonly parts: Readonly<Record<string, string>>;
  /** Replace only if the stored version is this one; 0 means "only if nothing is stored". */
  readonly expectedVersion?: number;
}

/** Body of `POST /vault/keys/{provider}/confirm` and `…/abandon`; may be left out. */
export interface EndRotationRequest {
  /** Only if the stored version is this one, so that nobody confirms a key somebody else has put there. */
  readonly expectedVersion?: number;
}

/** Body of `PUT /vault/clients/{provider}`; the answer has none. */
export interface StoreClientSecretRequest {
  readonly clientSecret: string;
}

/** What is known about a stored key, without the key. */
export interface VaultKeyMetadata {
  readonly provider: string;
  readonly status: VaultKeyStatus;
  /** Grows by one with every change. */
  readonly version: number;
  readonly parts: readonly string[];
  /** Origins of the upstreams the key may be sent to. */
  readonly origins: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** IAM principal or token subject that made the last change. */
  readonly updatedBy: string;
  /** ISO 8601, while a rotation is under way: a second value is valid until it is confirmed or abandoned. */
  readonly rotationStartedAt?: string;
}

/** Answer of `GET /vault/keys`. `configured` lists every provider the gateway could hold a key for. */
export interface ListKeysResponse {
  readonly keys: readonly VaultKeyMetadata[];
  readonly configured: readonly string[];
}

/** Body of every refusal. */
export interface VaultErrorBody {
  readonly error: { readonly code: VaultErrorCode; readonly message: string; readonly help: string };
}

export type VaultErrorCode =
  | 'invalid_request'
  | 'unknown_provider'
  | 'key_not_found'
  | 'version_conflict'
  | 'rotation_under_way'
  | 'rotation_not_found'
  | 'unauthorized'
  | 'forbidden'
  | 'vault_unavailable'
  | 'internal';
