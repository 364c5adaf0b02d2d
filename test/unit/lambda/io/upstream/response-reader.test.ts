import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { MalformedResponse, type ResponseHead } from '../../../../../lambda/io/upstream/response-head';
import { ResponseReader } from '../../../../../lambda/io/upstream/response-reader';

interface Read {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

type Outcome = Read | 'malformed' | 'unfinished' | 'more';

/** Reads an answer that comes in pieces, on a connection that ends behind it. */
function read(text: string, pieceBytes = Infinity): Outcome {
  let head: ResponseHead | undefined;
  let body = '';
  const reader = new ResponseReader({
    onHead: (found) => {
      head = found;
    },
    onData: (bytes) => {
      body += bytes.toString('latin1');
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (reader.push(bytes.subarray(at, Math.min(bytes.length, at + pieceBytes)))) return 'more';
    }
  } catch (error) {
    if (error instanceof MalformedResponse) return 'malformed';
    throw error;
  }
  return head !== undefined && reader.endsWithConnection
    ? { status: head.status, headers: head.headers, body }
    : 'unfinished';
}

const OK = 'HTTP/1.1 200 OK\r\n';
const JSON_LINE = 'Content-Type: application/json\r\n';
const SEEDS = [
  `${OK}${JSON_LINE}Content-Length: 2\r\n\r\n{}`,
  `${OK}${JSON_LINE}Content-Length: 0\r\nMcp-Session-Id:  a b \r\n\r\n`,
  `${OK}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0a;x=1\r\ndata: 23\n\n\r\n0\r\nX: y\r\n\r\n`,
  `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 3\r\nConnection: close\r\n\r\nabc`,
  `HTTP/1.0 200 OK\r\n${JSON_LINE}\r\n{"until":"close"}`,
  'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 429 \r\nRetry-After: 5\r\nKeep-Alive: timeout=5, max=9\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
];

describe('an answer', () => {
  test.each(SEEDS)('is the same however it is cut: %j', (seed) => {
    const whole = read(seed);
    expect(whole).toHaveProperty('status');
    for (const pieceBytes of [1, 2, 3, 7, 64]) expect(read(seed, pieceBytes)).toEqual(whole);
  });

  test('passes body bytes uncopied', () => {
    const seen: Buffer[] = [];
    const reader = new ResponseReader({ onHead: () => undefined, onData: (bytes) => seen.push(bytes) });
    reader.push(Buffer.from(`${OK}Content-Length: 4\r\n\r\n`));
    const chunk = Buffer.from('abcd');
    reader.push(chunk);
    expect(seen[0]).toBe(chunk);
  });

  test('joins values of one name, and no name is special', () => {
    const answer = read(`${OK}__proto__: a\r\nVary: a\r\nvary: b\r\nContent-Length: 0\r\n\r\n`);
    const headers = typeof answer === 'string' ? {} : answer.headers;
    expect(Object.entries(headers)).toEqual([
      ['__proto__', 'a'],
      ['vary', 'a, b'],
      ['content-length', '0'],
    ]);
  });
});

test.each([
  ['a length beside chunks', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks beside a length', `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`],
  ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\n{}`],
  ['a length with a sign', `${OK}Content-Length: +2\r\n\r\n{}`],
  ['a length beyond all', `${OK}Content-Length: 9999999999999999999\r\n\r\n{}`],
  ['another coding around chunks', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['chunks twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a length with a blank that is none', `${OK}Content-Length: 2\xa0\r\n\r\n{}`],
  ['chunks with a blank that is none', `${OK}Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n`],
  ['a space before the colon', `${OK}Content-Length : 2\r\n\r\n{}`],
  ['a folded line', `${OK}X: a\r\n Content-Length: 2\r\n\r\n{}`],
  ['a line without a colon', `${OK}Content-Length 2\r\n\r\n{}`],
  ['a line ended by LF alone', `HTTP/1.1 200 OK\nX: y\r\nContent-Length: 2\r\n\r\n{}`],
  ['a CR within a value', `${OK}X: a\rY: b\r\nContent-Length: 2\r\n\r\n{}`],
  ['a zero byte', `${OK}X: a\0\r\nContent-Length: 2\r\n\r\n{}`],
  ['HTTP/2', 'HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n{}'],
  ['another protocol', '220 smtp ready\r\n'],
  ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n'],
  ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`],
  ['a chunk with a sign', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
  ['a chunk with a prefix', `${OK}Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n`],
  ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
  ['a size ended by LF alone', `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\r\n`],
  ['a size without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n${'0'.repeat(20_000)}`],
  ['a head without an end', `${OK}X: ${'x'.repeat(20_000)}`],
  ['too long a head', `${OK}X: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['a trailer that is no field', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX y\r\n\r\n`],
  ['an extension that is none', `${OK}Transfer-Encoding: chunked\r\n\r\n1;a=,b\r\nx\r\n0\r\n\r\n`],
  ['an interim answer of HTTP/1.0', `HTTP/1.0 103 Early Hints\r\n\r\n${OK}Content-Length: 0\r\n\r\n`],
  ['trailers without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'X: yyyyyyyyyyyyyyyy\r\n'.repeat(1000)}`],
])('refuses %s', (_, text) => {
  expect([read(text), read(text, 5)]).toEqual(['malformed', 'malformed']);
});

test.each([
  [`${OK}Content-Length: 3\r\n\r\n{}`, 'unfinished'],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`, 'unfinished'],
  [`${OK}Content-`, 'unfinished'],
  [`${OK}Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK`, 'more'],
  ['HTTP/1.1 304 Not Modified\r\n\r\nx', 'more'],
])('%j is %s', (text, outcome) => {
  expect(read(text)).toBe(outcome);
});

test.each([
  ['', Infinity],
  ['Connection: keep-alive\r\n', Infinity],
  ['Connection: Close\r\n', 0],
  ['Connection: x, close\r\n', 0],
  ['Keep-Alive: timeout=5\r\n', 4000],
  ['Keep-Alive: max=9, timeout=1\r\n', 0],
])('a connection is kept as the server says: %j', (line, ms) => {
  let kept: number | undefined;
  new ResponseReader({ onHead: (head) => (kept = head.keepAliveMs), onData: () => undefined }).push(
    Buffer.from(`${OK}${line}Content-Length: 0\r\n\r\n`),
  );
  expect(kept).toBe(ms);
});

test('10,000 spaces cost no more than their number', () => {
  const spaces = ' '.repeat(10_000);
  for (let i = 0; i < 200; i += 1) read(`${OK}X: a${spaces}b${spaces}\x01\r\n\r\n`);
  expect(read(`${OK}Content-Length:${spaces}2\r\n\r\n{}`)).toMatchObject({ body: '{}' });
});

/** What node's own client makes of the same bytes. */
function nodeReads(text: string): Promise<Read | undefined> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const call = request({ createConnection: () => wire, method: 'POST', host: 'up.example' });
    const refuse = () => resolve(undefined);
    call.on('error', refuse);
    let isAnswered = false;
    call.on('close', () => isAnswered || refuse());
    call.on('response', (response) => {
      isAnswered = true;
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', refuse);
      response.on('close', refuse);
      const headers = response.headers as Record<string, string | undefined>;
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers, body }));
    });
    call.end();
    wire.push(Buffer.from(text, 'latin1'));
    wire.push(null);
  });
}

/** Mulberry32: the same mutations in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PARTS = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '0',
  '1',
  'a',
  '\0',
  '\x80',
  'chunked',
  'close',
  'Content-Length: 1\r\n',
  'Transfer-Encoding: chunked\r\n',
];

test('of 4,000 mutated answers, none is read as anything but what node reads', async () => {
  const random = randomOf(7);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  let taken = 0;
  for (let i = 0; i < 4000; i += 1) {
    let text = pick(SEEDS);
    for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits -= 1) {
      const at = Math.floor(random() * text.length);
      text = text.slice(0, at) + (random() < 0.6 ? pick(PARTS) : '') + text.slice(at + (random() < 0.5 ? 1 : 0));
    }
    const ours = read(text, 1 + Math.floor(random() * 40));
    // What comes behind an answer is nobody's: the connection ends with it.
    if (typeof ours === 'string') continue;
    taken += 1;
    const theirs = await nodeReads(text);
    const shown = { text, ...ours, headers: ours.headers['mcp-session-id'] };
    expect(shown).toEqual({ text, ...theirs, headers: theirs?.headers['mcp-session-id'] });
  }
  expect(taken).toBeGreaterThan(1000);
});
