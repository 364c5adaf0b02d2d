/** `gateway.json`, staged beside the bundles at synth. Holds no secret. */
export interface GatewayConfig {
  readonly formatVersion: 1;
  readonly auth: AuthConfig;
  readonly upstreams: readonly UpstreamConfig[];
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
  /** The vault key it uses. */
  readonly provider: string;
  /** Header name -> value template, at least one with a placeholder. */
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
