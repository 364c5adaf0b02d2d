import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from './contract/env';
import { PATHS } from './contract/paths';
import { type AdministratorDeps, administratorOf } from './core/vault/administrator';
import { clientSecretProviders } from './core/vault/client-secret';
import { keyShapes } from './core/vault/key-shape';
import { ownIssuerKeys } from './io/auth/own-issuer-keys';
import { dynamodbGrantStates } from './io/aws/dynamodb-grant-states';
import { IssuerKeys } from './io/issuer-keys';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';
import { tokenVerifier } from './io/token-verifier';
import { dynamodbKeyRecords } from './io/vault/dynamodb-key-records';
import { kmsDataKeyMaker } from './io/vault/kms-data-key-maker';
import { SDK_OPTIONS } from './io/vault/sdk-options';
import { parseSecretIds } from './io/vault/secret-ids';
import { secretsManagerVersions } from './io/vault/secrets-manager-versions';
import { type PersonSource, vaultHandler } from './io/vault/vault-handler';

const env = process.env;
const now = Date.now;
const config = loadConfig(import.meta.dirname, env);
const shapes = keyShapes(config);

const people = config.authorizationServer && administrators(requireValue(env, ENV.authTable));

/** Not every provider has one: a client may prove itself by a key, or register itself. */
const providerSecrets = parseSecretIds(ENV.providerSecrets, env[ENV.providerSecrets] || '{}', []);
const clientSecretIds = new Map(
  clientSecretProviders(config).flatMap((name) => {
    const id = providerSecrets.get(name);
    return id === undefined ? [] : [[name, id] as const];
  }),
);

/**
 * `/vault/keys` behind an IAM-authorised REST API: store, replace, disable, enable, delete and list operator keys. And
 * `/vault/clients`: replace the gateway's own client secrets.
 */
export const handler = vaultHandler(
  {
    gatewayId: requireValue(env, ENV.gatewayId),
    shapes,
    secretIds: parseSecretIds(ENV.operatorSecrets, requireValue(env, ENV.operatorSecrets), shapes.keys()),
    clientSecretIds,
    records: dynamodbKeyRecords(new DynamoDBClient(SDK_OPTIONS), requireValue(env, ENV.vaultTable)),
    secrets: secretsManagerVersions(new SecretsManagerClient(SDK_OPTIONS)),
    dataKeys: kmsDataKeyMaker(new KMSClient(SDK_OPTIONS), requireValue(env, ENV.vaultKeyArn)),
    now,
    randomBytes,
    randomId: randomUUID,
  },
  logLine,
  people,
);

/** Where the gateway is its own issuer: people with a token for the vault itself. */
function administrators(authTable: string): PersonSource {
  const { auth } = config;
  const keys = new IssuerKeys({
    issuer: auth.issuer,
    jwksUri: authTable,
    now,
    fetchJson: ownIssuerKeys(authTable, { env }),
  });
  const deps: AdministratorDeps = {
    tokens: tokenVerifier(auth, keys, now),
    states: dynamodbGrantStates(authTable, { env }),
    audience: requireValue(env, ENV.gatewayUrl) + PATHS.vaultResource,
    now,
  };
  return (authorization) => administratorOf(authorization, deps);
}
