import { inspect } from 'node:util';
import type { Client } from '@modelcontextprotocol/client';
import type { ProtectedResourceMetadata } from '../lambda/contract/metadata';
import { PATHS } from '../lambda/contract/paths';
import type { VaultKeyMetadata } from '../lambda/contract/vault-api';
import { connectClient } from './connect';
import { type DurationText, parseDuration } from './duration';
import { McpGatewayError } from './gateway-error';
import { type GatewayLocation, isLoopback, locateGateway } from './gateway-url';
import { Remembered } from './remembered';
import { sendRequest } from './send-request';
import { type AwsCredentials, type RequestSigner, requestSigner } from './sign-request';
import { checkAudience } from './token-audience';
import { checkedName, type StoreInVaultOptions, type Vault, VaultClient } from './vault';

/**
 * Who the caller is.
 *
 * - `'iam'`: AWS credentials sign vault calls. With `token` as well, `connect` works too.
 * - `'token'`: an access token supplied by the caller opens MCP endpoints.
 * - `'oauth2.1-pkce'`, `'client-credentials'`: sign-in by the SDK itself; refused until a later release.
 */
export type AuthMode = 'iam' | 'token' | 'oauth2.1-pkce' | 'client-credentials';

export interface McpGatewayOptions {
  readonly authMode: AuthMode;
  /** Name this client is known by to the gateway and its upstreams. @default 'cdk-mcp-gateway-sdk' */
  readonly clientId?: string;
  /** How long a token from a `token` function, and what the vault listed, are reused. @default '1s' */
  readonly cacheTtl?: DurationText;
  /** @default MCP_GATEWAY_URL, else the newest of cdk-outputs.json and .mcp-gateway/local.json here or above */
  readonly url?: string;
  /** AWS region of the gateway. @default from the URL, else the outputs file, else AWS_REGION */
  readonly region?: string;
  /** @default the AWS default chain: environment, profile, SSO, container, instance */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Access token for MCP endpoints, or a function that gets one. */
  readonly token?: string | (() => Promise<string>);
  /** Longest wait for one answer of the gateway's. @default '10s' */
  readonly timeout?: DurationText;
}

/**
 * A gateway as its clients see it: stores keys in its vault, connects agents to its upstreams.
 *
 * ```ts
 * const gateway = new McpGateway({ authMode: 'iam', clientId: 'billing-setup', cacheTtl: '1s' });
 * await gateway.storeInVault({ provider: 'stripe', key, vaultType: 'encrypted-credentials-proxy' });
 * ```
 *
 * Keys and tokens live in private fields: they are in no log, error or inspection of an instance.
 */
export class McpGateway {
  readonly #location: GatewayLocation;
  readonly #authMode: AuthMode;
  readonly #clientId: string;
  readonly #timeoutMs: number;
  readonly #vault: VaultClient;
  readonly #token: Remembered<string> | undefined;

  constructor(options: McpGatewayOptions) {
    this.#authMode = checkedAuthMode(options?.authMode);
    this.#clientId = checkedClientId(options.clientId);
    this.#timeoutMs = parseDuration('timeout', options.timeout ?? '10s');
    const cacheTtlMs = parseDuration('cacheTtl', options.cacheTtl ?? '1s');
    this.#location = locateGateway(options.url, process.env, process.cwd());

    const { url, outputs } = this.#location;
    // What a local run wrote down opens that run only; it never goes to another machine.
    const local = isLoopback(url) ? outputs?.local : undefined;
    const token = options.token ?? local?.token;
    this.#token = token === undefined ? undefined : new Remembered(tokenSource(token), cacheTtlMs);
    this.#vault = new VaultClient({
      url,
      timeoutMs: this.#timeoutMs,
      cacheTtlMs,
      sign: vaultSigner(this.#authMode, options, this.#location, options.credentials ?? local),
    });
  }

  /** The gateway's URL, no trailing slash. */
  get url(): string {
    return this.#location.url;
  }

  /** Where the URL was found: `option url`, `MCP_GATEWAY_URL`, or the path of an outputs file. */
  get urlSource(): string {
    return this.#location.source;
  }

  get vault(): Vault {
    return this.#vault;
  }

  /** Stores a provider's key in the vault, or replaces it. Needs `authMode: 'iam'`. */
  async storeInVault(options: StoreInVaultOptions): Promise<VaultKeyMetadata> {
    return this.#vault.store(options);
  }

  /** Connects the official MCP client (`@modelcontextprotocol/client`) to an upstream. Needs a token. */
  async connect(upstream: string): Promise<Client> {
    const token = this.#token;
    if (!token) {
      throw new McpGatewayError(
        'token_missing',
        'An access token is needed to connect to an upstream',
        "Pass token: '…' or token: async () => '…' from the gateway's issuer.",
      );
    }
    return connectClient({
      url: this.url,
      upstream: checkedName('upstream', upstream),
      clientName: this.#clientId,
      timeoutMs: this.#timeoutMs,
      token: async () => {
        const value = await token.get();
        checkAudience(value, this.url, upstream);
        return value;
      },
      forgetToken: () => token.forget(),
    });
  }

  /** What the gateway says of itself to anyone: its issuer and scopes (RFC 9728). */
  async metadata(): Promise<ProtectedResourceMetadata> {
    const url = new URL(this.url + PATHS.protectedResourceMetadata);
    const answer = await sendRequest({ method: 'GET', url, repeatable: true }, async () => ({}), this.#timeoutMs);
    const document = answer.status === 200 ? asMetadata(answer.text) : undefined;
    if (document) return document;
    throw new McpGatewayError(
      'gateway_answer_invalid',
      `${url.origin} answered ${answer.status} without the metadata of a gateway`,
      'Check that the URL is the gateway’s own.',
    );
  }

  [inspect.custom](): string {
    return `McpGateway { url: '${this.url}', authMode: '${this.#authMode}' }`;
  }
}

function checkedAuthMode(mode: unknown): AuthMode {
  if (mode === 'iam' || mode === 'token') return mode;
  if (mode === 'oauth2.1-pkce' || mode === 'client-credentials') {
    throw new McpGatewayError(
      'auth_mode_unavailable',
      `authMode '${mode}' is not available in this release`,
      "Use authMode 'iam' for vault calls, and pass token: '…' from your issuer for MCP calls.",
    );
  }
  throw new McpGatewayError(
    'invalid_option',
    'authMode is none of those there are',
    "Use 'iam' (AWS credentials) or 'token' (an access token you supply).",
  );
}

function checkedClientId(clientId: unknown): string {
  if (clientId === undefined) return 'cdk-mcp-gateway-sdk';
  if (typeof clientId === 'string' && /^[\x21-\x7e]{1,200}$/.test(clientId)) return clientId;
  throw new McpGatewayError(
    'invalid_option',
    'clientId is not a name of 1 to 200 printable characters without spaces',
    "Use a name such as 'billing-agent'.",
  );
}

function tokenSource(token: string | (() => Promise<string>)): () => Promise<string> {
  return async () => {
    const value = typeof token === 'function' ? await token() : token;
    // RFC 6750 §2.1; anything else would break the header it goes into.
    if (typeof value === 'string' && /^[A-Za-z0-9\-._~+/]+=*$/.test(value)) return value;
    throw new McpGatewayError(
      'token_missing',
      'The supplied access token is empty or has characters a token cannot have',
      'Supply the bare token, without "Bearer " and without line breaks.',
    );
  };
}

/** Problems with the identity are told when the vault is used: a client that only connects needs none. */
function vaultSigner(
  authMode: AuthMode,
  options: McpGatewayOptions,
  location: GatewayLocation,
  credentials: McpGatewayOptions['credentials'],
): RequestSigner {
  if (authMode !== 'iam') {
    return async () => {
      throw new McpGatewayError(
        'auth_mode_unavailable',
        `Vault calls do not work with authMode '${authMode}'`,
        "Use authMode 'iam': vault calls are signed with AWS credentials.",
      );
    };
  }
  const region =
    options.region ??
    /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(new URL(location.url).hostname)?.[1] ??
    location.outputs?.region ??
    process.env['AWS_REGION'] ??
    process.env['AWS_DEFAULT_REGION'];
  if (region) return requestSigner(credentials, region);
  return async () => {
    throw new McpGatewayError(
      'aws_region_missing',
      'The AWS region of the gateway is not known',
      "Pass region: 'eu-west-1' or set AWS_REGION.",
    );
  };
}

function asMetadata(text: string): ProtectedResourceMetadata | undefined {
  try {
    const document = JSON.parse(text) as ProtectedResourceMetadata;
    return typeof document.resource === 'string' && Array.isArray(document.authorization_servers)
      ? document
      : undefined;
  } catch {
    return undefined;
  }
}
