import type { Duration } from 'aws-cdk-lib';
import type { IdentityProvider } from './identity-provider';
import type { RegisteredClient } from './registered-client';

/** Clients whose id is the URL of their metadata (Client ID Metadata Documents). */
export interface ClientIdMetadataOptions {
  /**
   * Whether such clients are known at all.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Hosts their documents may be on, exact or `*.example.com` for every host below.
   *
   * @default - none beside those of `wellKnownAgents`
   */
  readonly allowedHosts?: string[];

  /**
   * Whether the well-known agents are allowed: Claude, ChatGPT, VS Code, Cursor, opencode.
   *
   * @default true
   */
  readonly wellKnownAgents?: boolean;
}

/** Clients that register themselves (RFC 7591). Nothing they say of themselves is believed. */
export interface DynamicRegistrationOptions {
  /**
   * Whether clients may register themselves.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Hosts of their `https` redirect URIs, exact or `*.example.com` for every host below. With a path behind it,
   * `app.example.com/callback`, that one only; `app.example.com/oauth/` for all below. Loopback is always allowed.
   *
   * @default - none beside those of `wellKnownAgents`
   */
  readonly allowedRedirectHosts?: string[];

  /**
   * Private-use schemes of their redirect URIs, without colon.
   *
   * @default - none beside those of `wellKnownAgents`
   */
  readonly allowedPrivateSchemes?: string[];

  /**
   * Whether the hosts and schemes of the well-known agents are allowed.
   *
   * @default true
   */
  readonly wellKnownAgents?: boolean;

  /**
   * A client unused for so long has to register again; whole days.
   *
   * @default Duration.days(90)
   */
  readonly unusedClientsExpireAfter?: Duration;
}

/** An issuer of identity assertions (ID-JAG): with one, the company's IdP signs agents in without a browser. */
export interface AssertionIssuer {
  /** The issuer, exactly as in the `iss` of its assertions. */
  readonly issuer: string;

  /**
   * Where its public keys are.
   *
   * @default - taken from the issuer's metadata
   */
  readonly jwksUri?: string;

  /**
   * Ids of the clients it may speak for.
   *
   * @default - any client that authenticates by `private_key_jwt`
   */
  readonly clientIds?: string[];
}

/** How the sign-in pages look. */
export interface Branding {
  /**
   * The name people read.
   *
   * @default 'MCP gateway'
   */
  readonly name?: string;

  /**
   * `data:image/svg+xml;base64,…` or `data:image/png;base64,…`, of at most 32 KB: the pages load nothing from elsewhere.
   *
   * @default - none
   */
  readonly logo?: string;

  /**
   * Colour of buttons and links, `#rrggbb`.
   *
   * @default - a neutral one
   */
  readonly accentColor?: string;
}

/** Options of `AuthMode.oauth21Pkce`. */
export interface Oauth21PkceOptions {
  /** Where people sign in. */
  readonly identityProvider: IdentityProvider;

  /**
   * Groups whose members may sign in; any one is enough.
   *
   * @default - everybody the identity provider signs in
   */
  readonly allowedGroups?: string[];

  /**
   * Domains of the verified e-mail address of those who may sign in.
   *
   * @default - everybody the identity provider signs in
   */
  readonly allowedDomains?: string[];

  /**
   * Groups whose members may manage the vault's keys with a token of their own; any one is enough.
   *
   * @default - nobody; AWS credentials work for administrators either way
   */
  readonly administratorGroups?: string[];

  /**
   * Scopes of the access tokens, which every call needs.
   *
   * @default ['mcp:tools']
   */
  readonly scopes?: string[];

  /**
   * Clients you enter yourself: programs without a person, and applications that do not register.
   *
   * @default - none; agents register by metadata document or dynamically
   */
  readonly clients?: RegisteredClient[];

  /**
   * Whether people may sign in with the `mcp-gateway` command and the SDK, which are public clients on their machine.
   *
   * Administrators can then manage keys without AWS credentials.
   *
   * @default true
   */
  readonly commandLineSignIn?: boolean;

  /**
   * Clients whose id is the URL of their metadata.
   *
   * @default - the well-known agents
   */
  readonly clientIdMetadata?: ClientIdMetadataOptions;

  /**
   * Clients that register themselves.
   *
   * @default - those that redirect to loopback or to a well-known agent
   */
  readonly dynamicRegistration?: DynamicRegistrationOptions;

  /**
   * Issuers whose identity assertions are accepted (enterprise-managed authorization).
   *
   * @default - none
   */
  readonly assertionIssuers?: AssertionIssuer[];

  /**
   * How long an access token lives, from one minute to one hour. Revocation does not wait for it.
   *
   * @default Duration.minutes(5)
   */
  readonly accessTokenLifetime?: Duration;

  /**
   * An agent's grant ends when it was not used for so long.
   *
   * @default - 30 days, or `grantLifetime` if that is shorter
   */
  readonly grantIdleTimeout?: Duration;

  /**
   * An agent's grant ends after so long, however used; the person signs in again.
   *
   * @default Duration.days(90)
   */
  readonly grantLifetime?: Duration;

  /**
   * How long the previous refresh token still gets the same successor, for agents that share one among processes.
   *
   * @default Duration.minutes(1)
   */
  readonly refreshTokenGrace?: Duration;

  /**
   * Age at which the key that signs access tokens gets a successor; whole days, from 7 to 365.
   *
   * @default Duration.days(90)
   */
  readonly signingKeyRotation?: Duration;

  /**
   * How the sign-in pages look.
   *
   * @default - plain, as "MCP gateway"
   */
  readonly branding?: Branding;

  /**
   * Execution environments of the `authz` function kept warm.
   *
   * @default - none
   */
  readonly provisionedConcurrency?: number;
}
