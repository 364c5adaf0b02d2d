import { AUTH_ATTRIBUTES, AUTH_KEYS, type SigningKeysRecord } from '../../contract/auth-record';
import { jwksAt } from '../../core/authz/signing-key';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { type Item, itemKey } from '../aws/dynamodb-item';
import { DYNAMODB } from '../aws/services';

/**
 * The gateway's own key set, straight from its record: the function that verifies need not call the API it stands
 * behind. Takes the place of an HTTP GET of `/jwks`; rejects if the record cannot be had.
 */
export function ownIssuerKeys(
  tableName: string,
  options: AwsClientOptions,
): (url: string, timeoutMs: number) => Promise<unknown> {
  const { now = Date.now } = options;
  const client = createAwsClient(DYNAMODB, options);
  const Key = itemKey(AUTH_KEYS.signingKeys());
  return async (_url, timeoutMs) => {
    const answer = await client.call('GetItem', { TableName: tableName, Key, ConsistentRead: true }, now() + timeoutMs);
    if (!answer.ok) throw new Error(answer.error.name);
    const item = answer.value['Item'] as Item | undefined;
    // Nobody has signed in yet. Were that an answer, the first token would meet an empty set that was just fetched.
    if (item === undefined) throw new Error('NoSigningKeys');
    return jwksAt((JSON.parse(item[AUTH_ATTRIBUTES.data]?.S ?? '') as SigningKeysRecord).keys, now());
  };
}
