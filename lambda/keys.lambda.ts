import { randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { keysHandler } from './io/auth/keys-handler';
import { kmsPublicKeys, kmsSigningKeys } from './io/auth/kms-signing-keys';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';

const env = process.env;
const { authorizationServer } = loadConfig(import.meta.dirname, env);
if (authorizationServer === undefined) throw new Error('the gateway is configured without an authorization server');
const aws = { env, now: Date.now };

/** Rotates the keys that sign access tokens: by schedule, or when the operator invokes it. */
export const handler = keysHandler(
  {
    store: dynamodbAuthStore(requireValue(env, ENV.authTable), { ...aws, randomId: randomUUID }),
    keyMaker: kmsSigningKeys(requireValue(env, ENV.gatewayId), aws),
    publicKeys: kmsPublicKeys(aws),
    firstKeyArn: requireValue(env, ENV.signingKeyArn),
    accessTokenMs: authorizationServer.accessTokenSeconds * 1000,
    rotateAfterMs: authorizationServer.signingKeyRotationDays * 86_400_000,
    now: Date.now,
    randomId: randomUUID,
  },
  logLine,
);
