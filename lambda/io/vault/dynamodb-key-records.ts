import {
  type AttributeValue,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { VAULT_ATTRIBUTES as A, operatorKeyId } from '../../contract/vault-record';
import type { Change, ErasedKey, KeyRecord, KeyRecords, LiveKey } from '../../core/vault/vault-ports';
import { attempt } from './sdk-failure';

type Item = Record<string, AttributeValue>;

/** BatchGetItem's own limit. */
const BATCH = 100;
/** Before any clock that may read it: to every reader a tombstone is absent from the start. */
const TOMBSTONE_AGE_S = 3_600;

const NAMES = Object.fromEntries(Object.values(A).map((name) => [`#${name}`, name]));
/** What every change of a live key does beside its own. */
const COUNTED = '#version = #version + :one, #updatedAt = :now, #updatedBy = :actor';
const IS_CANDIDATE = '#candidate.#secretVersionId = :candidate';
const IS_LIVE = '(attribute_exists(#pk) AND (attribute_not_exists(#expiresAt) OR #expiresAt > :nowSeconds))';

/** Operator keys' records in the vault table. */
export function dynamodbKeyRecords(client: DynamoDBClient, tableName: string): KeyRecords {
  const key = (provider: string) => ({ [A.pk]: { S: operatorKeyId(provider) } });

  /** One conditional write; gives the item as it is afterwards, `undefined` where the condition does not hold. */
  const update = async (
    provider: string,
    expression: string,
    condition: string,
    values: Item,
  ): Promise<Item | undefined> => {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: key(provider),
          UpdateExpression: expression,
          ConditionExpression: condition,
          ExpressionAttributeNames: usedNames(`${expression} ${condition}`),
          ExpressionAttributeValues: values,
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  return {
    read: (provider) =>
      attempt('dynamodb', async () => {
        const command = new GetItemCommand({ TableName: tableName, Key: key(provider), ConsistentRead: true });
        const { Item } = await client.send(command);
        return Item && parseRecord(provider, Item);
      }),

    readAll: (providers) =>
      attempt('dynamodb', async () => {
        const byId = new Map(providers.map((provider) => [operatorKeyId(provider), provider]));
        const found: KeyRecord[] = [];
        let keys: Item[] = providers.map(key);
        while (keys.length > 0) {
          const wanted = { Keys: keys.slice(0, BATCH), ConsistentRead: true };
          const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: wanted } }));
          const items = answer.Responses?.[tableName] ?? [];
          const unprocessed = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
          // Progress in every round, or none at all: the SDK's own retries have been spent by then.
          if (unprocessed.length === wanted.Keys.length) throw named('ThrottlingException', 400);
          for (const item of items) found.push(parseRecord(byId.get(item[A.pk]?.S ?? '') ?? '', item));
          keys = [...unprocessed, ...keys.slice(BATCH)];
        }
        return found;
      }),

    store: (provider, change) =>
      attempt('dynamodb', async () => {
        const { expectedVersion, nowMs } = change;
        const expected =
          expectedVersion === undefined
            ? ''
            : expectedVersion === 0
              ? ` AND NOT ${IS_LIVE}`
              : ` AND ${IS_LIVE}${isExpected(expectedVersion)}`;
        const item = await update(
          provider,
          'SET #status = :active, #version = if_not_exists(#version, :zero) + :one, #secretId = :secretId, ' +
            '#secretVersionId = :secretVersionId, #parts = :parts, #origins = :origins, ' +
            '#createdAt = if_not_exists(#createdAt, :now), #updatedAt = :now, #updatedBy = :actor REMOVE #expiresAt, #candidate',
          `(attribute_not_exists(#secretVersionId) OR #secretVersionId <> :secretVersionId)${expected}`,
          {
            ':active': { S: 'active' },
            ':zero': { N: '0' },
            ':one': { N: '1' },
            ':secretId': { S: change.secretId },
            ':secretVersionId': { S: change.secretVersionId },
            ':parts': texts(change.parts),
            ':origins': texts(change.origins),
            ':now': { S: new Date(nowMs).toISOString() },
            ':actor': { S: change.actor },
            ...(expectedVersion === undefined ? {} : { ':nowSeconds': seconds(nowMs) }),
            ...(expectedVersion ? expectedValue(expectedVersion) : {}),
          },
        );
        return item && (parseRecord(provider, item) as LiveKey);
      }),

    startRotation: (provider, { secretId, secretVersionId, parts, origins, expectedVersion, ...change }) =>
      attempt('dynamodb', async () => {
        const item = await update(
          provider,
          `SET #candidate = :candidate, ${COUNTED}`,
          `${IS_LIVE} AND #secretId = :secretId AND attribute_not_exists(#candidate)${isExpected(expectedVersion)}`,
          {
            ':candidate': {
              M: {
                [A.secretVersionId]: { S: secretVersionId },
                [A.parts]: texts(parts),
                [A.origins]: texts(origins),
                [A.startedAt]: { S: new Date(change.nowMs).toISOString() },
              },
            },
            ':secretId': { S: secretId },
            ...counted(change),
            ...expectedValue(expectedVersion),
          },
        );
        return item && (parseRecord(provider, item) as LiveKey);
      }),

    confirmRotation: (provider, { candidate, expectedVersion, ...change }) =>
      attempt('dynamodb', async () => {
        const item = await update(
          provider,
          `SET #secretVersionId = :candidate, #parts = :parts, #origins = :origins, ${COUNTED} REMOVE #candidate`,
          `${IS_LIVE} AND ${IS_CANDIDATE}${isExpected(expectedVersion)}`,
          {
            ':candidate': { S: candidate.secretVersionId },
            ':parts': texts(candidate.parts),
            ':origins': texts(candidate.origins),
            ...counted(change),
            ...expectedValue(expectedVersion),
          },
        );
        return item && (parseRecord(provider, item) as LiveKey);
      }),

    abandonRotation: (provider, { candidate, expectedVersion, ...change }) =>
      attempt('dynamodb', async () => {
        const item = await update(
          provider,
          `SET ${COUNTED} REMOVE #candidate`,
          `${IS_LIVE} AND ${IS_CANDIDATE}${isExpected(expectedVersion)}`,
          {
            ':candidate': { S: candidate.secretVersionId },
            ...counted(change),
            ...expectedValue(expectedVersion),
          },
        );
        return item && (parseRecord(provider, item) as LiveKey);
      }),

    setStatus: (provider, status, change) =>
      attempt('dynamodb', async () => {
        const item = await update(provider, `SET #status = :status, ${COUNTED}`, `${IS_LIVE} AND #status <> :status`, {
          ':status': { S: status },
          ...counted(change),
        });
        return item && (parseRecord(provider, item) as LiveKey);
      }),

    erase: (provider, { actor, nowMs, secretId, secretVersionId }) =>
      attempt('dynamodb', async () => {
        const item = await update(
          provider,
          'SET #version = if_not_exists(#version, :zero) + :one, #secretId = :secretId, ' +
            '#secretVersionId = :secretVersionId, #expiresAt = :past, #updatedAt = :now, #updatedBy = :actor ' +
            'REMOVE #status, #parts, #origins, #createdAt, #candidate',
          `attribute_not_exists(#pk) OR ${IS_LIVE}`,
          {
            ':zero': { N: '0' },
            ':one': { N: '1' },
            ':secretId': { S: secretId },
            ':secretVersionId': { S: secretVersionId },
            ':past': seconds(nowMs, -TOMBSTONE_AGE_S),
            ':now': { S: new Date(nowMs).toISOString() },
            ':actor': { S: actor },
            ':nowSeconds': seconds(nowMs),
          },
        );
        return item && (parseRecord(provider, item) as ErasedKey);
      }),
  };
}

/** The values of {@link COUNTED} and {@link IS_LIVE}. */
function counted({ actor, nowMs }: Change): Item {
  return {
    ':one': { N: '1' },
    ':now': { S: new Date(nowMs).toISOString() },
    ':actor': { S: actor },
    ':nowSeconds': seconds(nowMs),
  };
}

function isExpected(version: number | undefined): string {
  return version === undefined ? '' : ' AND #version = :expected';
}

function expectedValue(version: number | undefined): Item {
  return version === undefined ? {} : { ':expected': { N: String(version) } };
}

/** DynamoDB refuses names that the expression does not use. */
function usedNames(expression: string): Record<string, string> {
  return Object.fromEntries(Object.entries(NAMES).filter(([name]) => new RegExp(`${name}\\b`).test(expression)));
}

/** A record that says it expires is a tombstone: nothing else here writes that attribute. */
function parseRecord(provider: string, item: Item): KeyRecord {
  const text = (name: string, of = item): string => of[name]?.S ?? malformed();
  const list = (name: string, of = item): readonly string[] =>
    of[name]?.L?.map(({ S }) => S ?? malformed()) ?? malformed();
  const version = Number(item[A.version]?.N);
  if (!Number.isSafeInteger(version)) malformed();
  const named = { version, secretId: text(A.secretId), secretVersionId: text(A.secretVersionId) };
  if (item[A.expiresAt] !== undefined) return { kind: 'erased', ...named };
  const status = text(A.status);
  if (status !== 'active' && status !== 'disabled') malformed();
  const next = item[A.candidate];
  const of = next && (next.M ?? malformed());
  return {
    kind: 'live',
    ...named,
    provider,
    status,
    parts: list(A.parts),
    origins: list(A.origins),
    createdAt: text(A.createdAt),
    updatedAt: text(A.updatedAt),
    updatedBy: text(A.updatedBy),
    ...(of === undefined
      ? {}
      : {
          candidate: {
            secretVersionId: text(A.secretVersionId, of),
            parts: list(A.parts, of),
            origins: list(A.origins, of),
            startedAt: text(A.startedAt, of),
          },
        }),
  };
}

function malformed(): never {
  throw named('MalformedRecord', 200);
}

function named(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}

function texts(values: readonly string[]): AttributeValue {
  return { L: values.map((value) => ({ S: value })) };
}

function seconds(nowMs: number, offset = 0): AttributeValue {
  return { N: String(Math.floor(nowMs / 1000) + offset) };
}
