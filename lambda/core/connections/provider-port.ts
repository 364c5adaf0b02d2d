import type { ProviderConfig } from '../../config/gateway-config';
import type { ConnectedAccount, ConnectionFacts, PinnedServer } from '../../contract/connection-record';
import type { Result } from '../result';

/** Where a provider's authorization happens, and as which client: from the facts, or discovered (`mcp`). */
export interface AuthorizationTarget {
  readonly issuer: string | undefined;
  readonly authorizationEndpoint: string;
  readonly clientId: string;
  /** `mcp` only; everything that later requests will go to. */
  readonly pinned?: PinnedServer;
  /** The authorization server says that it sends `iss` (RFC 9207): a callback without it is refused. */
  readonly sendsIssuer?: boolean;
  /** Asked for where the operator names none: `mcp`, as the server says what it takes. @default those of the provider */
  readonly scopes?: readonly string[];
}

/** What binds one connect, derived from the browser's handle. */
export interface ConnectAttempt {
  readonly redirectUri: string;
  readonly state: string;
  readonly codeVerifier: string;
}

/** What a token answer says once its oddities are undone. */
export interface ProviderTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Epoch ms; from `expires_in`, or the facts' assumption. */
  readonly expiresAtMs?: number;
  /** As granted; those asked for where the answer does not say. */
  readonly scopes: readonly string[];
  /** Values of the `token` variables, checked against pattern and hosts. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What identity paths that begin with `token.` point into. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/**
 * Why a provider gave no token.
 *
 * `refused`: it said no for good (`invalid_grant`); waiting does not help. `misconfigured`: it does not accept the
 * gateway as a client (`invalid_client`, `unauthorized_client`); the operator has to do something, the person nothing.
 * `invalid`: its answer is not one to believe. `unavailable`: 5xx, 429, timeout or no connection; `mayHaveHappened` if
 * the request may have taken effect.
 */
export interface ProviderProblem {
  readonly kind: 'refused' | 'misconfigured' | 'invalid' | 'unavailable';
  /** OAuth error code or our own word for what was wrong, for the log. Never a token, never the provider's prose. */
  readonly cause: string;
  readonly mayHaveHappened?: boolean;
  /** From Retry-After, ms. */
  readonly retryAfterMs?: number;
}

export interface ProviderAccount extends ConnectedAccount {
  /** Lower case; only of an e-mail address the platform vouches for. */
  readonly domain?: string;
}

type Answer<T> = Promise<Result<T, ProviderProblem>>;

/** A provider's endpoints, as its client. Redirects are never followed; answers are bounded in size and time. */
export interface ProviderClient {
  /** Where to send a browser; for `mcp`, by discovery and registration (through the fetcher). */
  target(provider: ProviderConfig): Answer<AuthorizationTarget>;
  /** The URL of the authorization request. Pure; here because what it needs is what `target` found. */
  authorizationUrl(provider: ProviderConfig, target: AuthorizationTarget, attempt: ConnectAttempt): string;
  /** Checks the callback (state, iss, error) and redeems the code at once. */
  exchange(
    provider: ProviderConfig,
    target: AuthorizationTarget,
    attempt: ConnectAttempt,
    callback: Readonly<Record<string, readonly string[]>>,
  ): Answer<ProviderTokens>;
  refresh(provider: ProviderConfig, facts: ConnectionFacts, refreshToken: string): Answer<ProviderTokens>;
  /** Succeeds where the platform has no revocation, with `false`. */
  revoke(
    provider: ProviderConfig,
    facts: ConnectionFacts,
    tokens: { readonly accessToken?: string | undefined; readonly refreshToken?: string | undefined },
  ): Answer<boolean>;
  /** Whose account it is; `undefined` where the facts do not say how to ask. */
  identify(provider: ProviderConfig, tokens: ProviderTokens): Answer<ProviderAccount | undefined>;
}
