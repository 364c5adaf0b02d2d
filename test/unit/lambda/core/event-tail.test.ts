import { EventTail } from '../../../../lambda/core/event-tail';

const RESULT = '{"jsonrpc":"2.0","id":5,"result":{}}';
const ERROR = '{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"no"}}';
const PROGRESS = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';

function tailOf(chunks: readonly string[], awaited: string | number | null = 5): EventTail {
  const tail = new EventTail(awaited);
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail;
}

describe('the awaited response has gone by', () => {
  test.each([
    ['as one event', [`data: ${RESULT}\n\n`]],
    ['as an error', [`data: ${ERROR}\n\n`]],
    ['in single bytes', [...`event: message\nid: 1\ndata: ${RESULT}\n\n`]],
    ['without a blank behind the colon', [`data:${RESULT}\n\n`]],
    ['with CRLF', [`event: message\r\ndata: ${RESULT}\r\n\r\n`]],
    ['with CR', [`data: ${RESULT}\r\r`]],
    ['over several lines', [`data: ${RESULT.replace('"id"', '\ndata: "id"')}\n\n`]],
    ['behind a byte order mark', [`\uFEFFdata: ${RESULT}\n\n`]],
    ['behind notifications', [PROGRESS, PROGRESS, `data: ${RESULT}\n\n`]],
    ['before a comment', [`data: ${RESULT}\n\n`, ': ping\n\n']],
    ['before a notification', [`data: ${RESULT}\n\n`, PROGRESS]],
    ['before an event that broke off', [`data: ${RESULT}\n\n`, 'data: {"js']],
    ['in a batch', [`data: [${RESULT}]\n\n`]],
    ['though it is larger than what is remembered', [PROGRESS, `data: {"text":"${'x'.repeat(200_000)}"`, '}\n\n']],
    ['large, before a comment', ['data: "', 'x'.repeat(100_000), '"\n\n: ping\n\n']],
  ])('%s', (_, chunks) => {
    expect(tailOf(chunks).isAnswered()).toBe(true);
  });

  test('for an id that is a string', () => {
    expect(tailOf([`data: ${RESULT.replace('5', '"5"')}\n\n`], '5').isAnswered()).toBe(true);
  });

  test('where none is awaited', () => {
    expect(tailOf([], null).isAnswered()).toBe(true);
  });

  test('behind more notifications than are remembered, in as many pieces', () => {
    const many = Array.from({ length: 5_000 }, () => PROGRESS);
    expect(tailOf([...many, `data: ${RESULT}\n\n`]).isAnswered()).toBe(true);
  });

  test('at the end of a stream, though its last event lacks the blank line', () => {
    const tail = tailOf([`data: ${RESULT}\n`]);
    expect([tail.isAnswered(), tail.isAnswered(true)]).toEqual([false, true]);
  });
});

describe('the awaited response is still to come', () => {
  test.each([
    ['at the start', []],
    ['behind a notification', [PROGRESS]],
    ['behind what only primes a resumption', ['id: 1\nretry: 500\ndata: \n\n']],
    ['behind a response to something else', [`data: ${RESULT.replace('5', '6')}\n\n`]],
    ['behind a response to no one', [`data: ${ERROR.replace('5', 'null')}\n\n`]],
    ['behind a request with the same id', ['data: {"jsonrpc":"2.0","id":5,"method":"sampling/createMessage"}\n\n']],
    ['while it is not complete', [`data: ${RESULT}\n`]],
    ['behind a comment that quotes it', [`: data: ${RESULT}\n\n`]],
    ['behind what is no JSON', ['data: {"id":5,"result"\n\n', 'data: null\n\n', 'data: 5\n\n']],
    ['behind more notifications than are remembered', Array.from({ length: 5_000 }, () => PROGRESS)],
    ['in an event larger than what is remembered', [`data: ${'x'.repeat(200_000)}`]],
  ])('%s', (_, chunks) => {
    expect(tailOf(chunks).isAnswered()).toBe(false);
  });
});

test.each([
  [true, []],
  [true, [PROGRESS]],
  [true, ['data: 1\n', '\n']],
  [true, ['data: 1', '\r\n', '\r', '\n']],
  [true, ['data: 1\r\r']],
  [true, ['data: 1\n\r\n']],
  [true, [`data: ${'x'.repeat(200_000)}`, '\n', '\n']],
  [false, ['data: 1']],
  [false, ['data: 1\n']],
  [false, [PROGRESS, 'data: 1\r\n']],
  [false, [...PROGRESS, 'd']],
])('is between two events: %s, behind %j', (expected, chunks) => {
  expect(tailOf(chunks).isBetweenEvents()).toBe(expected);
});

test('remembers little of a long stream, whatever its pieces', () => {
  for (const size of [1, 1_000, 65_536, 300_000]) {
    const tail = new EventTail(5);
    const piece = Buffer.alloc(size, 'x');
    for (let sent = 0; sent < 500_000; sent += size) tail.push(piece);
    const remembered = tail['pieces'].reduce((sum, { length }) => sum + length, 0);
    expect(remembered).toBeLessThan(128 * 1024 + size);
  }
});
