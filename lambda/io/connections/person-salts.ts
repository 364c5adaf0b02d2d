import { CONNECTION_KEYS, SALT_ATTRIBUTES } from '../../contract/connection-record';
import type { ConnectionStore } from '../../core/connections/ports';
import { isSalt } from '../../core/connections/seal-connection';
import { err, ok } from '../../core/result';
import type { AwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import type { Item } from '../aws/dynamodb-item';
import { isConditionFailed, keyOf, namesIn, number, text } from './connection-change';
import { parseItem, parseSalt } from './connection-item';

/** A salt may be deleted in the moment its maker looks for it, hardly ever twice. */
const TRIES = 3;

/** People's salts, one each: made once, never changed. */
export function personSalts(
  client: AwsClient,
  TableName: string,
  deadline: () => number,
): Pick<ConnectionStore, 'ensureSalt' | 'removeSalt'> {
  const condition = 'attribute_not_exists(#pk)';
  return {
    async ensureSalt(subject, { salt, createdAtMs }) {
      // Nothing could be sealed with it, ever: it is never replaced.
      if (!isSalt(salt)) return err(malformed('dynamodb', 'Salt'));
      const Key = keyOf(CONNECTION_KEYS.salt(subject));
      const put = {
        TableName,
        Item: { ...Key, [SALT_ATTRIBUTES.salt]: text(salt), [SALT_ATTRIBUTES.createdAt]: number(createdAtMs) },
        ConditionExpression: condition,
        ExpressionAttributeNames: namesIn(condition),
      };
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const made = await client.call('PutItem', put, deadline());
        if (made.ok) return ok({ salt, createdAtMs });
        if (!isConditionFailed(made.error)) return made;
        const read = await client.call('GetItem', { TableName, Key, ConsistentRead: true }, deadline());
        if (!read.ok) return read;
        const kept = parseItem(read.value['Item'] as Item | undefined, parseSalt);
        if (!kept.ok) return kept;
        if (kept.value !== undefined) return ok(kept.value);
      }
      return err({ service: 'dynamodb', kind: 'unavailable', name: 'SaltDeleted' });
    },

    async removeSalt(subject) {
      const input = { TableName, Key: keyOf(CONNECTION_KEYS.salt(subject)), ReturnValues: 'ALL_OLD' };
      const answer = await client.call('DeleteItem', input, deadline());
      return answer.ok ? ok(answer.value['Attributes'] !== undefined) : answer;
    },
  };
}
