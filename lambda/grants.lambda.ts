import { hash, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { dynamodbAuthScan } from './io/auth/dynamodb-auth-scan';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { grantsHandler } from './io/auth/grants-handler';
import { requireValue } from './io/load-config';
import { logLine } from './io/log';

const env = process.env;
const now = Date.now;
const table = requireValue(env, ENV.authTable);

/** `/grants` and `/switches` behind an IAM-authorised REST API: what an administrator sees and ends. */
export const handler = grantsHandler(
  {
    store: dynamodbAuthStore(table, { env, now, randomId: randomUUID }),
    scan: dynamodbAuthScan(table, { env, now }),
    hash: (text) => hash('sha256', text, 'base64url'),
    now,
  },
  logLine,
);
