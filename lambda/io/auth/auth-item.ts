import { AUTH_ATTRIBUTES as A, type AuthItemKey } from '../../contract/auth-record';
import type { Lifetime, Stored } from '../../core/authz/ports';
import { parseObject } from '../../core/json';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type Item, integer, itemKey, MALFORMED_RECORD } from '../aws/dynamodb-item';

export interface ParsedItem extends Stored<unknown> {
  readonly key: AuthItemKey;
  readonly writeId: string;
}

const NAMES = Object.fromEntries(Object.values(A).map((name) => [`#${name}`, name]));

const DAY_MS = 86_400_000;

export function toItem(key: AuthItemKey, version: number, writeId: string, record: object, lifetime: Lifetime): Item {
  const { validUntilMs, keepUntilMs = validUntilMs + DAY_MS } = lifetime;
  return {
    ...itemKey(key),
    [A.data]: { S: JSON.stringify(record) },
    [A.version]: { N: String(version) },
    [A.writeId]: { S: writeId },
    [A.validUntil]: { N: String(validUntilMs) },
    // Not before its time, whatever the caller says.
    [A.expiresAt]: { N: String(Math.ceil(Math.max(keepUntilMs, validUntilMs) / 1000)) },
  };
}

/** The items that count at a moment: one past its time is absent, whether or not it is still there. */
export function fromItems(items: readonly Item[], nowMs: number): Result<ParsedItem[], BackendFailure> {
  const valid: ParsedItem[] = [];
  for (const item of items) {
    const parsed = fromItem(item, nowMs);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) valid.push(parsed.value);
  }
  return ok(valid);
}

function fromItem(item: Item, nowMs: number): Result<ParsedItem | undefined, BackendFailure> {
  const pk = item[A.pk]?.S;
  const sk = item[A.sk]?.S;
  const version = integer(item[A.version]?.N);
  const validUntilMs = integer(item[A.validUntil]?.N);
  const writeId = item[A.writeId]?.S;
  const record = parseObject(item[A.data]?.S ?? '');
  if (!pk || !sk || !writeId || version === undefined || validUntilMs === undefined || record === undefined) {
    return err(MALFORMED_RECORD);
  }
  return ok(validUntilMs > nowMs ? { key: { pk, sk }, version, writeId, record } : undefined);
}

/**
 * Several of the names are reserved words, so none stands in an expression itself. DynamoDB refuses names that the
 * expression does not use.
 */
export function usedNames(expression: string): Record<string, string> {
  return Object.fromEntries(Object.entries(NAMES).filter(([name]) => new RegExp(`${name}\\b`).test(expression)));
}
