import { inspect } from 'node:util';
import type { Client } from '@modelcontextprotocol/client';
import { CONNECTIONS_SCOPE, type ConnectionView } from '../lambda/contract/connections-api';
import type { ProtectedResourceMetadata } from '../lambda/contract/metadata';
import { endpointPath, PATHS } from '../lambda/contract/paths';
import { VAULT_SCOPE, type VaultKeyMetadata } from '../lambda/contract/vault-api';
import { type AccessTokens, suppliedTokens } from './access-tokens';
import { type Administration, administration } from './administration';
import { awsIdentity, noIdentity } from './aws-identity';
import type { CallerIdentity } from './call-api';
import { connectClient } from './connect';
import { type Connections, ConnectionsClient } from './connections';
import { parseDuration } from './duration';
import { McpGatewayError } from './gateway-error';
import { type GatewayLocation, isLoopback, locateGateway } from './gateway-url';
import { type Grants, GrantsClient, type Switches, SwitchesClient } from './grants';
import { machineTokens, personTokens, type ResourceName } from './oauth/gateway-tokens';
import type { PersonTokens } from './oauth/person-tokens';
import { type AuthMode, checkedAuthMode, checkedClientId, type McpGatewayOptions } from './options';
import { sendRequest } from './send-request';
import { type SignedIn, signedInAs } from './signed-in';
import { checkAudience } from './token-audience';
import { tokenIdentity } from './token-identity';
import { checkedName, type KeyOwner, type StoreInVaultOptions, storeRequest, type Vault, VaultClient } from './vault';

/**
 * A gateway as its clients see it: stores keys in its vault, connects agents to its upstreams.
 *
 * ```ts
 * const gateway = new McpGateway({ authMode: 'oauth2.1-pkce', clientId: 'billing-setup', cacheTtl: '1s' });
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
  readonly #grants: GrantsClient;
  readonly #switches: SwitchesClient;
  readonly #connections: ConnectionsClient;
  /** Says whether a provider is one of people's own keys; `undefined`: nobody signs in. */
  readonly #connectable: ConnectionsClient | undefined;
  readonly #administration: Administration;
  readonly #tokens: AccessTokens | undefined;
  readonly #people: { readonly endpoints: PersonTokens; readonly vault: PersonTokens } | undefined;

  constructor(options: McpGatewayOptions) {
    this.#authMode = checkedAuthMode(options?.authMode);
    this.#clientId = checkedClientId('clientId', options.clientId ?? 'cdk-mcp-gateway-sdk');
    this.#timeoutMs = parseDuration('timeout', options.timeout ?? '10s');
    const cacheTtlMs = parseDuration('cacheTtl', options.cacheTtl ?? '1s');
    this.#location = locateGateway(options.url, process.env, process.cwd());

    const { url, outputs } = this.#location;
    const timeoutMs = this.#timeoutMs;
    // What a local run wrote down opens that run only; it never goes to another machine.
    const local = isLoopback(url) ? outputs?.local : undefined;
    const aws =
      this.#authMode === 'iam'
        ? awsIdentity({ ...options, ...given('credentials', options.credentials ?? local) }, this.#location)
        : undefined;
    let vault: CallerIdentity | undefined = aws;
    let own: CallerIdentity | undefined;
    if (this.#authMode === 'oauth2.1-pkce') {
      const tokensFor = personTokens(options, url, timeoutMs);
      this.#people = { endpoints: tokensFor('endpoints'), vault: tokensFor('vault') };
      this.#tokens = this.#people.endpoints;
      vault = tokenIdentity(this.#people.vault.withScope(VAULT_SCOPE));
      own = tokenIdentity(this.#people.vault.withScope(CONNECTIONS_SCOPE));
      // Whoever stores a key without saying whose signs in once, for both; the gateway gives what the person may have.
      const either = tokenIdentity(
        this.#people.vault.withScope(CONNECTIONS_SCOPE, `${VAULT_SCOPE} ${CONNECTIONS_SCOPE}`),
      );
      this.#connectable = new ConnectionsClient({ url, timeoutMs, identity: either }, false);
    } else if (this.#authMode === 'client-credentials') {
      const tokensFor = machineTokens(options, url, timeoutMs);
      this.#tokens = tokensFor('endpoints');
      vault = tokenIdentity(tokensFor('vault'));
    } else {
      const token = options.token ?? local?.token;
      this.#tokens = token === undefined ? undefined : suppliedTokens(token, cacheTtlMs);
    }
    vault ??= noIdentity(
      this.#authMode,
      'Vault',
      "Use authMode 'iam': vault calls are signed with AWS credentials. Or let a person sign in: 'oauth2.1-pkce'.",
    );
    const administrator =
      aws ??
      noIdentity(
        this.#authMode,
        'Administration',
        "Use authMode 'iam': these calls are an administrator's, signed by AWS.",
      );
    this.#vault = new VaultClient({ url, timeoutMs, cacheTtlMs, identity: vault });
    this.#grants = new GrantsClient({ url, timeoutMs, identity: administrator });
    this.#switches = new SwitchesClient({ url, timeoutMs, identity: administrator });
    this.#administration = administration({ url, timeoutMs, identity: administrator });
    own ??= noIdentity(
      this.#authMode,
      'Connections',
      "Use authMode 'oauth2.1-pkce': these are a person's own. Administrators: gateway.administration.connections.",
    );
    this.#connections = new ConnectionsClient({ url, timeoutMs, identity: own }, options.openBrowser);
  }

  /** The gateway's URL, no trailing slash. */
  get url(): string {
    return this.#location.url;
  }

  /** Where the URL was found: `option url`, `MCP_GATEWAY_URL`, or the path of an outputs file. */
  get urlSource(): string {
    return this.#location.source;
  }

  /** Issuer of the identity provider where people sign in, if the outputs file that named the gateway says it. */
  get idpIssuer(): string | undefined {
    return this.#location.outputs?.idpIssuer;
  }

  get vault(): Vault {
    return this.#vault;
  }

  /** Which agents may act for whom. Needs `authMode: 'iam'`. */
  get grants(): Grants {
    return this.#grants;
  }

  /** What ends every grant of a person, of a client, or all. Needs `authMode: 'iam'`. */
  get switches(): Switches {
    return this.#switches;
  }

  /** The accounts whoever is signed in has connected. Needs `authMode: 'oauth2.1-pkce'`, and no administrator's right. */
  get connections(): Connections {
    return this.#connections;
  }

  /** Everybody's connected accounts, and what the gateway is at the platforms. Needs `authMode: 'iam'`. */
  get administration(): Administration {
    return this.#administration;
  }

  /**
   * Stores a key, or replaces it. For everyone: the key of the operator, by an AWS identity or an administrator who signs
   * in. For oneself, by whoever is signed in: a key only their own calls are made with. Without `owner`, the key of
   * somebody who is signed in is their own wherever it can be, so that nobody shares one without having said so.
   */
  storeInVault(options: StoreInVaultOptions & { readonly owner: 'me' }): Promise<ConnectionView>;
  storeInVault(options: StoreInVaultOptions & { readonly owner: 'everyone' }): Promise<VaultKeyMetadata>;
  storeInVault(options: StoreInVaultOptions): Promise<VaultKeyMetadata | ConnectionView>;
  async storeInVault(options: StoreInVaultOptions): Promise<VaultKeyMetadata | ConnectionView> {
    const provider = checkedName('provider', options.provider);
    const { parts, expectedVersion } = storeRequest(options);
    const owner = checkedOwner(options.owner) ?? (await this.#ownerOfKeysAt(provider));
    if (owner === 'everyone') return this.#vault.store(options);
    if (expectedVersion === undefined) return this.#connections.storeKey(provider, parts);
    throw new McpGatewayError(
      'invalid_option',
      'expectedVersion is for keys of everyone, and this one is a person’s own',
      "Leave it out, or say owner: 'everyone'.",
    );
  }

  /** Connects the official MCP client (`@modelcontextprotocol/client`) to an upstream. Needs a token, or a sign-in. */
  async connect(upstream: string): Promise<Client> {
    const tokens = this.#tokens;
    if (!tokens) {
      throw new McpGatewayError(
        'token_missing',
        'An access token is needed to connect to an upstream',
        "Use authMode 'oauth2.1-pkce' to sign in, or pass token: '…' from the gateway's issuer.",
      );
    }
    const name = checkedName('upstream', upstream);
    return connectClient({
      endpoint: new URL(this.url + endpointPath(name)),
      upstream: name,
      clientName: this.#clientId,
      timeoutMs: this.#timeoutMs,
      tokens: checkedTokens(tokens, (token) => checkAudience(token, this.url, name)),
    });
  }

  /** Signs a person in now instead of on first use: for the endpoints, the vault, or one's own connections. Needs `authMode: 'oauth2.1-pkce'`. */
  async signIn(resource: ResourceName = 'endpoints'): Promise<SignedIn> {
    return signedInAs(await this.#person(resource).signIn(resource === 'connections' ? CONNECTIONS_SCOPE : undefined));
  }

  /** Who is signed in on this machine; `undefined`: nobody. Asks nobody. */
  async signedIn(resource: ResourceName = 'endpoints'): Promise<SignedIn | undefined> {
    const kept = await this.#person(resource).kept();
    return kept?.tokens && signedInAs(kept);
  }

  /** Ends the sign-in here and at the gateway; says whether there was one. */
  async signOut(resource: ResourceName = 'endpoints'): Promise<boolean> {
    return this.#person(resource).signOut();
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

  async #ownerOfKeysAt(provider: string): Promise<KeyOwner> {
    if (this.#connectable === undefined) return 'everyone';
    try {
      const { providers } = await this.#connectable.list();
      return providers.some((one) => one.provider === provider && one.kind === 'key') ? 'me' : 'everyone';
    } catch (error) {
      // A gateway where nobody connects anything.
      if (error instanceof McpGatewayError && error.code === 'not_found') return 'everyone';
      throw error;
    }
  }

  #person(resource: ResourceName): PersonTokens {
    // One's own connections are the vault's, by the same sign-in.
    const tokens = this.#people?.[resource === 'connections' ? 'vault' : resource];
    if (tokens) return tokens;
    throw new McpGatewayError(
      'auth_mode_unavailable',
      `Nobody signs in with authMode '${this.#authMode}'`,
      "Use authMode 'oauth2.1-pkce'.",
    );
  }
}

function checkedOwner(owner: unknown): KeyOwner | undefined {
  if (owner === undefined || owner === 'me' || owner === 'everyone') return owner;
  throw new McpGatewayError('invalid_option', 'owner is neither of those there are', "Use 'me' or 'everyone'.");
}

/** Checks each token before it goes out. */
function checkedTokens(tokens: AccessTokens, check: (token: string) => void): AccessTokens {
  const checked = (token: string | undefined) => {
    if (token !== undefined) check(token);
    return token;
  };
  return {
    current: async () => checked(await tokens.current()),
    another: async (...refused) => checked(await tokens.another(...refused)),
    askForAnother: async (...refused) => checked(await tokens.askForAnother?.(...refused)),
  };
}

function given<K extends string, V>(name: K, value: V | undefined): { readonly [name in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [name in K]?: V };
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
