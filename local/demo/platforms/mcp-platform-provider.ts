import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider, {
  type AdapterConstructor,
  type AdapterPayload,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { memoryAdapter } from '../issuer-adapter';
import { demoAccount } from './demo-account';
import type { McpPlatformOptions } from './mcp-platform';
import type { PlatformCounts } from './platform-counts';
import type { PlatformKnobs } from './platform-knobs';

export const INTERACTION = '/interaction/';
export const SCOPES = ['issues:read', 'issues:write'];

type TokenModel = 'AccessToken' | 'RefreshToken';

/** Of tokens that live -> the grant each belongs to. */
type TokenIds = Readonly<Record<TokenModel, Map<string, string | undefined>>>;

/** The authorization server of an MCP server, played by `oidc-provider`. */
export interface McpPlatformProvider {
  readonly provider: Provider;
  live(model: TokenModel): number;
  endAll(model: TokenModel): Promise<void>;
}

export function mcpPlatformProvider(
  origin: string,
  knobs: PlatformKnobs,
  counts: PlatformCounts,
  options: McpPlatformOptions,
): McpPlatformProvider {
  const ids: TokenIds = { AccessToken: new Map(), RefreshToken: new Map() };
  const adapter = watchedAdapter(ids, knobs, options.documents ?? {});
  const provider = new Provider(origin, configuration(adapter, origin, knobs, options));
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.['grant_type'] === 'refresh_token') counts.refreshes += 1;
    else counts.codesRedeemed += 1;
  });
  provider.on('grant.error', ({ oidc }, error) => {
    if (oidc.params?.['grant_type'] === 'refresh_token' && error instanceof errors.InvalidGrant)
      counts.invalidGrants += 1;
  });
  provider.on('grant.revoked', () => {
    counts.revocations += 1;
  });
  return {
    provider,
    live: (model) => ids[model].size,
    endAll: async (model) => {
      for (const id of ids[model].keys()) await new adapter(model).destroy(id);
    },
  };
}

function configuration(
  adapter: AdapterConstructor,
  origin: string,
  knobs: PlatformKnobs,
  { allowsRegistration = true, documents, clientAuthentication }: McpPlatformOptions,
): Configuration {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return {
    adapter,
    jwks: { keys: [{ ...key, kid: 'tracker', use: 'sig', alg: 'ES256' } as never] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    // `native`: the gateway on this machine is called back at a plain http address.
    clientDefaults: { id_token_signed_response_alg: 'ES256', application_type: 'native' },
    pkce: { required: () => true },
    rotateRefreshToken: () => true,
    issueRefreshToken: (_, client) => knobs.issuesRefreshTokens && client.grantTypeAllowed('refresh_token'),
    findAccount: (_, id) =>
      demoAccount(id) === undefined ? undefined : { accountId: id, claims: () => ({ sub: id }) },
    interactions: { policy: askingOnce(), url: (_, { uid }) => INTERACTION + uid },
    loadExistingGrant: (ctx) => grantOf(ctx, knobs),
    renderError: (ctx, { error }) => {
      ctx.type = 'text/plain';
      ctx.body = `Tracker refuses: ${error}`;
    },
    ...(clientAuthentication === undefined ? {} : { clientAuthMethods: [...clientAuthentication] }),
    ...(documents === undefined ? {} : { fetch: (url) => documentAt(String(url), documents) }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: allowsRegistration },
      ...(documents === undefined ? {} : { clientIdMetadataDocument: { enabled: true, ack: 'draft-02' } }),
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (!resource.startsWith(`${origin}/`)) throw new errors.InvalidTarget();
          return { scope: SCOPES.join(' '), audience: resource, accessTokenFormat: 'opaque' };
        },
      },
    },
    ttl: {
      AccessToken: () => knobs.tokenLifetimeSeconds ?? 365 * 86_400,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 3_600,
      Grant: 30 * 86_400,
      RefreshToken: 30 * 86_400,
    },
  };
}

/** Who may connect is asked on the page; that the client is a program on this machine is no reason to ask again. */
function askingOnce(): ReturnType<typeof interactionPolicy.base> {
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  return policy;
}

/** What was chosen on the page: all that is asked for, or what the knob leaves of it. */
async function grantOf({ oidc }: KoaContextWithOIDC, { grantedScopes }: PlatformKnobs) {
  const { client, session, params, provider, resourceServers } = oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  const asked = String(params?.['scope'] ?? '').split(' ');
  const refused = grantedScopes === undefined ? [] : asked.filter((scope) => !grantedScopes.includes(scope));
  for (const resource of Object.keys(resourceServers ?? {})) {
    grant.addResourceScope(resource, asked.join(' '));
    if (refused.length > 0) grant.rejectResourceScope(resource, refused.join(' '));
  }
  await grant.save();
  return grant;
}

async function documentAt(url: string, documents: Readonly<Record<string, unknown>>): Promise<Response> {
  return Object.hasOwn(documents, url) ? Response.json(documents[url]) : new Response(null, { status: 404 });
}

/**
 * Keeps the ids of tokens that live, and forgets for the grace time that a refresh token has been used. A gateway on this
 * machine has a document at a plain http address, where the provider would not look for one.
 */
function watchedAdapter(
  ids: TokenIds,
  knobs: PlatformKnobs,
  documents: Readonly<Record<string, unknown>>,
): AdapterConstructor {
  const Memory = memoryAdapter();
  return class WatchedAdapter extends Memory {
    readonly #ids: Map<string, string | undefined> | undefined;
    readonly #model: string;

    constructor(model: string) {
      super(model);
      this.#model = model;
      this.#ids = model === 'AccessToken' || model === 'RefreshToken' ? ids[model] : undefined;
    }

    override async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
      this.#ids?.set(id, payload.grantId);
      await super.upsert(id, payload, expiresIn as number);
    }

    override async destroy(id: string): Promise<void> {
      this.#ids?.delete(id);
      await super.destroy(id);
    }

    override async revokeByGrantId(grantId: string): Promise<void> {
      for (const [id, of] of this.#ids ?? []) if (of === grantId) this.#ids?.delete(id);
      await super.revokeByGrantId(grantId);
    }

    override async find(id: string): Promise<AdapterPayload | undefined> {
      if (this.#model === 'Client' && id.startsWith('http://127.0.0.1') && Object.hasOwn(documents, id))
        return documents[id] as AdapterPayload;
      const found = (await super.find(id)) as AdapterPayload | undefined;
      if (found === undefined) this.#ids?.delete(id);
      if (this.#model !== 'RefreshToken' || typeof found?.consumed !== 'number') return found;
      return Date.now() / 1000 < found.consumed + knobs.graceSeconds ? { ...found, consumed: undefined } : found;
    }

    override async consume(id: string): Promise<void> {
      // Used again within its grace: nothing to note, and no refusal.
      if (this.#model === 'RefreshToken' && knobs.graceSeconds > 0 && !this.#ids?.has(id)) return;
      this.#ids?.delete(id);
      await super.consume(id);
    }
  } as unknown as AdapterConstructor;
}
