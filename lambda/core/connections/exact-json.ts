import { findDuplicateKey } from '../duplicate-keys';
import { isObject } from '../json';

/** No platform answers more deeply nested than this; a stack is. */
const MAX_DEPTH = 64;

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * The JSON object in a text, each number that a double cannot hold as the text of its digits: account ids of 19 digits
 * are two people's if rounded. `undefined` for everything else, and for one that says the same thing twice: which of
 * the two counts is everybody's own choice.
 */
export function parseExactObject(text: string): Record<string, unknown> | undefined {
  try {
    if (findDuplicateKey(text, 1, MAX_DEPTH) !== undefined) return undefined;
    const exact: Reviver = (_key, value, context) =>
      typeof value === 'number' && isInexact(value) ? (context?.source ?? value) : value;
    const value: unknown = JSON.parse(text, exact);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isInexact(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** The text or number at a dotted path; `undefined` if there is none. Members the object inherits are not there. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = valueAt(value, path);
  if (typeof found === 'string') return found === '' ? undefined : found;
  return typeof found === 'number' ? String(found) : undefined;
}

export function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
