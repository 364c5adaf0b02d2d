import * as fc from 'fast-check';
import { findDuplicateKey, findLookAlike, foldedNames } from '../../../../lambda/core/duplicate-keys';

describe('findDuplicateKey', () => {
  test.each([
    ['{"method":"a","method":"b"}', 'method'],
    ['{"method":"a","\\u006dethod":"b"}', 'method'],
    ['{"a\\/b":1,"a/b":2}', 'a/b'],
    ['{"params":{"name":"x","name":"y"}}', 'name'],
    ['{"params":{"_meta":{"v":1,"w":2,"v":3}}}', 'v'],
    ['{"id":1,"params":{"a":[{},[],{"b":2}]},"id":2}', 'id'],
    ['{"a":{},"b":[],"a":0}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{ "a" : 1 , \n\t"a"\r: 2 }', 'a'],
    ['{"a":"x\\\\","a":1}', 'a'],
    ['{"a\\"":1,"a\\"":1}', 'a"'],
  ])('%s names %j twice', (json, key) => {
    expect(findDuplicateKey(json, 3)).toBe(key);
  });

  test.each([
    '{"method":"a","Method":"b"}',
    '{"a":{"x":1},"b":{"x":1}}',
    '[{"a":1},{"a":2}]',
    '{"a":["k","k"],"b":["k","k"]}',
    '{"a":{"k":1},"b":["j","k"]}',
    '{"a":"method","method":"a"}',
    '{"a":"\\",\\"a\\":1"}',
    '{"a":"},{","b":"[\\"a\\":1]"}',
    '{"a\\\\":1,"a":2}',
    '"a"',
    '0',
  ])('%s names no key twice', (json) => {
    expect(findDuplicateKey(json, 3)).toBeUndefined();
  });

  test('looks no deeper than told: what lies below cannot change what a call means', () => {
    const json = '{"1":{"2":{"3":{"4":1,"4":2}}}}';
    expect(findDuplicateKey(json, 3)).toBeUndefined();
    expect(findDuplicateKey(json, 4)).toBe('4');
  });

  test('finds a duplicate behind what lies too deep', () => {
    expect(findDuplicateKey('{"a":{"b":{"c":{"d":[{"e":{}}]}}},"a":1}', 3)).toBe('a');
  });

  test('counts the levels of arrays, too', () => {
    expect(findDuplicateKey('[[[{"a":1,"a":2}]]]', 3)).toBeUndefined();
    expect(findDuplicateKey('[[{"a":1,"a":2}]]', 3)).toBe('a');
  });

  test('reads a megabyte of nothing but nesting, quotes or backslashes', () => {
    const million = 1_000_000;
    expect(findDuplicateKey(`${'['.repeat(million)}${']'.repeat(million)}`, 3)).toBeUndefined();
    expect(findDuplicateKey(`{"a":"${'\\"'.repeat(million)}","a":1}`, 3)).toBe('a');
    expect(findDuplicateKey(`{"a":"${'\\\\'.repeat(million)}","a":1}`, 3)).toBe('a');
  });

  test('agrees with a plain reader on any JSON, whatever its keys and its depth', () => {
    const key = fc.constantFrom('a', 'b', '"', '\\', '\u2028', '__proto__', 'ab');
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom<Json>({ text: '"{\\"a\\":[,]}"' }, { text: '"\\\\"' }, { text: '-1.5e3' }, { text: 'null' }),
        fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((members) => ({ members })),
        fc.array(tie('tree'), { maxLength: 3 }).map((items) => ({ items })),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.boolean(), fc.integer({ min: 1, max: 4 }), (json, isEscaped, depth) => {
        expect(findDuplicateKey(write(json, isEscaped), depth)).toBe(firstDuplicate(json, depth));
      }),
      { numRuns: 500 },
    );
  });
});

describe('findLookAlike', () => {
  test.each([
    ['Method'],
    ['METHOD'],
    ['method\0'],
    ['method\0\0'],
    ['method\0x'],
    ['METHOD\0'],
    ['param\u017f'],
    ['ta\u212a'],
    ['\u0131d'],
    ['\u0130d'],
  ])('%j is taken for a name by readers that ignore case', (key) => {
    expect(findLookAlike({ other: 1, [key]: 2 }, foldedNames('method', 'params', 'tak', 'id'))).toBe(key);
  });

  test.each([
    [['a', 'A'], 'A'],
    [['A', 'a'], 'a'],
    [['aB', 'Ab'], 'Ab'],
    [['ü', 'Ü'], 'Ü'],
    [['Ü', 'ü'], 'ü'],
    [['progressToken', 'progresstoken'], 'progresstoken'],
    [['__proto__', '__PROTO__'], '__PROTO__'],
  ])('of %j the second reading is %j', (keys, key) => {
    const object: unknown = JSON.parse(`{${keys.map((name) => `${JSON.stringify(name)}:1`).join()}}`);
    expect(findLookAlike(object as object, foldedNames())).toBe(key);
  });

  test('a lower-case key is taken for a name that has capitals', () => {
    expect(findLookAlike({ taskid: 1 }, foldedNames('taskId'))).toBe('taskid');
    expect(findLookAlike({ taskId: 1 }, foldedNames('taskId'))).toBeUndefined();
  });

  test.each([
    [['method', 'params', '_meta']],
    [['progressToken', 'protocolVersion', 'clientInfo']],
    [['io.example/Name', 'ü', 'ß', ' ']],
    [['io.modelcontextprotocol/protocolVersion']],
    [['toString', 'constructor', 'Valueof', 'HASOWNPROPERTY']],
  ])('%j are what they are', (keys) => {
    const names = foldedNames('method', 'params', '_meta', 'io.modelcontextprotocol/protocolVersion');
    expect(findLookAlike(Object.fromEntries(keys.map((key) => [key, 1])), names)).toBeUndefined();
  });
});

/** JSON in which a key may occur twice. */
type Json =
  | { readonly text: string }
  | { readonly members: readonly (readonly [string, Json])[] }
  | { readonly items: readonly Json[] };

function write(json: Json, isEscaped: boolean): string {
  if ('text' in json) return json.text;
  if ('items' in json) return `[${json.items.map((item) => write(item, isEscaped)).join(' , ')}]`;
  return `{${json.members
    .map(([key, value], i) => `${writeKey(key, isEscaped && i % 2 === 1)} : ${write(value, isEscaped)}`)
    .join()}}`;
}

function writeKey(key: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(key);
  return `"${Array.from(key, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
}

/** In the order in which a reader meets them. */
function firstDuplicate(json: Json, depth: number): string | undefined {
  if (depth === 0 || 'text' in json) return undefined;
  if ('items' in json) return first(json.items.map((item) => () => firstDuplicate(item, depth - 1)));
  const seen = new Set<string>();
  return first(
    json.members.map(([key, value]) => () => {
      if (seen.has(key)) return key;
      seen.add(key);
      return firstDuplicate(value, depth - 1);
    }),
  );
}

function first(steps: readonly (() => string | undefined)[]): string | undefined {
  for (const step of steps) {
    const found = step();
    if (found !== undefined) return found;
  }
  return undefined;
}
