import { isObject, parseObject } from '../../../../lambda/core/json';

test.each([null, undefined, [], 'text', 1, true])('%p is no JSON object', (value) => {
  expect(isObject(value)).toBe(false);
});

test('an object is read from text and from UTF-8 alike', () => {
  expect(parseObject('{"a":"ä"}')).toEqual({ a: 'ä' });
  expect(parseObject(Buffer.from('{"a":"ä"}'))).toEqual({ a: 'ä' });
});

test.each(['', '{', '[]', 'null', '"{}"', '\ufeff{}'])('%j holds no object, and nothing is thrown', (text) => {
  expect(parseObject(text)).toBeUndefined();
  expect(parseObject(Buffer.from(text))).toBeUndefined();
});

test('bytes that are not UTF-8 hold no object: two readers could see two texts in them', () => {
  expect(parseObject(Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]))).toBeUndefined();
});

test('a name JavaScript uses itself is a name like any other', () => {
  expect(Object.keys(parseObject('{"__proto__":1}') ?? {})).toEqual(['__proto__']);
});
