import type { AuthItemKey, SigningKeyRecord } from '../../contract/auth-record';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** A document as it is stored. */
export interface Stored<T> {
  readonly version: number;
  readonly record: T;
}

/** How long a document counts, and how long it is kept; both epoch ms. */
export interface Lifetime {
  readonly validUntilMs: number;
  /** @default validUntilMs plus a day */
  readonly keepUntilMs?: number;
}

/**
 * The auth table. A document past its `validUntilMs` does not exist for any reader or condition.
 *
 * Writes are conditional and safe to repeat: a write whose answer got lost is recognised as its own when it is tried
 * again, so that `kept` always means that somebody else was first (or has built upon it since).
 */
export interface AuthStore {
  /** One strongly consistent round trip, however many keys; in their order. */
  read(keys: readonly AuthItemKey[]): Answer<readonly (Stored<unknown> | undefined)[]>;
  /** Creates a document, unless a valid one is there. `kept` is the one that is. */
  create(key: AuthItemKey, record: object, lifetime: Lifetime): Answer<Written>;
  /** Replaces a document if it still is of this version and valid. `kept` is the one in the way, if any. */
  replace(key: AuthItemKey, version: number, record: object, lifetime: Lifetime): Answer<Written>;
  /**
   * Every valid document of a partition whose sort key begins so, strongly consistent. Fails rather than leaving some
   * out: what a person does not see they cannot revoke.
   */
  list(pk: string, skPrefix: string): Answer<readonly Stored<unknown>[]>;
}

export type Written =
  | { readonly won: true; readonly version: number }
  | { readonly won: false; readonly kept: Stored<unknown> | undefined };

/** Signs with a key that never leaves KMS. */
export interface TokenSigner {
  /** ES256 over the ASCII bytes of the signing input; the signature as JWS wants it (r‖s, 64 bytes). RFC 7518 §3.4. */
  sign(key: Pick<SigningKeyRecord, 'keyArn'>, signingInput: string): Answer<Uint8Array>;
}

/** The keys that sign access tokens now, remembered for a short time. */
export interface SigningKeys {
  current(): Answer<readonly SigningKeyRecord[]>;
}

/** What the fetcher brought from an address a stranger chose; JSON only. */
export interface FetchedDocument {
  readonly document: unknown;
  /** From Cache-Control, epoch ms; absent if the answer said nothing of it. */
  readonly freshUntilMs?: number;
}

/** Fetches attacker-chosen https addresses, by way of a function that may do nothing else. */
export interface DocumentFetcher {
  /**
   * `refused`: the address is not one to fetch, or the answer not one to use; says which, quotes nothing.
   *
   * @param wasGood it gave a document before, and so does not compete with addresses that anybody may have invented
   */
  fetch(url: string, wasGood?: boolean): Answer<FetchedDocument | { readonly refused: FetchRefusal }>;
}

export type FetchRefusal =
  | 'address_not_allowed'
  | 'unreachable'
  | 'timeout'
  | 'redirected'
  | 'gone'
  | 'bad_status'
  | 'not_json'
  | 'too_large'
  | 'rate_limited';

/** The company's OpenID provider. */
export interface IdentityProvider {
  /** Where to send the browser. */
  authorizationUrl(login: IdpLogin): Promise<Result<string, 'idp_unreachable'>>;
  /** Redeems the callback and verifies the ID token; `claims` are those of the ID token. */
  finish(login: IdpLogin, callback: IdpCallback): Promise<Result<IdpClaims, IdpProblem>>;
}

/** What binds one login, derived from the browser's handle. */
export interface IdpLogin {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE, RFC 7636. */
  readonly codeVerifier: string;
}

/** The callback's query: name -> values, as many as came. */
export type IdpCallback = Readonly<Record<string, readonly string[]>>;

export type IdpClaims = Readonly<Record<string, unknown>>;

/**
 * `denied`: the IdP or the person said no. `invalid`: the answer is not one to believe; `check` says which part, for
 * the log only. `unreachable`: try again.
 */
export type IdpProblem =
  | { readonly kind: 'denied'; readonly check: string }
  | { readonly kind: 'invalid'; readonly check: string }
  | { readonly kind: 'unreachable'; readonly check: string };

/** One line about something that matters, for the log: names and hashes, never a token, a code or a claim's value. */
export interface AuthEvent {
  readonly event: string;
  readonly outcome: string;
  readonly [field: string]: unknown;
}

/** What everything in this folder is given. */
export interface AuthzTools {
  readonly store: AuthStore;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log: (event: AuthEvent) => void;
}
