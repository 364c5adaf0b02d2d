import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Provider } from './provider';

/** Options every connection has. */
export interface ConnectionOptions {
  /**
   * Its name in URLs and commands: the gateway's redirect URI at the platform is `https://<domain>/callback/<name>`.
   *
   * @default - the platform's id; of an MCP server, the name of the upstream that uses it
   */
  readonly name?: string;
}

/** Options of connections with a client that is registered at the other side. */
export interface OAuthConnectionOptions extends ConnectionOptions {
  /**
   * The client's secret: the whole value, as the platform shows it.
   *
   * @default - a new, empty secret where one is needed; the value enters by the CLI or the SDK
   */
  readonly clientSecret?: ISecret;

  /**
   * Whether the client has no secret.
   *
   * @default false
   */
  readonly publicClient?: boolean;

  /**
   * Scopes people are asked for.
   *
   * @default - those of the platform; of an MCP server, those it asks for
   */
  readonly scopes?: string[];
}

/** Options of {@link Connection.account}. */
export interface AccountConnectionOptions extends OAuthConnectionOptions {
  /** The id of your client (app, integration) at the platform. */
  readonly clientId: string;

  /**
   * What is different for each customer of the platform, such as `{ subdomain: 'acme' }`.
   *
   * @default - none
   */
  readonly variables?: { [name: string]: string };

  /**
   * Ids of the workspaces (organisations, sites) whose accounts may be linked.
   *
   * @default - any
   */
  readonly allowedWorkspaces?: string[];

  /**
   * Domains of the accounts that may be linked, where the platform vouches for the e-mail address.
   *
   * @default - any
   */
  readonly allowedDomains?: string[];
}

/** Options of {@link Connection.mcpServer}. */
export interface McpServerConnectionOptions extends OAuthConnectionOptions {
  /**
   * The server as people know it.
   *
   * @default - the name of the connection
   */
  readonly displayName?: string;

  /**
   * URL of the server that tokens are for (RFC 8707).
   *
   * @default - the URL of the first upstream that uses the connection
   */
  readonly url?: string;

  /**
   * The id of your client, for a server that takes no others.
   *
   * @default - the gateway registers itself
   */
  readonly clientId?: string;
}

/** Of a platform without keys, which is what is wrong then; this is not. */
export const NO_KEYS = { Authorization: 'Bearer {key}' };

/** What each person links once, for every agent of theirs: an account at a platform or an MCP server, or a key. */
export class Connection {
  /** An account at a platform, by OAuth. */
  public static account(provider: Provider, options: AccountConnectionOptions): Connection {
    return new Connection('oauth', provider, options);
  }

  /**
   * An account at an MCP server that wants OAuth itself. Nothing has to be entered there: the gateway finds its
   * authorization server and registers.
   */
  public static mcpServer(options: McpServerConnectionOptions = {}): Connection {
    return new Connection('mcp', undefined, options);
  }

  /** A key of a person's own, for platforms with keys. */
  public static ownKey(provider: Provider, options: ConnectionOptions = {}): Connection {
    return new Connection('key', provider, options);
  }

  private constructor(
    /** @internal */
    public readonly _kind: 'oauth' | 'mcp' | 'key',
    /** @internal */
    public readonly _provider: Provider | undefined,
    /** @internal */
    public readonly _options: Partial<AccountConnectionOptions> & McpServerConnectionOptions,
  ) {}

  /** @internal Header templates of its credential. */
  public get _templates(): { readonly [name: string]: string } {
    const { oauth, apiKey } = this._provider?._facts ?? {};
    if (this._kind === 'key') return apiKey?.headers ?? NO_KEYS;
    return oauth?.apiHeaders ?? { Authorization: 'Bearer {access_token}' };
  }
}
