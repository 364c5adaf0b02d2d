import { randomBytes, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { checkedProviders } from './core/connections/checked-providers';
import { kmsDataKeys } from './io/aws/kms-data-keys';
import { secretsManagerDocuments } from './io/aws/secrets-manager-documents';
import { connectClientKey } from './io/connections/client-assertion';
import { dynamodbConnections } from './io/connections/dynamodb-connections';
import { providerClient } from './io/connections/provider-client';
import { providerSecrets } from './io/connections/provider-secrets';
import { refresherHandler } from './io/connections/refresher-handler';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';

const env = process.env;
const now = Date.now;
const tables = { vault: requireValue(env, ENV.vaultTable), salts: requireValue(env, ENV.saltsTable) };
const clientKeyArn = env[ENV.connectClientKeyArn];

/** People's tokens: refreshed for `mcp`, ended for `connect` and `grants`, kept alive by the hour. No HTTP route. */
export const handler = refresherHandler({
  gatewayId: requireValue(env, ENV.gatewayId),
  providers: checkedProviders(loadConfig(import.meta.dirname, env)),
  store: dynamodbConnections(tables, { env, now }),
  dataKeys: kmsDataKeys({ env }),
  client: providerClient({
    now,
    secrets: providerSecrets(JSON.parse(requireValue(env, ENV.providerSecrets)), secretsManagerDocuments({ env }), now),
    clientKey: clientKeyArn ? connectClientKey(clientKeyArn, { env }) : undefined,
  }),
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
  randomId: randomUUID,
  randomBytes,
  log: (event) => logLine({ ...event, time: new Date(now()).toISOString() }),
});
