import { CONNECTION_KEYS } from '../../contract/connection-record';
import type { ConnectionStore } from '../../core/connections/ports';
import { err, ok } from '../../core/result';
import type { AwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import type { Item } from '../aws/dynamodb-item';
import { keyOf, text } from './connection-change';
import { parseConnection } from './connection-item';

/** Items looked at for a page; fewer and fewer where they are so large that the client refuses the answer. */
const PAGE = 100;
/** A table of 300 MB is read in about ten seconds: keys only, a megabyte a page. */
const LONG_WALK_MS = 15_000;
/** Items have 400 KB at most, and an answer may have 1 MB. */
const PAGE_OF_LARGE = 2;

/** A walk through the whole vault table: for the hourly sweep, and for administrators. */
export function connectionScan(
  client: AwsClient,
  TableName: string,
  deadline: () => number,
): Pick<ConnectionStore, 'scan' | 'placeOf' | 'namesOf'> {
  // As many as went through last time, and a few more: large items stand beside each other.
  let limit = PAGE;
  return {
    placeOf: (name) => writeCursor(keyOf(CONNECTION_KEYS.connectionPrefix + name)),

    async namesOf(subject) {
      const prefix = CONNECTION_KEYS.connection(subject, '');
      const names: string[] = [];
      let from: unknown;
      const until = deadline() + LONG_WALK_MS;
      do {
        const page = await client.call(
          'Scan',
          {
            TableName,
            ConsistentRead: true,
            ProjectionExpression: 'pk',
            FilterExpression: 'begins_with(pk, :prefix)',
            ExpressionAttributeValues: { ':prefix': text(prefix) },
            ExclusiveStartKey: from,
          },
          until,
        );
        if (!page.ok) return page;
        const { Items = [], LastEvaluatedKey } = page.value as { Items?: readonly Item[]; LastEvaluatedKey?: Item };
        names.push(...Items.flatMap(({ pk }) => pk?.S?.slice(prefix.length) ?? []));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      return ok(names);
    },

    async scan(cursor) {
      const from = cursor === undefined ? undefined : readCursor(cursor);
      if (from === 'malformed') return err(malformed('dynamodb', 'Cursor'));
      const until = deadline();
      const pageOf = (Limit: number) =>
        client.call(
          'Scan',
          {
            TableName,
            ConsistentRead: true,
            Limit,
            FilterExpression: 'begins_with(pk, :prefix)',
            ExpressionAttributeValues: { ':prefix': text(CONNECTION_KEYS.connectionPrefix) },
            ExclusiveStartKey: from,
          },
          until,
        );
      let page = await pageOf(limit);
      while (!page.ok && page.error.name === 'AnswerTooLarge' && limit > PAGE_OF_LARGE) {
        limit = Math.max(PAGE_OF_LARGE, Math.floor(limit / 2));
        page = await pageOf(limit);
      }
      if (!page.ok) return page;
      limit = Math.min(PAGE, limit + Math.ceil(limit / 2));
      const { Items = [], LastEvaluatedKey } = page.value as { Items?: readonly Item[]; LastEvaluatedKey?: Item };
      const connections = Items.flatMap((item) => parseConnection(item) ?? []);
      const read = { connections, unreadable: Items.length - connections.length };
      return ok(LastEvaluatedKey === undefined ? read : { ...read, cursor: writeCursor(LastEvaluatedKey) });
    },
  };
}

/** Where the next page begins. It comes back from the caller, so it is a place in the table and nothing more. */
function writeCursor({ pk }: Item): string {
  return Buffer.from(pk?.S ?? '').toString('base64url');
}

function readCursor(cursor: string): Item | 'malformed' {
  const pk = Buffer.from(cursor, 'base64url').toString();
  const isPlace = /^(connection|operator|provider)#[\w#.-]{1,256}$/.test(pk);
  return isPlace && writeCursor(keyOf(pk)) === cursor ? keyOf(pk) : 'malformed';
}
