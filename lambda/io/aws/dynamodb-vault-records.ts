import { VAULT_ATTRIBUTES as A, type VaultRecord } from '../../contract/vault-record';
import type { VaultRecordSource } from '../../core/ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { type Item, integer, MALFORMED_RECORD } from './dynamodb-item';
import { DYNAMODB } from './services';

const READ = [A.status, A.version, A.secretId, A.secretVersionId, A.expiresAt, A.candidate];

/** The hot path's one read: strongly consistent, so that a revocation that was answered is seen. */
export function dynamodbVaultRecords(tableName: string, options: AwsClientOptions): VaultRecordSource {
  const { now = Date.now } = options;
  const client = createAwsClient(DYNAMODB, options);
  // `status` is a reserved word of the expression language, so all names are passed apart.
  const projection = {
    ProjectionExpression: READ.map((name) => `#${name}`).join(),
    ExpressionAttributeNames: Object.fromEntries(READ.map((name) => [`#${name}`, name])),
  };
  return {
    async read(recordId, deadlineMs) {
      const answer = await client.call(
        'GetItem',
        { TableName: tableName, Key: { [A.pk]: { S: recordId } }, ConsistentRead: true, ...projection },
        deadlineMs,
      );
      if (!answer.ok) return answer;
      const item = answer.value['Item'];
      if (item === undefined) return ok(undefined);
      const record = parseRecord(item as Item, now());
      return record === 'malformed' ? err(MALFORMED_RECORD) : ok(record);
    },
  };
}

/** TTL deletion lags by days, so an expired item is absent whether or not it is still there. */
function parseRecord(item: Item, nowMs: number): VaultRecord | undefined | 'malformed' {
  const expiresAt = item[A.expiresAt];
  if (expiresAt !== undefined) {
    const seconds = integer(expiresAt.N);
    if (seconds === undefined) return 'malformed';
    if (seconds * 1000 <= nowMs) return undefined;
  }
  const status = item[A.status]?.S;
  const version = integer(item[A.version]?.N);
  const secretId = item[A.secretId]?.S;
  const secretVersionId = item[A.secretVersionId]?.S;
  if ((status !== 'active' && status !== 'disabled') || version === undefined || !secretId || !secretVersionId) {
    return 'malformed';
  }
  const candidateVersionId = item[A.candidate]?.M?.[A.secretVersionId]?.S;
  return { status, version, secretId, secretVersionId, candidateVersionId };
}
