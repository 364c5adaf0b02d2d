import type { KeyRotationFacts, ProviderFacts } from '../providers/provider-facts';

/** `gateway.json`, staged beside the bundles at synth. Holds no secret. */
export interface GatewayConfig {
  readonly formatVersion: 1;
  readonly auth: AuthConfig;
  /** Present where the gateway is its own issuer; `auth.issuer` is then the gateway's URL. */
  readonly authorizationServer?: AuthorizationServerConfig;
  readonly upstreams: readonly UpstreamConfig[];
  /** Platforms people connect their accounts of. Only where the gateway is its own issuer. */
  readonly providers?: readonly ProviderConfig[];
  /** Operator keys that are replaced by their platform's API. */
  readonly keyRotations?: readonly KeyRotationConfig[];
  /** How long a warm instance may use a record it has read, in ms; 0 reads on every call. */
  readonly cacheTtlMs: number;
  /** The browser origin that may call the gateway, if any; requests without `Origin` always may. */
  readonly allowedOrigins: readonly string[];
}

/** Who issues the access tokens. */
export interface AuthConfig {
  readonly issuer: string;
  /** Where the issuer's keys are; discovered from the issuer's metadata if absent. */
  readonly jwksUri?: string;
  /** JWS algorithms accepted, asymmetric ones only. */
  readonly algorithms: readonly string[];
  /** Accepted `typ` header values, lower case, without `application/`. */
  readonly tokenTypes: readonly string[];
  /** Scopes a token must carry for `/mcp/*`. */
  readonly requiredScopes: readonly string[];
  /** Tolerated clock difference with the issuer, in seconds. */
  readonly clockToleranceSeconds: number;
}

/** The gateway as authorization server: who signs in where, and which clients may ask. */
export interface AuthorizationServerConfig {
  readonly identityProvider: IdentityProviderConfig;
  /** Clients the operator has entered. */
  readonly clients: readonly RegisteredClientConfig[];
  readonly clientIdMetadata: {
    readonly enabled: boolean;
    /** Hosts a client id may be on, exact or `*.example.com` for any below. */
    readonly allowedHosts: readonly string[];
  };
  readonly dynamicRegistration: {
    readonly enabled: boolean;
    /**
     * Hosts of https redirect URIs, exact or `*.example.com`; with a path, `example.com/callback`, only that one, and
     * `example.com/oauth/` for all below. Loopback is always allowed.
     */
    readonly allowedRedirectHosts: readonly string[];
    /** Private-use URI schemes of redirect URIs (RFC 8252 §7.1), without colon: `cursor`. */
    readonly allowedPrivateSchemes: readonly string[];
    /** A client unused for so long has to register again. */
    readonly unusedDays: number;
  };
  /** Issuers of identity assertions accepted for enterprise-managed authorization (ID-JAG). */
  readonly assertionIssuers: readonly AssertionIssuerConfig[];
  readonly accessTokenSeconds: number;
  /** A grant not refreshed for so long is over. */
  readonly grantIdleSeconds: number;
  /** A grant is over after so long, however used. */
  readonly grantMaxSeconds: number;
  /** How long the previous refresh token still gets the identical successor; 0 for not at all. */
  readonly refreshGraceSeconds: number;
  /** Age at which the newest signing key gets a successor. */
  readonly signingKeyRotationDays: number;
  readonly branding: BrandingConfig;
}

/** The company's OpenID provider. */
export interface IdentityProviderConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';
  readonly scopes: readonly string[];
  /** Sent with every authorization request: `{ prompt: 'select_account' }`. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  readonly idTokenAlgorithms: readonly string[];
  /** Claim that says who the person is to the IdP, for good: `sub`, or `oid` at Entra. */
  readonly subjectClaim: string;
  /** Claim with the groups, a list of strings. */
  readonly groupsClaim: string;
  /** Who may sign in. Of each list that is given, one entry must match. */
  readonly allowed: {
    readonly groups?: readonly string[];
    readonly tenants?: { readonly claim: string; readonly values: readonly string[] };
    /** Domains of a verified e-mail address, or of Google's `hd`. */
    readonly domains?: readonly string[];
  };
  /** Members of any of these may manage operator keys and everybody's grants. */
  readonly administratorGroups: readonly string[];
}

/** A client known by configuration. */
export interface RegisteredClientConfig {
  readonly clientId: string;
  readonly name: string;
  /** Compared as they are, but for the port of a loopback address (RFC 8252 §7.3). Empty for a machine. */
  readonly redirectUris: readonly string[];
  /** Public keys of `private_key_jwt`; without them the client is public. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly grantTypes: readonly ('authorization_code' | 'refresh_token' | 'client_credentials')[];
}

export interface AssertionIssuerConfig {
  readonly issuer: string;
  readonly jwksUri?: string;
  /** Clients of ours it may speak for; without it, any that authenticates by `private_key_jwt`. */
  readonly clientIds?: readonly string[];
}

/** How the pages look. */
export interface BrandingConfig {
  readonly name: string;
  /** `data:image/svg+xml;base64,…` or `data:image/png;base64,…`, at most 32 KB. */
  readonly logo?: string;
  /** `#rrggbb`. */
  readonly accentColor?: string;
}

/** One MCP server behind the gateway. */
export interface UpstreamConfig {
  /** Last path segment of its endpoint. */
  readonly name: string;
  /** Streamable HTTP URL. */
  readonly url: string;
  readonly credential?: CredentialTemplate;
  readonly connectTimeoutMs: number;
  /** Longest silence between two chunks of an answer. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

/**
 * How a stored key becomes request headers.
 *
 * A value is text with `{part}` placeholders. A value that starts with `Basic ` is
 * base64-encoded behind that word after substitution (RFC 7617 §2).
 */
export interface CredentialTemplate {
  /** The vault key it uses, or the provider whose connection. */
  readonly provider: string;
  /** Whose credential: one for all, or that of the person who calls. @default 'operator' */
  readonly owner?: 'operator' | 'person';
  /** Header name -> value template, at least one with a placeholder. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A platform people connect, as the operator has set it up. Holds no secret. */
export interface ProviderConfig {
  /** Name in URLs and records; the id of the facts unless given. */
  readonly name: string;
  readonly kind: 'oauth' | 'mcp' | 'key';
  /** Facts with `operator` variables filled in. Of `mcp`, what discovery does not say. */
  readonly facts: ProviderFacts;
  /** Absent: the gateway registers itself (`mcp` only). */
  readonly client?: { readonly clientId: string; readonly isPublic: boolean };
  /** Asked for at every connect. */
  readonly scopes: readonly string[];
  /** `mcp`: URL of the protected resource, where discovery begins. */
  readonly resource?: string;
  /** Accounts that may be linked. Of each list that is given, one entry must match. */
  readonly allowedAccounts?: {
    readonly workspaces?: readonly string[];
    readonly domains?: readonly string[];
  };
  /** Origins its credential may be sent to: those of the upstreams that use it. */
  readonly origins: readonly string[];
  /** Header name -> template, where people paste a key or the platform wants the token elsewhere. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An operator key that the rotation function replaces. It has one part. */
export interface KeyRotationConfig {
  /** The vault key. */
  readonly provider: string;
  readonly facts: KeyRotationFacts;
  /** How the platform's API wants the key: header name -> template. */
  readonly headers: Readonly<Record<string, string>>;
}

export const CONFIG_DEFAULTS = {
  algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
  tokenTypes: ['at+jwt'],
  clockToleranceSeconds: 5,
  cacheTtlMs: 1000,
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 120_000,
  totalTimeoutMs: 840_000,
} as const;

/** By itself, because the pages need it, and none of the other defaults. */
export const DEFAULT_SCOPES = ['mcp:tools'] as const;

export const AUTHORIZATION_SERVER_DEFAULTS = {
  /** Agents whose client id is a document on one of these. */
  clientIdHosts: ['claude.ai', 'chatgpt.com', 'vscode.dev', 'opencode.ai', 'openai.com', 'cursor.com'],
  /** Where they take their answers. */
  redirectHosts: [
    'claude.ai/api/mcp/auth_callback',
    'claude.com/api/mcp/auth_callback',
    'chatgpt.com/connector_platform_oauth_redirect',
    'chatgpt.com/connector/oauth/',
    'vscode.dev/redirect',
    'insiders.vscode.dev/redirect',
    'cursor.com/agents/mcp/oauth/callback',
    'cursor.com/bot/mcp/oauth/callback',
    'www.cursor.com/agents/mcp/oauth/callback',
    'www.cursor.com/bot/mcp/oauth/callback',
  ],
  privateSchemes: ['cursor', 'vscode', 'vscode-insiders'],
  unusedDays: 90,
  accessTokenSeconds: 300,
  grantIdleSeconds: 30 * 86_400,
  grantMaxSeconds: 90 * 86_400,
  refreshGraceSeconds: 60,
  signingKeyRotationDays: 90,
  scopes: DEFAULT_SCOPES,
  idpScopes: ['openid', 'profile', 'email'],
  idTokenAlgorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  subjectClaim: 'sub',
  groupsClaim: 'groups',
  brandName: 'MCP gateway',
} as const;
