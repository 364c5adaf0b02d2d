import {
  CONNECTION_ATTRIBUTES as A,
  CONNECTION_KEYS,
  type ConnectionRecord,
  PROVIDER_SWITCH_ATTRIBUTES,
  type ProviderSwitch,
} from '../../contract/connection-record';
import { nextVersion } from '../../core/connections/next-version';
import type { ConnectionStore } from '../../core/connections/ports';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import type { Item } from '../aws/dynamodb-item';
import { DYNAMODB } from '../aws/services';
import { batchGet } from './batch-get';
import {
  type Change,
  contentsChange,
  isConditionFailed,
  isMade,
  keyOf,
  namesIn,
  number,
  text,
  updateExpression,
} from './connection-change';
import { parseConnection, parseItem, parseSwitch } from './connection-item';
import { connectionScan } from './connection-scan';
import { type ConnectionTables, dynamodbConnectionStates } from './dynamodb-connection-states';
import { personSalts } from './person-salts';

/** One operation with all its retries. */
const BUDGET_MS = 5_000;
/** DynamoDB takes no more keys at once. */
const MAX_BATCH = 100;

/** People's connections: consistent reads, and writes of one item each that hold only if nobody else was first. */
export function dynamodbConnections(
  tables: ConnectionTables,
  options: AwsClientOptions & { readonly now: () => number },
): ConnectionStore {
  const { now, random = Math.random } = options;
  const client = createAwsClient(DYNAMODB, options);
  const deadline = () => now() + BUDGET_MS;

  /**
   * Changes an item where the condition holds. Where it does not, what is there decides: the answer to an earlier
   * attempt may have got lost, and the repetition have met what that one had written.
   */
  const update = async (
    pk: string,
    change: Change,
    condition: string,
    values: Item,
    isDone: (kept: Item) => boolean,
  ): Promise<Result<Item | undefined, BackendFailure>> => {
    const item = { TableName: tables.vault, Key: keyOf(pk) };
    const until = deadline();
    const expressions = updateExpression(change, condition, values);
    const answer = await client.call('UpdateItem', { ...item, ...expressions, ReturnValues: 'ALL_NEW' }, until);
    if (answer.ok) return ok(answer.value['Attributes'] as Item | undefined);
    if (!isConditionFailed(answer.error)) return answer;
    const read = await client.call('GetItem', { ...item, ConsistentRead: true }, until);
    if (!read.ok) return read;
    const kept = read.value['Item'] as Item | undefined;
    return ok(kept !== undefined && isDone(kept) ? kept : undefined);
  };

  /** In halves, where it is more than DynamoDB takes keys or the client takes bytes at once. */
  const readMany = async (keys: readonly string[], until: number): ReturnType<typeof batchGet> => {
    if (keys.length <= MAX_BATCH) {
      const found = await batchGet(client, { [tables.vault]: keys }, random, until);
      if (found.ok || found.error.name !== 'AnswerTooLarge' || keys.length === 1) return found;
    }
    const half = Math.ceil(keys.length / 2);
    const [first, second] = await Promise.all([
      readMany(keys.slice(0, half), until),
      readMany(keys.slice(half), until),
    ]);
    if (!first.ok) return first;
    return second.ok ? ok(new Map([...first.value, ...second.value])) : second;
  };

  return {
    ...dynamodbConnectionStates(tables, client, random),
    ...connectionScan(client, tables.vault, deadline),
    ...personSalts(client, tables.salts, deadline),

    async list(subject, providers) {
      const names = [...new Set(providers)].map((provider) => ({
        provider,
        connection: CONNECTION_KEYS.connection(subject, provider),
        providerSwitch: CONNECTION_KEYS.providerSwitch(provider),
      }));
      // DynamoDB refuses an empty batch.
      if (names.length === 0) return ok({ connections: [], switches: new Map() });
      const keys = names.flatMap(({ connection, providerSwitch }) => [connection, providerSwitch]);
      const found = await readMany(keys, deadline());
      if (!found.ok) return found;
      const connections: ConnectionRecord[] = [];
      const switches = new Map<string, ProviderSwitch>();
      for (const { provider, connection, providerSwitch } of names) {
        const record = parseItem(found.value.get(connection), parseConnection);
        // One that cannot be believed does not keep the person's others from being seen.
        if (record.ok && record.value !== undefined) connections.push(record.value);
        const block = parseItem(found.value.get(providerSwitch), parseSwitch);
        if (!block.ok) return block;
        if (block.value !== undefined) switches.set(provider, block.value);
      }
      return ok({ connections, switches });
    },

    async put(subject, provider, expected, contents, leaseId) {
      const change = contentsChange(nextVersion(expected, contents.facts), contents);
      if (change === undefined) return err({ service: 'dynamodb', kind: 'invalid', name: 'ItemTooLarge' });
      const isExpected = expected === 0 ? 'attribute_not_exists(#pk)' : '#version = :expected';
      const isHeld = leaseId === undefined ? '' : ' AND #leaseId = :held';
      const written = await update(
        CONNECTION_KEYS.connection(subject, provider),
        { ...change, [A.leaseId]: undefined, [A.leaseUntil]: undefined },
        isExpected + isHeld,
        {
          ...(expected === 0 ? {} : { ':expected': number(expected) }),
          ...(leaseId === undefined ? {} : { ':held': text(leaseId) }),
        },
        (kept) => isMade(change, kept),
      );
      return written.ok ? parseItem(written.value, parseConnection) : written;
    },

    async lease(subject, provider, version, lease, nowMs) {
      const change = { [A.leaseId]: text(lease.id), [A.leaseUntil]: number(lease.untilMs) };
      const written = await update(
        CONNECTION_KEYS.connection(subject, provider),
        change,
        '#version = :expected AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now)',
        { ':expected': number(version), ':now': number(nowMs) },
        (kept) => isMade({ ...change, [A.version]: number(version) }, kept),
      );
      return written.ok ? parseItem(written.value, parseConnection) : written;
    },

    async release(subject, provider, leaseId, { facts, retryAtMs }) {
      const note = { [A.facts]: text(JSON.stringify(facts)), [A.retryAt]: number(retryAtMs) };
      const written = await update(
        CONNECTION_KEYS.connection(subject, provider),
        { ...note, [A.leaseId]: undefined, [A.leaseUntil]: undefined },
        '#leaseId = :held',
        { ':held': text(leaseId) },
        // Somebody else may hold the lease by now.
        (kept) => isMade(note, kept),
      );
      return written.ok ? ok(written.value !== undefined) : written;
    },

    async touch(subject, provider, nowMs) {
      const input = {
        TableName: tables.vault,
        Key: keyOf(CONNECTION_KEYS.connection(subject, provider)),
        ...updateExpression(
          { [A.lastUsedAt]: number(nowMs) },
          'attribute_exists(#pk) AND (attribute_not_exists(#lastUsedAt) OR #lastUsedAt < :lastUsedAt)',
        ),
      };
      const answer = await client.call('UpdateItem', input, deadline());
      return answer.ok || isConditionFailed(answer.error) ? ok(undefined) : answer;
    },

    async remove(subject, provider, version) {
      const condition = 'attribute_not_exists(#pk) OR #version = :expected';
      const input = {
        TableName: tables.vault,
        Key: keyOf(CONNECTION_KEYS.connection(subject, provider)),
        ConditionExpression: condition,
        ExpressionAttributeNames: namesIn(condition),
        ExpressionAttributeValues: { ':expected': number(version) },
      };
      const answer = await client.call('DeleteItem', input, deadline());
      if (answer.ok) return ok(true);
      return isConditionFailed(answer.error) ? ok(false) : answer;
    },

    async erase(subject, provider) {
      const input = { TableName: tables.vault, Key: keyOf(CONNECTION_KEYS.connection(subject, provider)) };
      const answer = await client.call('DeleteItem', input, deadline());
      return answer.ok ? ok(undefined) : answer;
    },

    async switchProvider(provider, { blocked, updatedAtMs, updatedBy }) {
      const { status, updatedAt, updatedBy: by } = PROVIDER_SWITCH_ATTRIBUTES;
      const change = {
        [status]: text(blocked ? 'blocked' : 'open'),
        [updatedAt]: number(updatedAtMs),
        [by]: text(updatedBy),
      };
      const input = {
        TableName: tables.vault,
        Key: keyOf(CONNECTION_KEYS.providerSwitch(provider)),
        ...updateExpression(change),
      };
      const answer = await client.call('UpdateItem', input, deadline());
      return answer.ok ? ok(undefined) : answer;
    },
  };
}
