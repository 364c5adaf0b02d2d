import type { PinnedServer } from './connection-record';

/**
 * The auth table: partition key `pk`, sort key `sk`, TTL attribute `expiresAt`.
 *
 * An item is a JSON document with a version. Every change is one conditional write on one item: create if absent, or
 * replace this version. Every condition compares `validUntil` with the clock itself, because DynamoDB removes expired
 * items days late. A person's grants share a partition, so that listing and revoking them is a strongly consistent
 * query and needs no index. No item holds a token, a code or anything either could be made from. @see docs/storage.md
 *
 * | pk | sk | document |
 * |---|---|---|
 * | `txn#<id>` | `txn` | {@link TransactionRecord} |
 * | `txn#<id>` | `connect` | {@link ConnectAttemptRecord} |
 * | `person#<subject>` | `grant#<grantId>` | {@link GrantRecord} |
 * | `person#<subject>` | `switch` | {@link SwitchRecord} |
 * | `client#<hash>` | `switch` | {@link SwitchRecord} |
 * | `gateway` | `switch` | {@link SwitchRecord} |
 * | `client#<hash>` | `registration` | {@link RegistrationRecord} |
 * | `document#<hash>` | `document` | {@link DocumentRecord} |
 * | `once#<hash>` | `once` | {@link OnceRecord} |
 * | `session#<id>` | `session` | {@link SessionRecord} |
 * | `keys` | `keys` | {@link SigningKeysRecord} |
 */
export const AUTH_ATTRIBUTES = {
  pk: 'pk',
  sk: 'sk',
  /** The document, as JSON text. */
  data: 'data',
  /** Grows by one with every write. */
  version: 'version',
  /** Random per write: a write that was repeated after its answer got lost knows by it what it wrote itself. */
  writeId: 'writeId',
  /** Epoch ms until which the item counts. */
  validUntil: 'validUntil',
  /** Epoch s after which DynamoDB may remove it; later than `validUntil`. */
  expiresAt: 'expiresAt',
} as const;

export interface AuthItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** `hash`: base64url SHA-256 of what a stranger chose, so that it can neither be long nor break the key's form. */
export const AUTH_KEYS = {
  transaction: (id: string): AuthItemKey => ({ pk: `txn#${id}`, sk: 'txn' }),
  connectAttempt: (id: string): AuthItemKey => ({ pk: `txn#${id}`, sk: 'connect' }),
  person: (subject: string): string => `person#${subject}`,
  grant: (subject: string, grantId: string): AuthItemKey => ({ pk: `person#${subject}`, sk: `grant#${grantId}` }),
  personSwitch: (subject: string): AuthItemKey => ({ pk: `person#${subject}`, sk: 'switch' }),
  clientSwitch: (clientHash: string): AuthItemKey => ({ pk: `client#${clientHash}`, sk: 'switch' }),
  gatewaySwitch: (): AuthItemKey => ({ pk: 'gateway', sk: 'switch' }),
  registration: (clientHash: string): AuthItemKey => ({ pk: `client#${clientHash}`, sk: 'registration' }),
  document: (urlHash: string): AuthItemKey => ({ pk: `document#${urlHash}`, sk: 'document' }),
  once: (hash: string): AuthItemKey => ({ pk: `once#${hash}`, sk: 'once' }),
  session: (id: string): AuthItemKey => ({ pk: `session#${id}`, sk: 'session' }),
  signingKeys: (): AuthItemKey => ({ pk: 'keys', sk: 'keys' }),
} as const;

/** Who signed in, as far as anything here needs to know. `subject` is a hash: the table does not name people by it. */
export interface PersonRecord {
  /** base64url SHA-256 of the IdP's issuer and its subject for the person. */
  readonly subject: string;
  /** What pages and administrators see: e-mail address or name. */
  readonly displayName: string;
  readonly groups: readonly string[];
  readonly isAdministrator: boolean;
  /** Epoch ms. */
  readonly authenticatedAtMs: number;
  /** What else decides who may sign in, kept so that a changed configuration decides again at every refresh. */
  readonly tenant?: string;
  /** Of a verified e-mail address, or Google's `hd`. */
  readonly domain?: string;
}

/** What a client is known by once it has asked, so that nothing is looked up again. */
export interface ClientFacts {
  readonly clientId: string;
  readonly kind: 'registered' | 'metadata_document' | 'dynamic';
  readonly name: string;
  /** Host of the metadata document; the only thing about such a client that is proven. */
  readonly host?: string;
  readonly authentication: 'none' | 'private_key_jwt';
}

/** An authorization request, checked. */
export interface AuthorizationRequestRecord {
  readonly client: ClientFacts;
  /** As the client sent it, which is as it will be used. */
  readonly redirectUri: string;
  readonly state?: string;
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  /** Canonical URL of the endpoint the token is for. */
  readonly resource: string;
}

/**
 * A sign-in in progress. Its id is the hash of a handle only the browser holds (a `__Host-` cookie); state, nonce,
 * PKCE verifier, CSRF token, grant id and code are derived from that handle, so that none of them is stored.
 */
export interface TransactionRecord {
  /** `account`: the person wants a page of their own, no client is involved. */
  readonly request: AuthorizationRequestRecord | 'account';
  /** Of `account`: path and query of the page, where it is another than the account page. */
  readonly continueTo?: string;
  /**
   * `login`: at the IdP. `exchanging`: its answer is being redeemed, by one of possibly several.
   * `consent`: the person is asked. `allowed`, `denied`: has answered.
   */
  readonly phase: 'login' | 'exchanging' | 'consent' | 'allowed' | 'denied';
  /** From `consent` on. */
  readonly person?: PersonRecord;
  readonly createdAtMs: number;
}

/**
 * A person on their way to a platform, to connect an account there. As with a sign-in, its id is the hash of a handle
 * only the browser holds, and everything that must not be guessed is derived from that.
 */
export interface ConnectAttemptRecord {
  readonly provider: string;
  /** Who began it, and is to be signed in still when the browser comes back. */
  readonly subject: string;
  /** `away`: at the platform. `exchanging`: its answer is being redeemed, by one of possibly several. */
  readonly phase: 'away' | 'exchanging';
  /** Where the browser was sent, and so who is to answer: nothing is discovered a second time. */
  readonly target: {
    readonly issuer?: string | undefined;
    readonly authorizationEndpoint: string;
    readonly clientId: string;
    readonly pinned?: PinnedServer;
    readonly sendsIssuer?: boolean;
    readonly scopes?: readonly string[];
  };
  /** The ticket it began with: hash of its nonce. */
  readonly ticket?: { readonly hash: string; readonly expiresAtMs: number };
  readonly createdAtMs: number;
}

/** One client's permission from one person: the token family. */
export interface GrantRecord {
  readonly grantId: string;
  readonly person: PersonRecord;
  readonly client: ClientFacts;
  /** `code`: consented, not yet exchanged. `revoked` stays for a while, so that nothing brings it back. */
  readonly phase: 'code' | 'active' | 'revoked';
  /** `machine`, `assertion`: no person consented and there is no refresh token. */
  readonly origin: 'consent' | 'machine' | 'assertion';
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly redirectUri?: string;
  /** base64url SHA-256; kept after the exchange, to recognise the code when it comes again. */
  readonly codeHash?: string;
  readonly codeExpiresAtMs?: number;
  readonly codeChallenge?: string;
  /** Which refresh token is the current one: 1 for the first. */
  readonly generation: number;
  /** Epoch ms of the last rotation. */
  readonly rotatedAtMs?: number;
  readonly createdAtMs: number;
  readonly lastUsedAtMs?: number;
  /** Epoch ms; the grant is over then, however used. */
  readonly endsAtMs: number;
  /** Of a grant without consent that was made because the usual one had just ended: the id of that. */
  readonly standsInFor?: string;
  readonly revoked?: { readonly atMs: number; readonly by: string; readonly reason: RevocationReason };
}

export type RevocationReason = 'person' | 'administrator' | 'client' | 'code_reused' | 'refresh_token_reused';

/** Kill switch. Absent: nothing is switched off. */
export interface SwitchRecord {
  readonly kind: 'person' | 'client' | 'gateway';
  /** Subject or client id, in clear for the administrator. */
  readonly id?: string;
  /** Nothing new either. */
  readonly blocked: boolean;
  /** Grants and sessions created before it are over. Epoch ms. */
  readonly revokedBeforeMs: number;
  /** When an administrator last allowed it again. Epoch ms. */
  readonly allowedAtMs?: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** A client that registered itself (RFC 7591), as it was accepted. */
export interface RegistrationRecord {
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly createdAtMs: number;
  /** Of the last consent, at most once a day; `createdAtMs` before the first. */
  readonly lastUsedAtMs: number;
}

/** What an address a stranger chose had to say. A good document is kept for longer than it is fresh. */
export interface DocumentRecord {
  readonly url: string;
  /** Absent: could not be had, and is not asked again for a minute. */
  readonly document?: unknown;
  readonly problem?: string;
  readonly fetchedAtMs: number;
  /** Until when it may be used without asking again. Epoch ms. */
  readonly freshUntilMs: number;
}

export interface OnceRecord {
  readonly usedAtMs: number;
}

/** A person's session on the account page; its id is the hash of the cookie's value. */
export interface SessionRecord {
  readonly person: PersonRecord;
  readonly createdAtMs: number;
}

/** One key that signs access tokens. It may be used from `signFromMs`, and verifies until `verifyUntilMs`. */
export interface SigningKeyRecord {
  readonly keyArn: string;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly publicJwk: { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };
  /** Epoch ms. Later than its publication, so that every cache of the key set has it before it signs. */
  readonly signFromMs: number;
  /** Epoch ms; absent while it is the newest. */
  readonly verifyUntilMs?: number;
  /** A key the gateway made itself by rotation, and deletes itself; the first one belongs to the stack. */
  readonly isOwn: boolean;
}

export interface SigningKeysRecord {
  /** Newest first. */
  readonly keys: readonly SigningKeyRecord[];
  /** A rotation that has begun: written before its key is made, so that two rotations at once make one key. */
  readonly pending?: PendingKeyRecord;
}

export interface PendingKeyRecord {
  /** Random per attempt. */
  readonly id: string;
  readonly startedAtMs: number;
  /** Once the key is made; whoever comes next publishes it. */
  readonly keyArn?: string;
}
