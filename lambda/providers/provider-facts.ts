/**
 * What is known of a third-party platform: data, no code. One file per platform holds one of these; the construct
 * copies those that are used into `gateway.json`, with the customer's client and overrides.
 *
 * A URL may hold `{name}` placeholders of {@link ProviderFacts.variables}; that of a revocation also `{client_id}`.
 */
export interface ProviderFacts {
  /** `NAME_PATTERN`: it is in URLs, record keys and policies. */
  readonly id: string;
  /** As people know it: `GitHub`. */
  readonly name: string;
  /** Absent: a platform of keys only. */
  readonly oauth?: OAuthFacts;
  /** Absent: a platform without keys. */
  readonly apiKey?: ApiKeyFacts;
  /** Where its API is, for policies that bind a credential to its origin. */
  readonly apiBaseUrl?: string;
  /** Hosted MCP servers. Hints: discovery wins at run time. */
  readonly mcp?: readonly HostedMcpFacts[];
  readonly variables?: readonly ProviderVariable[];
  /** What its secrets look like, for warnings and redaction; never a reason to refuse a value. */
  readonly secretPatterns?: readonly { readonly name: string; readonly pattern: string }[];
  /** What an operator should know, in sentences; for docs/providers.md only. */
  readonly notes?: readonly string[];
  /** Of every platform of the catalogue. Absent: the operator says so, or it is in `gateway.json`, where nobody asks. */
  readonly evidence?: Evidence | undefined;
}

/** Where the facts are from. Shown in docs/providers.md. */
export interface Evidence {
  readonly confidence: 'high' | 'medium' | 'low';
  /** ISO 8601 date. */
  readonly verifiedOn: string;
  readonly sources: readonly string[];
  /** Where sources disagree. */
  readonly conflicts?: readonly string[];
}

export interface OAuthFacts {
  /** What `iss` in a callback must be (RFC 9207), exactly. Absent: none is expected, and one that comes is refused. */
  readonly issuer?: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** @default tokenEndpoint */
  readonly refreshEndpoint?: string;
  readonly revocation?: RevocationFacts;
  /** RFC 7636, S256. `omit` only where sending it breaks the platform. */
  readonly pkce: 'send' | 'omit';
  readonly clientAuthentication: ProviderClientAuthentication;
  /** Body of token requests. */
  readonly tokenRequestFormat: 'form' | 'json';
  /** `none`: the platform knows no scope parameter. */
  readonly scopeSeparator: ' ' | ',' | 'none';
  /** Name of the scope parameter. @default 'scope' */
  readonly scopeParameter?: string;
  readonly defaultScopes: readonly string[];
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  readonly tokenParameters?: Readonly<Record<string, string>>;
  readonly refreshParameters?: Readonly<Record<string, string>>;
  /** Of token, refresh and revocation requests: `Notion-Version`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly response?: ResponseFacts;
  readonly refresh: RefreshFacts;
  readonly identity?: IdentityFacts;
  /** How an access token is sent. @default { Authorization: 'Bearer {access_token}' } */
  readonly apiHeaders?: Readonly<Record<string, string>>;
}

/**
 * `basic`: encoded as RFC 6749 §2.3.1 says. `basic_raw`: not encoded, for platforms that do not decode.
 * `basic_secret_only`: the secret is the user name, nothing the password (Stripe).
 */
export type ProviderClientAuthentication =
  | 'client_secret_basic'
  | 'client_secret_basic_raw'
  | 'client_secret_post'
  | 'basic_secret_only'
  | 'private_key_jwt'
  | 'none';

/** What is odd about token answers, undone before they are parsed strictly (RFC 6749 §5). */
export interface ResponseFacts {
  /** Member that holds the token answer, where it is nested: `authed_user`. Without that member the whole answer counts. */
  readonly tokenIn?: string;
  /** Members under other names: `{ token: 'access_token' }`. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** `token_type` values that mean Bearer here: `bot`, `user`. A missing one always does. */
  readonly bearerTypes?: readonly string[];
  /** The answer may be HTTP 200 and an error: by `{"ok":false}`, or by an `error` member. */
  readonly errorInSuccess?: boolean;
  /** Member with the error code, where it is not `error`: `code`, `status`. */
  readonly errorMember?: string;
  /**
   * Error codes of its own -> those of RFC 6749 §5.2, or `temporarily_unavailable` (§4.1.2.1) where trying again helps:
   * `{ token_revoked: 'invalid_grant' }`.
   */
  readonly errorCodes?: Readonly<Record<string, string>>;
  /** Separator of scopes in the answer, where it is not the one of requests. */
  readonly scopeSeparator?: ' ' | ',';
  /** An ID token in the answer is not for us: drop it. @default true */
  readonly dropIdToken?: boolean;
}

export interface RefreshFacts {
  /** Whether refresh tokens exist. */
  readonly issued: boolean;
  /** `always`: single use, the answer brings the next. `sometimes`: whatever comes is kept. `never`: the first one stays. */
  readonly rotation: 'always' | 'sometimes' | 'never';
  /** The access token dies as soon as the refresh is done, not at its expiry. */
  readonly endsAccessToken?: boolean;
  /** For so long the old refresh token gets a successor again, s. 0 or absent: it is dead at once. */
  readonly graceSeconds?: number;
  /** Assumed where the answer has no `expires_in`, s. Absent: never expires as far as anyone knows; refreshed on 401. */
  readonly assumedAccessSeconds?: number;
  /** A refresh repeats the redirect URI of the connect. */
  readonly sendsRedirectUri?: boolean;
  /** An unused refresh token dies after so long, s: kept alive before. */
  readonly idleSeconds?: number;
}

/**
 * `rfc7009`: form POST of token and hint. `bearer_post`, `bearer_delete`: the token authorises its own end.
 * `json`: JSON body `{ token }`. `basic_delete`: DELETE with client authentication and JSON `{ access_token }` (GitHub).
 */
export interface RevocationFacts {
  readonly style: 'rfc7009' | 'bearer_post' | 'bearer_delete' | 'json' | 'basic_delete';
  readonly endpoint: string;
  /** `grant`: ending one token ends all of the person's tokens of this client, a newer one too; or nobody knows. */
  readonly ends: 'token' | 'grant';
  /** Which to send where there are both. @default 'refresh_token' */
  readonly prefers?: 'access_token' | 'refresh_token';
}

/** How to learn whose account it is. Paths are dotted, into the answer (or `token.` into the token answer). */
export interface IdentityFacts {
  /** Absent: all of it is in the token answer. */
  readonly endpoint?: string;
  readonly method?: 'GET' | 'POST';
  /** JSON body of a POST (GraphQL). */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stable id of the account. */
  readonly idPath: string;
  /** What people recognise: login, e-mail. */
  readonly namePath?: string;
  /** Workspace, organisation or site. */
  readonly workspaceIdPath?: string;
  readonly workspaceNamePath?: string;
  /** E-mail whose domain may be restricted; only where the platform has verified it. */
  readonly emailPath?: string;
}

/** A key a person or the operator pastes. */
export interface ApiKeyFacts {
  /** Header name -> template with `{part}`; see CredentialTemplate. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where one gets a key, for the page that asks for it. */
  readonly help?: string;
  /** Absent: keys are made by hand only. */
  readonly rotation?: KeyRotationFacts;
}

/**
 * How a key makes its successor and ends others by API: JSON both ways, all of it at one origin, asked with the key itself.
 * Paths are dotted, into the answer; `{id}` in a URL is the id of the key in question.
 */
export interface KeyRotationFacts {
  /** POST. */
  readonly create: {
    readonly url: string;
    /** Member of the body that names the new key. */
    readonly nameMember: string;
    /**
     * Members the new key gets from the description of the one in use, each with the paths where it may be: `scopes`.
     * Without all of them no key is made: what is left out is often everything.
     */
    readonly kept?: Readonly<Record<string, readonly string[]>>;
    readonly keyPath: string;
    readonly idPath: string;
  };
  /** GET; all keys of the account, or at least the newest. */
  readonly list: {
    readonly url: string;
    /** Of the list. The others are of its entries. */
    readonly itemsPath: string;
    readonly idPath: string;
    readonly namePath: string;
  };
  /** DELETE; its URL has `{id}`. */
  readonly remove: { readonly url: string };
  /** GET; answers 200 to a key that works, about that key. */
  readonly describe: { readonly url: string; readonly idPath?: string };
  /** Where a key's id is in the key itself: the first group. */
  readonly idPattern?: string;
}

export interface HostedMcpFacts {
  readonly url: string;
  readonly registration: 'dynamic' | 'client_id_metadata' | 'preregistered' | 'key' | 'unknown';
  readonly scopes?: readonly string[];
  readonly notes?: string;
}

/** A part of an address that differs between customers or people. Every value is checked before it is in a URL. */
export interface ProviderVariable {
  readonly name: string;
  /** `operator`: a prop. `token`: a member of the token answer of this dotted path. */
  readonly from: 'operator' | 'token';
  readonly path?: string;
  /** What the whole value must match; anchored. */
  readonly pattern: string;
  /** Hosts an address made with it may be on, exact or `*.example.com`: whoever chose the value does not choose the host. */
  readonly allowedHosts: readonly string[];
  readonly example: string;
}
