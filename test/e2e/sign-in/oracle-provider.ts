import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, {
  type AdapterConstructor,
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
  errors,
  interactionPolicy,
} from 'oidc-provider';
import { PATHS } from '../../../lambda/contract/paths';
import { memoryAdapter } from '../../../local/demo/issuer-adapter';
import { closeNow, listenOnLoopback } from '../../../local/demo/listen';

export interface OracleProvider {
  readonly url: string;
  close(): Promise<void>;
}

const INTERACTION = '/interaction/';

/**
 * `oidc-provider` as an authorization server for MCP, at the same paths as ours: PKCE for everybody, rotation, the same
 * resources and scopes. Whoever comes is alice, and has consented.
 */
export async function startOracleProvider(clients: readonly ClientMetadata[]): Promise<OracleProvider> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  const url = `http://127.0.0.1:${port}`;
  const adapter = memoryAdapter();
  // Not as static clients: those are cloned into objects of another realm under jest, and a key set of such is refused.
  for (const client of clients) await new adapter('Client').upsert(client.client_id, client as AdapterPayload);
  const provider = new Provider(url, configuration(url, adapter));
  const serve = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith(INTERACTION)) return void serve(request, response);
    provider.interactionFinished(request, response, { login: { accountId: 'alice' } }).catch(() => response.destroy());
  });
  return { url, close: () => closeNow(server) };
}

function configuration(url: string, adapter: AdapterConstructor): Configuration {
  const { prompts, policy } = consentGiven();
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return {
    adapter,
    jwks: { keys: [{ ...key, kid: 'oracle', use: 'sig', alg: 'ES256' } as never] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    routes: {
      authorization: PATHS.authorize,
      token: PATHS.token,
      revocation: PATHS.revoke,
      jwks: PATHS.jwks,
    },
    // The only key is of ES256, and `native` is what lets a loopback port vary.
    clientDefaults: { id_token_signed_response_alg: 'ES256', application_type: 'native' },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { policy, url: (_, { uid }) => INTERACTION + uid },
    loadExistingGrant: prompts,
    renderError: (ctx, { error }) => {
      ctx.type = 'text/plain';
      ctx.body = String(error);
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `${url}/mcp/tools`,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => {
          if (resource !== `${url}/mcp/tools` && resource !== `${url}/mcp/other`) throw new errors.InvalidTarget();
          return {
            scope: 'mcp:tools',
            audience: resource,
            accessTokenFormat: 'jwt',
            accessTokenTTL: 300,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    ttl: {
      AccessToken: 300,
      ClientCredentials: 300,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 600,
      Grant: 600,
      RefreshToken: 600,
    },
  };
}

/** It would ask the person again for each native client; here the answer is known. */
function consentGiven(): {
  policy: ReturnType<typeof interactionPolicy.base>;
  prompts: Configuration['loadExistingGrant'];
} {
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.remove('native_client_prompt');
  return {
    policy,
    prompts: async ({ oidc }) => {
      const { client, session, params, provider, resourceServers } = oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
      for (const resource of Object.keys(resourceServers ?? {})) {
        grant.addResourceScope(resource, String(params?.['scope'] ?? 'mcp:tools'));
      }
      await grant.save();
      return grant;
    },
  };
}
