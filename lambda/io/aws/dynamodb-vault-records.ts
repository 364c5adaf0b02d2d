import { VAULT_ATTRIBUTES, type VaultRecord } from '../../contract/vault-record';
import type { VaultRecordSource } from '../../core/ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { DYNAMODB } from './services';

const READ = ['status', 'version', 'secretId', 'secretVersionId', 'expiresAt'] as const;

/** The hot path's one read: strongly consistent, so that a revocation that was answered is seen. */
export function dynamodbVaultRecords(tableName: string, options: AwsClientOptions): VaultRecordSource {
  const { now = Date.now } = options;
  const client = createAwsClient(DYNAMODB, options);
  // `status` is a reserved word of the expression language, so all names are passed apart.
  const projection = {
    ProjectionExpression: READ.map((name) => `#${name}`).join(),
    ExpressionAttributeNames: Object.fromEntries(READ.map((name) => [`#${name}`, VAULT_ATTRIBUTES[name]])),
  };
  return {
    async read(recordId, deadlineMs) {
      const answer = await client.call(
        'GetItem',
        { TableName: tableName, Key: { [VAULT_ATTRIBUTES.pk]: { S: recordId } }, ConsistentRead: true, ...projection },
        deadlineMs,
      );
      if (!answer.ok) return answer;
      const item = answer.value['Item'];
      if (item === undefined) return ok(undefined);
      const record = parseRecord(item as Item, now());
      return record === 'malformed'
        ? err({ service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' })
        : ok(record);
    },
  };
}

type Item = Readonly<Record<string, { readonly S?: unknown; readonly N?: unknown } | undefined>>;

/** TTL deletion lags by days, so an expired item is absent whether or not it is still there. */
function parseRecord(item: Item, nowMs: number): VaultRecord | undefined | 'malformed' {
  const expiresAt = item[VAULT_ATTRIBUTES.expiresAt];
  if (expiresAt !== undefined) {
    const seconds = integer(expiresAt.N);
    if (seconds === undefined) return 'malformed';
    if (seconds * 1000 <= nowMs) return undefined;
  }
  const status = item[VAULT_ATTRIBUTES.status]?.S;
  const version = integer(item[VAULT_ATTRIBUTES.version]?.N);
  const secretId = item[VAULT_ATTRIBUTES.secretId]?.S;
  const secretVersionId = item[VAULT_ATTRIBUTES.secretVersionId]?.S;
  if (
    (status !== 'active' && status !== 'disabled') ||
    version === undefined ||
    typeof secretId !== 'string' ||
    secretId === '' ||
    typeof secretVersionId !== 'string' ||
    secretVersionId === ''
  ) {
    return 'malformed';
  }
  return { status, version, secretId, secretVersionId };
}

function integer(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
