import { setTimeout as wait } from 'node:timers/promises';
import type { AuthItemKey } from '../../contract/auth-record';
import type { AuthStore, Lifetime, Stored, Written } from '../../core/authz/ports';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { type Item, itemKey } from '../aws/dynamodb-item';
import { DYNAMODB } from '../aws/services';
import { fromItems, type ParsedItem, toItem, usedNames } from './auth-item';

export interface AuthStoreOptions extends AwsClientOptions {
  readonly now: () => number;
  /** Of every write its own. */
  readonly randomId: () => string;
}

/** One operation with all its retries; the API waits 29 s for the few of a request. */
const BUDGET_MS = 5_000;
/** DynamoDB puts off keys of a batch while it is busy. */
const BATCH_TRIES = 4;
/** DynamoDB takes no more keys at once. */
const MAX_BATCH = 100;
/** Few enough that a page of the largest documents stays under the client's limit. */
const PAGE = 50;

/** The auth table: consistent reads, and writes of one item each that hold only if nobody else was first. */
export function dynamodbAuthStore(tableName: string, options: AuthStoreOptions): AuthStore {
  const { now, randomId, random = Math.random } = options;
  const client = createAwsClient(DYNAMODB, options);
  const deadline = () => now() + BUDGET_MS;

  /** In the order of the keys. */
  const readAll = async (keys: readonly AuthItemKey[]): Promise<Result<(ParsedItem | undefined)[], BackendFailure>> => {
    const found = await (keys.length === 1 ? getOne(keys) : getMany(keys));
    if (!found.ok) return found;
    const valid = fromItems(found.value, now());
    if (!valid.ok) return valid;
    return ok(keys.map(({ pk, sk }) => valid.value.find(({ key }) => key.pk === pk && key.sk === sk)));
  };

  const getOne = async ([key]: readonly AuthItemKey[]): Promise<Result<Item[], BackendFailure>> => {
    if (key === undefined) return ok([]);
    const input = { TableName: tableName, Key: itemKey(key), ConsistentRead: true };
    const answer = await client.call('GetItem', input, deadline());
    if (!answer.ok) return answer;
    const item = answer.value['Item'];
    return ok(item === undefined ? [] : [item as Item]);
  };

  const getMany = async (keys: readonly AuthItemKey[]): Promise<Result<Item[], BackendFailure>> => {
    const until = deadline();
    const items: Item[] = [];
    // DynamoDB refuses a batch that names a key twice.
    let missing = [...new Map(keys.map((key) => [JSON.stringify([key.pk, key.sk]), itemKey(key)])).values()];
    for (let tries = 0; missing.length > 0; ) {
      const Keys = missing.slice(0, MAX_BATCH);
      if (tries === BATCH_TRIES) return err({ service: 'dynamodb', kind: 'throttled', name: 'UnprocessedKeys' });
      if (tries > 0) await wait(random() * 25 * 4 ** tries);
      const request = { RequestItems: { [tableName]: { Keys, ConsistentRead: true } } };
      const answer = await client.call('BatchGetItem', request, until);
      if (!answer.ok) return answer;
      const { Responses, UnprocessedKeys } = answer.value as BatchAnswer;
      items.push(...(Responses?.[tableName] ?? []));
      const putOff = UnprocessedKeys?.[tableName]?.Keys ?? [];
      missing = [...putOff, ...missing.slice(MAX_BATCH)];
      tries = putOff.length > 0 ? tries + 1 : 0;
    }
    return ok(items);
  };

  /** Puts an item where the condition holds, or says what is there instead. */
  const put = async (
    key: AuthItemKey,
    version: number,
    record: object,
    lifetime: Lifetime,
    condition: string,
    values: Item,
  ): Promise<Result<Written, BackendFailure>> => {
    const writeId = randomId();
    const answer = await client.call(
      'PutItem',
      {
        TableName: tableName,
        Item: toItem(key, version, writeId, record, lifetime),
        ConditionExpression: condition,
        ExpressionAttributeNames: usedNames(condition),
        ExpressionAttributeValues: values,
      },
      deadline(),
    );
    if (answer.ok) return ok({ won: true, version });
    if (answer.error.name !== 'ConditionalCheckFailedException') return answer;
    const found = await readAll([key]);
    if (!found.ok) return found;
    const [kept] = found.value;
    // The answer to an earlier attempt got lost, and the repetition met what that one had written. If others have built
    // upon it by then, it counts as theirs: the caller decides by what is there, as whoever comes late does.
    if (kept?.writeId === writeId) return ok({ won: true, version });
    return ok({ won: false, kept: kept && stored(kept) });
  };

  return {
    async read(keys) {
      const found = await readAll(keys);
      return found.ok ? ok(found.value.map((item) => item && stored(item))) : found;
    },

    create(key, record, lifetime) {
      const at = now();
      // Not from 1 again, where a document expired: whoever read that one must not replace its successor.
      return put(key, at, record, lifetime, 'attribute_not_exists(#pk) OR #validUntil <= :now', {
        ':now': { N: String(at) },
      });
    },

    replace(key, version, record, lifetime) {
      return put(key, version + 1, record, lifetime, '#version = :version AND #validUntil > :now', {
        ':version': { N: String(version) },
        ':now': { N: String(now()) },
      });
    },

    async list(pk, skPrefix) {
      const until = deadline();
      const condition = '#pk = :pk AND begins_with(#sk, :prefix)';
      const filter = '#validUntil > :now';
      const listed: Stored<unknown>[] = [];
      let from: Item | undefined;
      do {
        const page = await client.call(
          'Query',
          {
            TableName: tableName,
            ConsistentRead: true,
            Limit: PAGE,
            KeyConditionExpression: condition,
            FilterExpression: filter,
            ExpressionAttributeNames: usedNames(condition + filter),
            ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: skPrefix }, ':now': { N: String(now()) } },
            ExclusiveStartKey: from,
          },
          until,
        );
        if (!page.ok) return page;
        const { Items = [], LastEvaluatedKey } = page.value as { Items?: readonly Item[]; LastEvaluatedKey?: Item };
        const valid = fromItems(Items, now());
        if (!valid.ok) return valid;
        listed.push(...valid.value.map(stored));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      return ok(listed);
    },
  };
}

interface BatchAnswer {
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: readonly Item[] }>>;
}

function stored({ version, record }: ParsedItem): Stored<unknown> {
  return { version, record };
}
