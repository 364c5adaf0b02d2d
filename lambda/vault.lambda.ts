import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from './contract/env';
import { keyShapes } from './core/vault/key-shape';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';
import { dynamodbKeyRecords } from './io/vault/dynamodb-key-records';
import { kmsDataKeyMaker } from './io/vault/kms-data-key-maker';
import { parseOperatorSecrets } from './io/vault/operator-secrets';
import { SDK_OPTIONS } from './io/vault/sdk-options';
import { secretsManagerVersions } from './io/vault/secrets-manager-versions';
import { vaultHandler } from './io/vault/vault-handler';

const env = process.env;
const shapes = keyShapes(loadConfig(import.meta.dirname, env));

/** `/vault/keys` behind an IAM-authorised REST API: store, replace, disable, enable, delete and list operator keys. */
export const handler = vaultHandler(
  {
    gatewayId: requireValue(env, ENV.gatewayId),
    shapes,
    secretIds: parseOperatorSecrets(requireValue(env, ENV.operatorSecrets), shapes.keys()),
    records: dynamodbKeyRecords(new DynamoDBClient(SDK_OPTIONS), requireValue(env, ENV.vaultTable)),
    secrets: secretsManagerVersions(new SecretsManagerClient(SDK_OPTIONS)),
    dataKeys: kmsDataKeyMaker(new KMSClient(SDK_OPTIONS), requireValue(env, ENV.vaultKeyArn)),
    now: Date.now,
    randomBytes,
    randomId: randomUUID,
  },
  logLine,
);
