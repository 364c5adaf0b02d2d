import { hash, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import type { ConnectionAdminDeps } from './core/grants/serve-connections';
import { dynamodbAuthScan } from './io/auth/dynamodb-auth-scan';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { grantsHandler } from './io/auth/grants-handler';
import { createLambdaClient } from './io/aws/lambda-invoke';
import { dynamodbConnections } from './io/connections/dynamodb-connections';
import { remoteRefresher } from './io/connections/remote-refresher';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';

const env = process.env;
const now = Date.now;
const table = requireValue(env, ENV.authTable);
const { providers = [] } = loadConfig(import.meta.dirname, env);

/** `/grants`, `/switches` and `/connections` behind an IAM-authorised REST API: what an administrator sees and ends. */
export const handler = grantsHandler(
  {
    store: dynamodbAuthStore(table, { env, now, randomId: randomUUID }),
    scan: dynamodbAuthScan(table, { env, now }),
    hash: (text) => hash('sha256', text, 'base64url'),
    connections: providers.length === 0 ? undefined : connectionAdministration(),
    now,
  },
  logLine,
);

function connectionAdministration(): ConnectionAdminDeps {
  const tables = { vault: requireValue(env, ENV.vaultTable), salts: requireValue(env, ENV.saltsTable) };
  return {
    providers: new Map(providers.map(({ name, facts }) => [name, facts.name])),
    store: dynamodbConnections(tables, { env, now }),
    refresher: remoteRefresher(createLambdaClient({ env, now }), requireValue(env, ENV.refresherFunction)),
    now,
  };
}
