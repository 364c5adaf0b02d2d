import type { Field } from './field';

/** A list whose entries differ from each other. */
export function readList(
  field: Field,
  fallback: readonly string[],
  [atLeast, atMost]: readonly [number, number],
  read: (entry: Field) => string,
): readonly string[] {
  if (field.absent) return fallback;
  const seen = new Set<string>();
  return field.items(atLeast, atMost).map((entry) => {
    const text = read(entry);
    if (text && seen.has(text)) entry.refuse('is given twice', 'remove one of them');
    seen.add(text);
    return text;
  });
}
