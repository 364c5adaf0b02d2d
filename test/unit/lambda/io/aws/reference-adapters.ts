import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { BackendFailure, DataKeySource, SecretSource, VaultRecordSource } from '../../../../../lambda/core/ports';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import type { Env } from '../../../../../lambda/io/aws/services';

export interface Sources {
  readonly records: VaultRecordSource;
  readonly secrets: SecretSource;
  readonly dataKeys: DataKeySource;
}

/** The same ports over the official clients, as plainly as they can be written: what ours is compared with. */
export function officialSources(env: Env, tableName: string): Sources {
  const config = {
    region: env['AWS_REGION'] ?? '',
    endpoint: env['AWS_ENDPOINT_URL_KMS'] ?? env['AWS_ENDPOINT_URL'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
    },
    maxAttempts: 3,
  };
  const dynamodb = new DynamoDBClient(config);
  const secretsManager = new SecretsManagerClient(config);
  const kms = new KMSClient(config);
  return {
    records: {
      read: (recordId, deadlineMs) =>
        attempt('dynamodb', async () => {
          const Key = { pk: { S: recordId } };
          const command = new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true });
          const { Item } = await dynamodb.send(command, until(deadlineMs));
          if (!Item || Number(Item['expiresAt']?.N) * 1000 <= Date.now()) return undefined;
          const status = Item['status']?.S;
          const version = Number(Item['version']?.N);
          const secretId = Item['secretId']?.S;
          const secretVersionId = Item['secretVersionId']?.S;
          if ((status !== 'active' && status !== 'disabled') || !Number.isInteger(version)) throw malformed('Record');
          if (!secretId || !secretVersionId) throw malformed('Record');
          return { status, version, secretId, secretVersionId };
        }),
    },
    secrets: {
      fetch: (SecretId, VersionId, deadlineMs) =>
        attempt('secretsmanager', async () => {
          const command = new GetSecretValueCommand({ SecretId, VersionId });
          const { SecretString } = await secretsManager.send(command, until(deadlineMs));
          if (!SecretString) throw malformed('Secret');
          return SecretString;
        }),
    },
    dataKeys: {
      unwrap: (CiphertextBlob, context, deadlineMs) =>
        attempt('kms', async () => {
          const command = new DecryptCommand({ CiphertextBlob, EncryptionContext: { ...context } });
          const { Plaintext } = await kms.send(command, until(deadlineMs));
          if (Plaintext?.length !== 32) throw malformed('DataKey');
          return new Uint8Array(Plaintext);
        }),
    },
  };
}

async function attempt<T>(
  service: BackendFailure['service'],
  run: () => Promise<T>,
): Promise<Result<T, BackendFailure>> {
  try {
    return ok(await run());
  } catch (error) {
    const { name, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return err({ service, kind: kindOf(error as Error, $metadata?.httpStatusCode), name });
  }
}

function kindOf({ name, message }: Error, status: number | undefined): BackendFailure['kind'] {
  if (/Throttl|Throughput/.test(name)) return 'throttled';
  if (/NotFound/.test(name) || /marked for deletion/.test(message)) return 'not_found';
  if (/AccessDenied|UnrecognizedClient|InvalidSignature|Disabled/.test(name)) return 'denied';
  return status === 400 || name.startsWith('Malformed') ? 'invalid' : 'unavailable';
}

function until(deadlineMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(Math.max(0, deadlineMs - Date.now())) };
}

function malformed(what: string): Error {
  return Object.assign(new Error(), { name: `Malformed${what}` });
}
