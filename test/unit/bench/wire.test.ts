import { AnswerParser, bodyText } from '../../../bench/wire';

/** Feeds an answer in pieces of a given size; the result of each piece. */
function feed(text: string, size: number): ReturnType<AnswerParser['push']>[] {
  const parser = new AnswerParser();
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  return pieces.map((piece) => parser.push(piece));
}

const FIXED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';

describe('the reader of HTTP answers', () => {
  test.each([
    ['fixed', FIXED],
    ['chunked', CHUNKED],
  ])('has a %s answer with its last byte and not before, however it is cut', (_, text) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      const results = feed(text, size);
      const answer = results.pop();
      expect(results.every((result) => result === undefined)).toBe(true);
      expect(answer?.status).toBe(200);
      expect(answer && bodyText(answer)).toBe('hello');
    }
  });

  test('has an answer without a body', () => {
    const [answer] = feed('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n', 1000);
    expect(answer).toMatchObject({ status: 202, bytes: 0 });
  });

  test('fails on an answer that does not tell its length', () => {
    expect(() => feed('HTTP/1.1 200 OK\r\n\r\n', 1000)).toThrow('an answer 200 has neither a length nor chunks');
  });

  test('fails on a chunk without a size', () => {
    expect(() => feed('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 1000)).toThrow(
      'a chunk has no size',
    );
  });
});
