import { randomBytes, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { PATHS } from './contract/paths';
import type { AuthEvent } from './core/authz/ports';
import type { ConnectableConfig, ConnectTools } from './core/connect/connect-deps';
import { internalPageFailure, type PagesDeps, servePages } from './core/connect/serve-pages';
import { checkedProviders } from './core/connections/checked-providers';
import { openTicket } from './core/connections/ticket';
import { ok } from './core/result';
import { tokenHolder } from './core/vault/token-holder';
import { authzHandler } from './io/auth/authz-handler';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { ownIssuerKeys } from './io/auth/own-issuer-keys';
import { dynamodbGrantStates } from './io/aws/dynamodb-grant-states';
import { createLambdaClient } from './io/aws/lambda-invoke';
import { secretsManagerDocuments } from './io/aws/secrets-manager-documents';
import { secretsManagerValues } from './io/aws/secrets-manager-values';
import { connectClientKey } from './io/connections/client-assertion';
import { dynamodbConnections } from './io/connections/dynamodb-connections';
import { kmsPersonKeys } from './io/connections/kms-person-keys';
import { providerClient } from './io/connections/provider-client';
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
const deps: PagesDeps = providers.size === 0 ? account : { ...account, connect: connectTools(), callers: callers() };

/** People's own pages: the account, and the accounts they connect. For their programs, the same by token. */
export const handler = authzHandler(
  (request) => servePages(request, deps),
  (request) => internalPageFailure(request, deps),
  log,
);

function connectTools(): ConnectTools {
  const tables = { vault: requireValue(env, ENV.vaultTable), salts: requireValue(env, ENV.saltsTable) };
  const secrets = secretsManagerValues({ env });
  const sessionSecret = requireValue(env, ENV.sessionSecret);
  const clientKeyArn = env[ENV.connectClientKeyArn];
  let key: Buffer | undefined;
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
    client: providerClient({
      now,
      secrets: providerSecrets(
        JSON.parse(requireValue(env, ENV.providerSecrets)),
        secretsManagerDocuments({ env }),
        now,
      ),
      clientKey: clientKeyArn ? connectClientKey(clientKeyArn, { env }) : undefined,
    }),
    refresher: remoteRefresher(createLambdaClient({ env }), requireValue(env, ENV.refresherFunction)),
    openTicket: async (text) => {
      if (key === undefined) {
        const loaded = await loadSessionKey(secrets, sessionSecret, now);
        if (!loaded.ok) return loaded;
        key = loaded.value;
      }
      return ok(openTicket(key, text, now()));
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
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
