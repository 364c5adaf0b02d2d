import type { AuthScan } from '../../core/grants/serve-grants';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import { type Item, itemKey } from '../aws/dynamodb-item';
import { DYNAMODB } from '../aws/services';
import { fromItems, usedNames } from './auth-item';

const BUDGET_MS = 5_000;
/** Items looked at for a page, not items in it. */
const PAGE = 200;

/** A walk through the whole auth table: for administrators, who do it rarely. */
export function dynamodbAuthScan(
  tableName: string,
  options: AwsClientOptions & { readonly now: () => number },
): AuthScan {
  const { now } = options;
  const client = createAwsClient(DYNAMODB, options);
  const filter = 'begins_with(#sk, :prefix) AND #validUntil > :now';
  return {
    async scan(sortKeyPrefix, cursor) {
      const from = cursor === undefined ? undefined : readCursor(cursor);
      if (from === 'malformed') return err(malformed('dynamodb', 'Cursor'));
      const page = await client.call(
        'Scan',
        {
          TableName: tableName,
          ConsistentRead: true,
          Limit: PAGE,
          FilterExpression: filter,
          ExpressionAttributeNames: usedNames(filter),
          ExpressionAttributeValues: { ':prefix': { S: sortKeyPrefix }, ':now': { N: String(now()) } },
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        },
        now() + BUDGET_MS,
      );
      if (!page.ok) return page;
      const { Items = [], LastEvaluatedKey } = page.value as { Items?: readonly Item[]; LastEvaluatedKey?: Item };
      const valid = fromItems(Items, now());
      if (!valid.ok) return valid;
      const records = valid.value.map(({ record }) => record);
      return ok(LastEvaluatedKey === undefined ? { records } : { records, cursor: writeCursor(LastEvaluatedKey) });
    },
  };
}

/** Where the next page begins. It comes back from the caller, so it is a place in the table and nothing more. */
function writeCursor({ pk, sk }: Item): string {
  return Buffer.from(JSON.stringify([pk?.S, sk?.S])).toString('base64url');
}

function readCursor(cursor: string): Item | 'malformed' {
  try {
    const [pk, sk]: readonly unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return isKeyText(pk) && isKeyText(sk) ? itemKey({ pk, sk }) : 'malformed';
  } catch {
    return 'malformed';
  }
}

function isKeyText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 256;
}
