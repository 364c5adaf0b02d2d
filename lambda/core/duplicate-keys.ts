const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Finds an object key that occurs twice within the outer `checkedDepth` levels of a JSON text.
 *
 * `JSON.parse` keeps the last of two equal keys, other readers keep the first. A body such as
 * `{"method":"tools/list","method":"tools/call"}` would be checked as one call here and executed
 * as another upstream (request smuggling).
 *
 * Throws, as `JSON.parse` does on what it cannot read, if the text nests deeper than `maxDepth`. So it is asked first
 * where the sender is not trusted: megabytes of brackets take `JSON.parse` seconds. Of a text that does not parse, it
 * tells no more than this.
 */
export function findDuplicateKey(json: string, checkedDepth: number, maxDepth = json.length): string | undefined {
  const seen: Array<Set<string> | undefined> = [];
  let duplicate: string | undefined;
  let depth = 0;
  let expectKey = false;
  for (let i = 0; i < json.length && depth >= 0; i++) {
    switch (json.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(json, i);
        if (end < 0) return duplicate;
        if (expectKey) {
          const raw = json.slice(i + 1, end);
          const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
          const keys = seen[depth];
          if (keys?.has(key)) duplicate ??= key;
          keys?.add(key);
          expectKey = false;
        }
        i = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > maxDepth) throw new RangeError();
        expectKey = depth <= checkedDepth && json[i] === '{';
        if (depth <= checkedDepth) seen[depth] = expectKey ? new Set() : undefined;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        expectKey = false;
        break;
      case 0x2c: // ,
        expectKey = seen[depth] !== undefined;
        break;
      default:
    }
  }
  return duplicate;
}

/** Most keys of real messages are lower case and need no folding. */
const UNPLAIN = /[A-Z]|[^!-~]/;

/** Names by their folded spelling, for {@link findLookAlike}. */
export function foldedNames(...names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [fold(name), name]));
}

/**
 * Finds a key that a lenient reader takes for another key of the object, or for one of `names` though it is spelled
 * otherwise: Go's `encoding/json` reads `Params` and `param\u017f` as `params`, others stop at NUL. Only one of the
 * readings would be checked here (request smuggling).
 */
export function findLookAlike(object: object, names: ReadonlyMap<string, string>): string | undefined {
  const seen = new Set<string>();
  for (const key of Object.keys(object)) {
    const folded = UNPLAIN.test(key) ? fold(key) : key;
    if (seen.has(folded) || (names.get(folded) ?? key) !== key) return key;
    seen.add(folded);
  }
  return undefined;
}

/** Upper case comes first: only it turns `\u017f` into an s and `\u0131` into an i. Lower case leaves a dot of `\u0130`. */
function fold(key: string): string {
  return key
    .toUpperCase()
    .toLowerCase()
    .replace(/\u0307|\0.*/gs, '');
}

function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
