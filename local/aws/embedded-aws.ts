import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedCredentials, newCredentials, REGION } from './account';
import { startListener } from './aws-listener';
import type { AwsService } from './aws-service';
import { CallCounter } from './call-counter';
import { dynamodbService } from './dynamodb/dynamodb-service';
import { FaultInjector } from './fault-injector';
import { kmsService } from './kms/kms-service';
import { type LocalFunctions, lambdaService } from './lambda/lambda-service';
import { secretsManagerService } from './secrets-manager/secrets-manager-service';
import { signatureJudge } from './sigv4-judge';

/** DynamoDB, KMS, Secrets Manager and the Invoke of Lambda on one loopback port. */
export interface EmbeddedAws {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** What points an AWS SDK here: endpoints, region and credentials. The credentials are new at each start. */
  readonly env: Readonly<Record<string, string>>;
  readonly calls: Pick<CallCounter, 'count' | 'reset'>;
  readonly faults: Pick<FaultInjector, 'inject' | 'clear'>;
  close(): Promise<void>;
}

export interface EmbeddedAwsOptions {
  /** A free one if absent. */
  readonly port?: number;
  /** Where state is kept; in memory if absent. */
  readonly dataDir?: string;
  readonly clock?: () => number;
  /** What Lambda invokes, and Secrets Manager by it; no function exists if absent. */
  readonly functions?: LocalFunctions;
  /** Seed of the faults that hit a share of the calls. */
  readonly seed?: number;
}

export async function startEmbeddedAws(options: EmbeddedAwsOptions = {}): Promise<EmbeddedAws> {
  const now = options.clock ?? Date.now;
  const { dataDir } = options;
  // Owner-only: key material and secrets live there.
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = (name: string) => (dataDir === undefined ? undefined : join(dataDir, name));
  const services: AwsService[] = [];
  const stop = async () => {
    for (const service of services) await service.close?.();
  };
  try {
    // First: its lock keeps a second process from the other files as well.
    services.push(await dynamodbService({ path: path('dynamodb'), ttlPath: path('time-to-live.json') }));
    services.push(kmsService({ path: path('kms.json'), now }));
    services.push(secretsManagerService({ path: path('secrets.json'), now, functions: options.functions }));
    services.push(lambdaService(options.functions ?? (() => undefined)));
    const credentials = newCredentials();
    const calls = new CallCounter();
    const faults = new FaultInjector(options.seed);
    const listener = await startListener({
      port: options.port ?? 0,
      services,
      judge: signatureJudge(credentials),
      calls,
      faults,
      now,
    });
    return {
      endpoint: listener.url,
      env: environment(listener.url, credentials),
      calls,
      faults,
      async close() {
        await listener.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environment(endpoint: string, credentials: EmbeddedCredentials): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    AWS_ENDPOINT_URL_LAMBDA: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}
