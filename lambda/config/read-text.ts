import type { Field } from './field';

/** What may stand in a header value, a query or a form: printable ASCII, no blank at either end. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/;
const MOST_ENTRIES = 50;

export function readPlainText(field: Field): string {
  return field.text(PLAIN, 'is not plain text', 'use 1 to 1024 printable ASCII characters, no blank at either end');
}

/** One of a few words. */
export function readWord<const T extends string>(field: Field, words: readonly T[]): T {
  const found = words.find((word) => word === field.value);
  if (found !== undefined) return found;
  field.refuse(field.absent ? 'is required' : 'is not one of them', `give ${words.join(', ')}`);
  return words[0] as T;
}

/** Names and values that are data, such as parameters. */
export function readTexts(
  field: Field,
  isName: RegExp,
  readValue: (value: Field) => string = readPlainText,
): Readonly<Record<string, string>> {
  const entries = field.entries();
  if (entries.length > MOST_ENTRIES)
    field.refuse(`has ${entries.length} members`, `give at most ${MOST_ENTRIES}`, '(…)');
  for (const [name, value] of entries) {
    if (!isName.test(name))
      value.refuse('is not a name that can stand here', 'write it as the platform documents it', name);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, readValue(value)]));
}

/** What is read from a field that may be left out. */
export function ifGiven<T>(field: Field, read: (field: Field) => T): T | undefined {
  return field.absent ? undefined : read(field);
}
