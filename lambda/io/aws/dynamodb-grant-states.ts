import { hash } from 'node:crypto';
import { AUTH_ATTRIBUTES, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import { grantStateKeys } from '../../core/grant-state';
import type { GrantStateSource } from '../../core/live-grants';
import type { BackendFailure } from '../../core/ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { DYNAMODB } from './services';

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string } | undefined>>;

const MALFORMED: BackendFailure = { service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' };

/** The hot path's read of a grant: four items, one request, strongly consistent. */
export function dynamodbGrantStates(tableName: string, options: AwsClientOptions): GrantStateSource {
  const { now = Date.now } = options;
  const client = createAwsClient(DYNAMODB, options);
  return {
    async read({ subject, grantId, clientId }, deadlineMs) {
      const keys = grantStateKeys(subject, grantId, hash('sha256', clientId, 'base64url'));
      const Keys = keys.map(({ pk, sk }) => ({ [AUTH_ATTRIBUTES.pk]: { S: pk }, [AUTH_ATTRIBUTES.sk]: { S: sk } }));
      const answer = await client.call(
        'BatchGetItem',
        { RequestItems: { [tableName]: { Keys, ConsistentRead: true } } },
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
      if (items === undefined) return err(MALFORMED);
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
        return err(MALFORMED);
      }
    },
  };
}

/** TTL deletion lags by days, so an item past its time is absent whether or not it is still there. */
function read<T>(item: Item | undefined, nowMs: number): T | undefined {
  if (item === undefined || !(Number(item[AUTH_ATTRIBUTES.validUntil]?.N) > nowMs)) return undefined;
  return JSON.parse(item[AUTH_ATTRIBUTES.data]?.S ?? '') as T;
}
