import { hash } from 'node:crypto';
import { AUTH_ATTRIBUTES, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import { grantStateKeys } from '../../core/grant-state';
import type { GrantStateSource } from '../../core/live-grants';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { type Item, itemKey, MALFORMED_RECORD } from './dynamodb-item';
import { DYNAMODB } from './services';

/** The hot path's read of a grant: four items, one request, strongly consistent. */
export function dynamodbGrantStates(tableName: string, options: AwsClientOptions): GrantStateSource {
  const { now = Date.now } = options;
  const client = createAwsClient(DYNAMODB, options);
  return {
    async read({ subject, grantId, clientId }, deadlineMs) {
      const keys = grantStateKeys(subject, grantId, hash('sha256', clientId, 'base64url'));
      const answer = await client.call(
        'BatchGetItem',
        { RequestItems: { [tableName]: { Keys: keys.map(itemKey), ConsistentRead: true } } },
        deadlineMs,
      );
      if (!answer.ok) return answer;
      const { Responses, UnprocessedKeys } = answer.value as {
        readonly Responses?: Readonly<Record<string, readonly Item[]>>;
        readonly UnprocessedKeys?: object;
      };
      // A switch that was not read could be the one that says no.
      if (Object.keys(UnprocessedKeys ?? {}).length > 0) {
        return err({ service: 'dynamodb', kind: 'throttled', name: 'UnprocessedKeys' });
      }
      const items = Responses?.[tableName];
      if (items === undefined) return err(MALFORMED_RECORD);
      const [grant, ...switches] = keys.map(({ pk, sk }) =>
        items.find((item) => item[AUTH_ATTRIBUTES.pk]?.S === pk && item[AUTH_ATTRIBUTES.sk]?.S === sk),
      );
      try {
        const state = {
          grant: read<GrantRecord>(grant, now()),
          switches: switches.map((item) => read<SwitchRecord>(item, now())),
        };
        return ok(state);
      } catch {
        // The parser's message quotes the record.
        return err(MALFORMED_RECORD);
      }
    },
  };
}

/** TTL deletion lags by days, so an item past its time is absent whether or not it is still there. */
function read<T>(item: Item | undefined, nowMs: number): T | undefined {
  if (item === undefined || !(Number(item[AUTH_ATTRIBUTES.validUntil]?.N) > nowMs)) return undefined;
  return JSON.parse(item[AUTH_ATTRIBUTES.data]?.S ?? '') as T;
}
