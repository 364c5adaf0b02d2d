import type { EncryptionContext } from './vault-record';

/**
 * People's connections: in the vault table beside the operator's keys, and a salt per person in a table of its own.
 *
 * | table | pk | item |
 * |---|---|---|
 * | vault | `connection#<subject>#<provider>` | {@link ConnectionRecord} |
 * | vault | `provider#<provider>` | kill switch of one provider, {@link ProviderSwitch} |
 * | salts | `person#<subject>` | {@link PersonSalt} |
 *
 * A token lies under AES-256-GCM. The key is HKDF-SHA256 of a KMS data key and the person's salt. The salts table has no
 * backup: deleting one item there makes all of a person's credentials unreadable, in every backup too. @see docs/storage.md
 */
export const CONNECTION_ATTRIBUTES = {
  pk: 'pk',
  /** `active`: usable. `broken`: the person has to connect again. */
  status: 'status',
  /**
   * Begins at the epoch ms of the connection's making, so that it is none of an earlier one's; grows by one with every
   * change of what is sealed or of `status`. Condition of every write.
   */
  version: 'version',
  /** {@link ConnectionFacts}, as JSON text. No secret. */
  facts: 'facts',
  /** Sealed {@link CallSecrets}: what a call needs. */
  call: 'call',
  /** Sealed {@link RefreshSecrets}: what only the refresher opens. Absent: nothing to refresh with. */
  refresh: 'refresh',
  /** Epoch ms; absent: no known end. */
  tokenExpiresAt: 'tokenExpiresAt',
  /** Random id and end (epoch ms) of the lease of whoever refreshes now. */
  leaseId: 'leaseId',
  leaseUntil: 'leaseUntil',
  /** No attempt to refresh before, epoch ms. */
  retryAt: 'retryAt',
  /** Epoch ms, at most once an hour. */
  lastUsedAt: 'lastUsedAt',
} as const;

export const PROVIDER_SWITCH_ATTRIBUTES = {
  pk: 'pk',
  /** `blocked` or `open`. */
  status: 'status',
  /** Epoch ms. */
  updatedAt: 'updatedAt',
  updatedBy: 'updatedBy',
} as const;

export const SALT_ATTRIBUTES = {
  pk: 'pk',
  /** {@link PersonSalt.salt}. */
  salt: 'salt',
  /** Epoch ms. */
  createdAt: 'createdAt',
} as const;

export const CONNECTION_KEYS = {
  connection: (subject: string, provider: string): string => `connection#${subject}#${provider}`,
  connectionPrefix: 'connection#',
  providerSwitch: (provider: string): string => `provider#${provider}`,
  salt: (subject: string): string => `person#${subject}`,
} as const;

export type ConnectionStatus = 'active' | 'broken';

/** How the connection came to be. `mcp`: an OAuth-protected MCP server, found by discovery. */
export type ConnectionKind = 'oauth' | 'mcp' | 'key';

/** A connection as it is stored. */
export interface ConnectionRecord {
  readonly subject: string;
  readonly provider: string;
  readonly status: ConnectionStatus;
  readonly version: number;
  readonly facts: ConnectionFacts;
  /** {@link SealedValue} as JSON text. */
  readonly call: string;
  readonly refresh?: string;
  readonly tokenExpiresAtMs?: number;
  readonly lease?: { readonly id: string; readonly untilMs: number };
  readonly retryAtMs?: number;
  readonly lastUsedAtMs?: number;
}

/** Everything that may be shown. Holds no token and nothing one could be made from. */
export interface ConnectionFacts {
  readonly kind: ConnectionKind;
  /** Random per connect: a reconnect is another connection of the same name. */
  readonly connectionId: string;
  /** Whose account it is at the provider. */
  readonly account?: ConnectedAccount;
  /** As granted, which may be less than asked for. */
  readonly scopes: readonly string[];
  /** Epoch ms. */
  readonly connectedAtMs: number;
  readonly refreshedAtMs?: number;
  /** Consecutive failures to refresh. */
  readonly failures: number;
  readonly lastError?: { readonly code: ConnectionProblem; readonly atMs: number };
  /** The end of an attempt to refresh is not known: the provider may have answered it, and nobody have heard. */
  readonly unsettled?: boolean;
  /** `mcp`: pinned at connect, never followed elsewhere afterwards. */
  readonly pinned?: PinnedServer;
  /** Values of the provider's `token` variables, checked: `instance_url`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Names of the parts, of a pasted key. */
  readonly parts?: readonly string[];
}

export interface ConnectedAccount {
  readonly id: string;
  readonly name?: string;
  readonly workspaceId?: string;
  readonly workspaceName?: string;
}

export interface PinnedServer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint?: string;
  /** RFC 8707; sent with every token request. */
  readonly resource: string;
  readonly clientId: string;
  readonly clientAuthentication: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';
}

/**
 * Why a connection does not work, in a form pages have words for. The first four break it; with the others the
 * gateway goes on trying.
 */
export type ConnectionProblem =
  | 'refresh_token_refused'
  | 'no_refresh_token'
  | 'access_revoked'
  | 'answer_lost'
  | 'provider_unavailable'
  | 'provider_refused'
  | 'unreadable';

/** What `mcp` opens: parts of the credential template. OAuth: `access_token`. */
export interface CallSecrets {
  readonly parts: Readonly<Record<string, string>>;
  /** Origins it may be sent to, fixed when it was connected. */
  readonly origins: readonly string[];
}

/** What only `refresher` opens. */
export interface RefreshSecrets {
  readonly refreshToken?: string;
  /** For revocation, where the refresh token does not do. */
  readonly accessToken?: string;
  /**
   * Where the tokens may be sent, as in the facts. Facts are open to whoever can write the table: those that say
   * otherwise than what is sealed are not followed.
   */
  readonly pinned?: PinnedServer;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface ProviderSwitch {
  readonly blocked: boolean;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** 32 random bytes, base64url. Made once per person, never changed, only deleted. */
export interface PersonSalt {
  readonly salt: string;
  readonly createdAtMs: number;
}

/** `call` opens for `mcp`, `refresh` for `refresher` alone: IAM compares the value. */
export type CredentialUse = 'call' | 'refresh';

export const USE_CONTEXT_KEY = 'mcp:use';

export interface PersonContext extends EncryptionContext {
  readonly [USE_CONTEXT_KEY]: CredentialUse;
}

/** KMS encryption context of a person's credential; the subject is a hash and names nobody. */
export function personContext(gatewayId: string, subject: string, provider: string, use: CredentialUse): PersonContext {
  return { 'mcp:gateway': gatewayId, 'mcp:subject': subject, 'mcp:provider': provider, [USE_CONTEXT_KEY]: use };
}

/** AES-GCM additional data: what was copied to another person, provider, gateway, use or version does not open. */
export function personAad(context: PersonContext, itemKey: string, version: number): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify([
      context['mcp:gateway'],
      context['mcp:subject'],
      context['mcp:provider'],
      context[USE_CONTEXT_KEY],
      itemKey,
      version,
    ]),
  );
}
