import { randomBytes, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { PATHS } from './contract/paths';
import type { AuthEvent } from './core/authz/ports';
import type { ConnectableConfig, ConnectTools } from './core/connect/connect-deps';
import { internalPageFailure, type PagesDeps, servePages } from './core/connect/serve-pages';
import { checkedProviders } from './core/connections/checked-providers';
import { clientKeySet, clientMetadataDocument } from './core/connections/client-metadata';
import { openTicket } from './core/connections/ticket';
import { ok } from './core/result';
import { tokenHolder } from './core/vault/token-holder';
import { authzHandler } from './io/auth/authz-handler';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { ownIssuerKeys } from './io/auth/own-issuer-keys';
import { remoteFetcher } from './io/auth/remote-fetcher';
import { dynamodbGrantStates } from './io/aws/dynamodb-grant-states';
import { createLambdaClient } from './io/aws/lambda-invoke';
import { secretsManagerDocuments } from './io/aws/secrets-manager-documents';
import { secretsManagerValues } from './io/aws/secrets-manager-values';
import { type ConnectClientKey, connectClientKey } from './io/connections/client-assertion';
import { dynamodbConnections } from './io/connections/dynamodb-connections';
import { kmsPersonKeys } from './io/connections/kms-person-keys';
import { providerClient } from './io/connections/provider-client';
import { providerHttp } from './io/connections/provider-http';
import { providerSecrets } from './io/connections/provider-secrets';
import { remoteRefresher } from './io/connections/remote-refresher';
import { IssuerKeys } from './io/issuer-keys';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';
import { loadSessionKey } from './io/session-key';
import { tokenVerifier } from './io/token-verifier';

const env = process.env;
const now = Date.now;
const config = loadConfig(import.meta.dirname, env);
const server = config.authorizationServer;
if (server === undefined) throw new Error('gateway.json has no authorizationServer: nobody could sign in');

const issuer = requireValue(env, ENV.gatewayUrl);
const authTable = requireValue(env, ENV.authTable);
const log = (event: AuthEvent) => logLine({ ...event, time: new Date(now()).toISOString() });
const store = dynamodbAuthStore(authTable, { env, now, randomId: randomUUID });
const account = {
  store,
  now,
  randomBytes,
  log,
  issuer,
  config: server,
  upstreamNames: config.upstreams.map(({ name }) => name),
};
const providers = checkedProviders(config);
const mcpNames = [...providers.values()].flatMap(({ name, kind }) => (kind === 'mcp' ? [name] : []));
const deps: PagesDeps = providers.size === 0 ? account : { ...account, ...(await platforms()) };

/** People's own pages: the account, and the accounts they connect. For their programs, the same by token. */
export const handler = authzHandler(
  (request) => servePages(request, deps),
  (request) => internalPageFailure(request, deps),
  log,
);

/** All that connecting accounts takes. */
async function platforms(): Promise<Pick<PagesDeps, 'connect' | 'callers' | 'documents'>> {
  const clientKeyArn = env[ENV.connectClientKeyArn];
  const clientKey = clientKeyArn ? connectClientKey(clientKeyArn, { env }) : undefined;
  return { connect: await connectTools(clientKey), callers: callers(), documents: clientDocuments(clientKey) };
}

async function connectTools(clientKey: ConnectClientKey | undefined): Promise<ConnectTools> {
  const tables = { vault: requireValue(env, ENV.vaultTable), salts: requireValue(env, ENV.saltsTable) };
  const lambda = createLambdaClient({ env });
  const secrets = providerSecrets(
    JSON.parse(requireValue(env, ENV.providerSecrets)),
    secretsManagerDocuments({ env }),
    now,
  );
  const http = providerHttp();
  const fetcherName = requireValue(env, ENV.fetcherFunction);
  // A chunk of its own: only gateways with such a server load it.
  const mcp = mcpNames.length > 0 ? await import('./io/connections/mcp-target') : undefined;
  const targets = mcp?.mcpTargets({
    gatewayUrl: issuer,
    clientName: account.config.branding.name,
    hasClientKey: clientKey !== undefined,
    fetcher: remoteFetcher((payload, deadlineMs) => lambda.invokeFunction(fetcherName, payload, deadlineMs), now),
    http,
    secrets,
    now,
  });
  return {
    gatewayId: requireValue(env, ENV.gatewayId),
    providers: new Map(
      [...providers].map(([name, provider]): [string, ConnectableConfig] => [
        name,
        { ...provider, usedBy: usersOf(name) },
      ]),
    ),
    connections: dynamodbConnections(tables, { env, now }),
    keys: kmsPersonKeys(requireValue(env, ENV.vaultKeyArn), { env }),
    client: providerClient({ now, secrets, clientKey, ...(targets && { mcpTargets: targets }), http }),
    refresher: remoteRefresher(lambda, requireValue(env, ENV.refresherFunction)),
    openTicket: ticketOpener(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** The key is of the function that seals the tickets, and asked for when the first comes. */
function ticketOpener(): ConnectTools['openTicket'] {
  const secrets = secretsManagerValues({ env });
  const sessionSecret = requireValue(env, ENV.sessionSecret);
  let key: Buffer | undefined;
  return async (text) => {
    if (key === undefined) {
      const loaded = await loadSessionKey(secrets, sessionSecret, now);
      if (!loaded.ok) return loaded;
      key = loaded.value;
    }
    return ok(openTicket(key, text, now()));
  };
}

/** What the gateway says of itself as a client of MCP servers' authorization servers. */
function clientDocuments(clientKey: ConnectClientKey | undefined): PagesDeps['documents'] {
  if (mcpNames.length === 0) return undefined;
  const options = { gatewayUrl: issuer, clientName: account.config.branding.name, providers: mcpNames };
  return new Map<string, () => Promise<object | undefined>>([
    [PATHS.publicClientMetadata, async () => clientMetadataDocument(options, 'none')],
    ...(clientKey === undefined
      ? []
      : ([
          [PATHS.clientMetadata, async () => clientMetadataDocument(options, 'private_key_jwt')],
          [
            PATHS.clientKeys,
            async () => {
              const key = await clientKey.publicKey();
              return key.ok ? clientKeySet([key.value]) : undefined;
            },
          ],
        ] as const)),
  ]);
}

function usersOf(provider: string): readonly string[] {
  return config.upstreams.flatMap(({ name, credential }) =>
    credential?.owner === 'person' && credential.provider === provider ? [name] : [],
  );
}

/** People with a token for the vault itself. */
function callers(): NonNullable<PagesDeps['callers']> {
  const { auth } = config;
  const keys = new IssuerKeys({
    issuer: auth.issuer,
    jwksUri: authTable,
    now,
    fetchJson: ownIssuerKeys(authTable, { env }),
  });
  const holder = {
    tokens: tokenVerifier(auth, keys, now),
    states: dynamodbGrantStates(authTable, { env }),
    audience: issuer + PATHS.vaultResource,
    now,
  };
  return (authorization) => tokenHolder(authorization, holder);
}
