import { CONNECTION_ATTRIBUTES as A } from '../../contract/connection-record';
import type { ConnectionContents } from '../../core/connections/ports';
import type { BackendFailure } from '../../core/ports';
import type { Item } from '../aws/dynamodb-item';

/** Attributes that are set, or removed where there is no value. */
export type Change = Readonly<Record<string, Item[string]>>;

/** Under DynamoDB's 400 KB, which it counts without the marks of JSON. */
const MAX_BYTES = 390_000;

export function number(value: number | undefined): Item[string] {
  return value === undefined ? undefined : { N: String(value) };
}

export function text(value: string | undefined): Item[string] {
  return value === undefined ? undefined : { S: value };
}

/** `undefined`: more than an item holds. */
export function contentsChange(version: number, contents: ConnectionContents): Change | undefined {
  const change = {
    [A.version]: number(version),
    [A.status]: text(contents.status),
    [A.facts]: text(JSON.stringify(contents.facts)),
    [A.call]: text(contents.call),
    [A.refresh]: text(contents.refresh),
    [A.tokenExpiresAt]: number(contents.tokenExpiresAtMs),
    [A.retryAt]: number(contents.retryAtMs),
  };
  return Buffer.byteLength(JSON.stringify(change)) > MAX_BYTES ? undefined : change;
}

/** Whether an item is as a change would have left it. */
export function isMade(change: Change, item: Item): boolean {
  return Object.entries(change).every(([name, value]) => item[name]?.S === value?.S && item[name]?.N === value?.N);
}

/** The members of an UpdateItem. `values` are those of the condition; it may use the new ones too. */
export function updateExpression(change: Change, condition?: string, values: Item = {}): object {
  const set = Object.keys(change).filter((name) => change[name] !== undefined);
  const removed = Object.keys(change).filter((name) => change[name] === undefined);
  const UpdateExpression = [
    `SET ${set.map((name) => `#${name} = :${name}`).join()}`,
    ...(removed.length > 0 ? [`REMOVE ${removed.map((name) => `#${name}`).join()}`] : []),
  ].join(' ');
  return {
    UpdateExpression,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(`${UpdateExpression} ${condition}`),
    ExpressionAttributeValues: { ...Object.fromEntries(set.map((name) => [`:${name}`, change[name]])), ...values },
  };
}

/** Several of the names are reserved words, so none stands in an expression itself: `#status` is `status`. */
export function namesIn(expressions: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...expressions.matchAll(/#(\w+)/g)].map(([placeholder, name = '']) => [placeholder, name]),
  );
}

export function keyOf(pk: string): Item {
  return { pk: text(pk) };
}

export function isConditionFailed({ name }: BackendFailure): boolean {
  return name === 'ConditionalCheckFailedException';
}
