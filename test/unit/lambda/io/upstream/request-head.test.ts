import { requestHead } from '../../../../../lambda/io/upstream/request-head';

const PLACE = { host: 'up.example', path: '/mcp?x=1' };

test('the head of a call says where it goes, how it goes on, and how long it is', () => {
  expect(requestHead('POST', PLACE, { 'x-api-key': 'sk\t1' }, 12)).toBe(
    'POST /mcp?x=1 HTTP/1.1\r\nx-api-key: sk\t1\r\nHost: up.example\r\nConnection: keep-alive\r\nContent-Length: 12\r\n\r\n',
  );
});

test.each([
  ['x', 'a\r\nAuthorization: b'],
  ['x', 'a\nb'],
  ['x', 'a\rb'],
  ['x', 'a\0'],
  ['x', 'é'],
  ['x', '\u010d\u010a'],
  ['x y', 'a'],
  ['x:', 'a'],
  ['x\r\ny', 'a'],
  ['', 'a'],
  ['Host', 'other.example'],
  ['content-length', '0'],
  ['Transfer-Encoding', 'chunked'],
])('a field that would be read as two is never written: %j %j', (name, value) => {
  const write = () => requestHead('POST', PLACE, { [name]: value }, 0);
  expect(write).toThrow(RangeError);
  // Whose value it was, a log must not learn.
  expect(write).toThrow(/^a header field that is none$/);
});
