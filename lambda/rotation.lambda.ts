import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from './contract/env';
import type { RotatedKey } from './core/rotation/rotation-ports';
import { keyShapes } from './core/vault/key-shape';
import { kmsDataKeys } from './io/aws/kms-data-keys';
import { secretsManagerValues } from './io/aws/secrets-manager-values';
import { providerHttp } from './io/connections/provider-http';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';
import { platformKeys } from './io/rotation/platform-keys';
import { rotationHandler } from './io/rotation/rotation-handler';
import { dynamodbKeyRecords } from './io/vault/dynamodb-key-records';
import { kmsDataKeyMaker } from './io/vault/kms-data-key-maker';
import { SDK_OPTIONS } from './io/vault/sdk-options';
import { parseSecretIds } from './io/vault/secret-ids';
import { secretsManagerVersions } from './io/vault/secrets-manager-versions';

const env = process.env;
const now = Date.now;
const config = loadConfig(import.meta.dirname, env);
const { keyRotations = [], upstreams, cacheTtlMs } = config;
const shapes = keyShapes(config);
const rotated = keyRotations.map(({ provider }) => provider);
const secretIds = parseSecretIds(ENV.operatorSecrets, requireValue(env, ENV.operatorSecrets), rotated);
const http = providerHttp();

/** Beside what a call may wait for a connection after it has read its key. */
const SPARE_MS = 1_000;

const keys = keyRotations.flatMap((rotation): RotatedKey[] => {
  const { provider, facts } = rotation;
  const shape = shapes.get(provider);
  const secretId = secretIds.get(provider);
  if (shape === undefined || secretId === undefined) return [];
  return [{ shape, secretId, origin: new URL(facts.create.url).origin, platform: platformKeys(rotation, http) }];
});

/** Operator keys, replaced by their platform's API: Secrets Manager invokes it, four times for each rotation. */
export const handler = rotationHandler(
  keys,
  {
    gatewayId: requireValue(env, ENV.gatewayId),
    secretIds,
    records: dynamodbKeyRecords(new DynamoDBClient(SDK_OPTIONS), requireValue(env, ENV.vaultTable)),
    secrets: secretsManagerVersions(new SecretsManagerClient(SDK_OPTIONS)),
    dataKeys: kmsDataKeyMaker(new KMSClient(SDK_OPTIONS), requireValue(env, ENV.vaultKeyArn)),
    values: secretsManagerValues({ env }),
    openKeys: kmsDataKeys({ env }),
    oldKeyMs: cacheTtlMs + Math.max(...upstreams.map(({ connectTimeoutMs }) => connectTimeoutMs)) + SPARE_MS,
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    randomBytes,
    randomId: randomUUID,
    warn: (fields) => logLine({ ...fields, time: new Date(now()).toISOString() }),
  },
  logLine,
);
