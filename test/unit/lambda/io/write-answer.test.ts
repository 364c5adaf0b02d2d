import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Answer, CompleteAnswer, StreamedBody } from '../../../../lambda/core/http-message';
import { UpstreamFailure } from '../../../../lambda/core/upstream-call';
import { writeAnswer } from '../../../../lambda/io/write-answer';

const EVENT = 'data: {"a":1}\n\n';
const RESPONSE = 'data: {"jsonrpc":"2.0","id":5,"result":{}}\n\n';
const ERROR: CompleteAnswer = { status: 504, headers: {}, body: { kind: 'complete', bytes: '{"error":1}' } };
const ERROR_EVENT = 'event: message\ndata: {"error":1}\n\n';

/** What the platform gives us to write to; takes a chunk only when told, if `isSlow`. */
class Platform extends Writable {
  readonly chunks: string[] = [];
  private release: (() => void) | undefined;

  constructor(private readonly isSlow = false) {
    super({ highWaterMark: 10, decodeStrings: true });
  }

  get text(): string {
    return this.chunks.join('');
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk.toString());
    if (this.isSlow) this.release = done;
    else done();
  }

  /** Takes the chunk it was given last. */
  take(): void {
    const { release } = this;
    this.release = undefined;
    release?.();
  }
}

/** A source that says what it is told, when it is told. */
function source(): Readable {
  return new Readable({ read: () => undefined });
}

/** Words every failure the same, and remembers it. */
function recorder() {
  const failures: unknown[] = [];
  const fail = async (failure: unknown) => {
    failures.push(failure);
    return ERROR;
  };
  return { failures, fail };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function streamed(from: Readable, values: Partial<StreamedBody> = {}): Answer {
  const body = {
    kind: 'stream',
    source: from,
    lengthBytes: undefined,
    needles: [],
    isEvents: false,
    awaited: 5,
    fail: async () => ERROR,
  } as const;
  return { status: 200, headers: {}, body: { ...body, ...values } };
}
/** What node's HTTP client knows of an answer that has arrived whole. */
const arrived = (text: string) => {
  const from = source();
  from.push(text);
  from.push(null);
  return Object.assign(from, { complete: true });
};
const events = (from: Readable, ...needles: string[]) =>
  streamed(from, { needles: needles.map((needle) => Buffer.from(needle)), isEvents: true });
const complete = (bytes: string | Buffer): Answer => ({ status: 200, headers: {}, body: { kind: 'complete', bytes } });

test('an answer that has arrived whole is written whole, without its secrets, and read to its end', async () => {
  const out = new Platform();
  const from = arrived('{"key":"sk_live_1"}');
  const ended = once(from, 'end');
  const needles = [Buffer.from('sk_live_1')];
  expect(await writeAnswer(streamed(from, { needles }), out)).toEqual({ bytes: 20, ending: 'complete' });
  expect(out.chunks).toEqual(['{"key":"[redacted]"}']);
  await ended;
});

test('an answer that has arrived whole and ends like the beginning of a secret keeps that end', async () => {
  const out = new Platform();
  const needles = [Buffer.from('sk_live_1')];
  await writeAnswer(streamed(arrived('"sk_live'), { needles }), out);
  expect(out.text).toBe('"sk_live');
});

test('an answer that has arrived whole and is empty is a failure', async () => {
  const out = new Platform();
  expect(await writeAnswer(streamed(arrived('')), out)).toEqual({ bytes: 0, ending: 'cut', instead: ERROR });
});

test('a client who left before the answer was there gets none, and the source is stopped', async () => {
  const out = new Platform();
  out.destroy();
  await turn();
  const from = source();
  expect(await writeAnswer(complete('x'), out)).toEqual({ bytes: 0, ending: 'abandoned' });
  expect(await writeAnswer(streamed(from), out)).toEqual({ bytes: 0, ending: 'abandoned' });
  expect([from.destroyed, out.chunks]).toEqual([true, []]);
});

describe('a complete answer', () => {
  test('is written whole', async () => {
    const out = new Platform();
    expect(await writeAnswer(complete('{"ü":1}'), out)).toEqual({ bytes: 8, ending: 'complete' });
    expect([out.text, out.writableFinished]).toEqual(['{"ü":1}', true]);
  });

  test('without a body still writes once: the head travels with the first write', async () => {
    const out = new Platform();
    expect(await writeAnswer(complete(''), out)).toEqual({ bytes: 0, ending: 'complete' });
    expect(out.chunks).toEqual(['']);
  });

  test('that the platform does not take is abandoned, and throws nothing', async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    expect(await writeAnswer(complete('x'), failing)).toEqual({ bytes: 0, ending: 'abandoned' });
    const gone = new Platform(true);
    const written = writeAnswer(complete('x'), gone);
    gone.destroy();
    expect(await written).toEqual({ bytes: 0, ending: 'abandoned' });
  });
});

describe('a streamed answer', () => {
  test('passes chunk by chunk as it arrives', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(streamed(from), out);
    for (const chunk of ['one', 'two']) {
      from.push(chunk);
      await turn();
      expect(out.chunks.at(-1)).toBe(chunk);
    }
    from.push(null);
    expect(await written).toEqual({ bytes: 6, ending: 'complete' });
    expect(out.writableFinished).toBe(true);
  });

  test('stops reading while the platform does not keep up, and goes on when it does', async () => {
    const out = new Platform(true);
    const from = source();
    const written = writeAnswer(streamed(from), out);
    from.push('0123456789');
    await turn();
    expect(from.isPaused()).toBe(true);
    from.push('more');
    await turn();
    expect(out.chunks).toEqual(['0123456789']);
    out.take();
    await turn();
    expect([from.isPaused(), out.text]).toEqual([false, '0123456789more']);
    from.push(null);
    out.take();
    expect(await written).toMatchObject({ ending: 'complete' });
  });

  test('holds no more than a few chunks of an upstream that is faster than the client', async () => {
    const out = new Platform(true);
    let made = 0;
    const from = new Readable({
      highWaterMark: 1024,
      read() {
        made += 1;
        this.push(Buffer.alloc(1024));
      },
    });
    void writeAnswer(streamed(from), out);
    for (let i = 0; i < 50; i++) await turn();
    expect(made).toBeLessThan(8);
    out.destroy();
  });

  test('that is empty, where no response is due, still writes once', async () => {
    const out = new Platform();
    const empty = streamed(Readable.from([]), { awaited: null });
    expect(await writeAnswer(empty, out)).toEqual({ bytes: 0, ending: 'complete' });
    expect(out.chunks).toEqual(['']);
  });

  test('that is empty, where a response is due, is replaced by an error', async () => {
    const out = new Platform();
    const { failures, fail } = recorder();
    const empty = streamed(Readable.from([]), { fail });
    expect(await writeAnswer(empty, out)).toEqual({ bytes: 0, ending: 'cut', instead: ERROR });
    expect([out.chunks, failures]).toEqual([[], [new UpstreamFailure('not_http')]]);
    expect(await writeAnswer(ERROR, out)).toEqual({ bytes: 11, ending: 'complete' });
    expect(out.text).toBe('{"error":1}');
  });

  test('whose source breaks before its first byte, or while all of it is held back, is replaced by an error', async () => {
    for (const pushed of [undefined, 'sk_live']) {
      const out = new Platform();
      const from = source();
      const written = writeAnswer(streamed(from, { needles: [Buffer.from('sk_live_1')] }), out);
      if (pushed !== undefined) from.push(pushed);
      await turn();
      from.destroy(new UpstreamFailure('idle_timeout'));
      expect(await written).toEqual({ bytes: 0, ending: 'cut', instead: ERROR });
      expect([out.chunks, out.destroyed]).toEqual([[], false]);
    }
  });

  test('stops its source when the client goes away', async () => {
    for (const how of [undefined, new Error('EPIPE')]) {
      const out = new Platform();
      const from = source();
      const written = writeAnswer(streamed(from), out);
      from.push('one');
      await turn();
      out.destroy(how);
      expect(await written).toEqual({ bytes: 3, ending: 'abandoned' });
      expect(from.destroyed).toBe(true);
    }
  });

  test('is abandoned by a client that leaves at the very end: it has not got all of it', async () => {
    const out = new Platform(true);
    const from = source();
    const written = writeAnswer(streamed(from), out);
    from.push('one');
    await turn();
    from.push(null);
    await turn();
    expect(out.writableEnded).toBe(true);
    out.destroy();
    expect(await written).toEqual({ bytes: 3, ending: 'abandoned' });
  });

  test('is cut where its source breaks: half a JSON text must not look whole', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(streamed(from), out);
    from.push('{"half":');
    await turn();
    from.destroy(new Error('reset'));
    expect(await written).toEqual({ bytes: 8, ending: 'cut' });
    expect(out.writableEnded).toBe(false);
  });

  test.each([
    ['with an error', new Error('reset')],
    ['without one', undefined],
  ])(
    'whose source had broken before anyone listened, %s, is replaced by an error and does not hang',
    async (_, error) => {
      const from = source();
      from.on('error', () => undefined);
      from.destroy(error);
      await turn();
      expect(await writeAnswer(streamed(from), new Platform())).toEqual({ bytes: 0, ending: 'cut', instead: ERROR });
    },
  );

  test('whose source closes without an end is cut', async () => {
    const from = source();
    const written = writeAnswer(streamed(from), new Platform());
    from.push('{');
    await turn();
    from.destroy();
    expect(await written).toEqual({ bytes: 1, ending: 'cut' });
  });
});

describe('a stream of events', () => {
  test('sends its head before the first event', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    expect(out.chunks).toEqual(['']);
    from.push(RESPONSE);
    from.push(null);
    expect(await written).toEqual({ bytes: RESPONSE.length, ending: 'complete' });
  });

  test.each([
    ['before the first event', []],
    ['behind an event', [EVENT]],
    ['behind an event in two pieces', ['data: {"a":1}\n', '\n']],
    ['behind an event in single bytes', [...EVENT]],
    ['behind an event that ends in CRLF', ['data: 1\r\n\r\n']],
    ['behind an event that ends in CR', ['data: 1\r\r']],
    ['behind an event that ends in both', ['data: 1\n\r\n']],
    ['behind a comment', [': ping\n\n']],
  ])('that breaks %s ends with an error event', async (_, chunks) => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    for (const chunk of chunks) from.push(chunk);
    await turn();
    from.destroy(new Error('reset'));
    expect(await written).toMatchObject({ ending: 'failed' });
    expect(out.text).toBe(chunks.join('') + ERROR_EVENT);
    expect(out.writableFinished).toBe(true);
  });

  test.each([
    ['inside an event', ['data: {"a":']],
    ['behind a line that is not the last', ['data: 1\n']],
    ['behind one CRLF', [EVENT, 'data: 1\r\n']],
    ['inside an event in single bytes', [...EVENT, 'd']],
  ])('that breaks %s is cut: an event appended there would be read as part of it', async (_, chunks) => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    for (const chunk of chunks) from.push(chunk);
    await turn();
    from.destroy(new Error('reset'));
    expect(await written).toMatchObject({ ending: 'cut' });
    expect(out.text).toBe(chunks.join(''));
  });

  test('that breaks while the beginning of a secret is held back is cut', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from, '\n\nsecret'), out);
    from.push('data: 1\n\n');
    await turn();
    from.destroy(new Error('reset'));
    expect(await written).toEqual({ bytes: 7, ending: 'cut' });
    expect(out.text).toBe('data: 1');
  });

  test('that breaks while only the beginning of an event is held back ends with an error event', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from, 'data: sk_live_1'), out);
    from.push(`: ping\n\nda`);
    await turn();
    from.destroy(new Error('reset'));
    expect(await written).toMatchObject({ ending: 'failed' });
    expect(out.text).toBe(`: ping\n\n${ERROR_EVENT}`);
  });

  test.each([
    ['breaks', new Error('reset')],
    ['closes', undefined],
  ])('that %s behind the response ends there: an error event would be a second answer', async (_, failure) => {
    for (const behind of ['', ': ping\n\n', 'data: {"hal']) {
      const out = new Platform();
      const from = source();
      const { failures, fail } = recorder();
      const written = writeAnswer(streamed(from, { isEvents: true, fail }), out);
      from.push(RESPONSE + behind);
      await turn();
      from.destroy(failure);
      expect(await written).toMatchObject({ ending: 'complete' });
      expect([out.text, out.writableFinished, failures]).toEqual([RESPONSE + behind, true, []]);
    }
  });

  test.each([
    ['at once', ''],
    ['behind a notification', EVENT],
    ['behind a response to something else', RESPONSE.replace('5', '6')],
    ['to have it resumed by GET, which nobody can here', 'id: 1\nretry: 500\ndata: \n\n'],
  ])('that ends %s, without the response, ends with an error event', async (_, sent) => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    if (sent !== '') from.push(sent);
    from.push(null);
    expect(await written).toEqual({ bytes: sent.length, ending: 'failed' });
    expect(out.text).toBe(sent + ERROR_EVENT);
  });

  test('that ends in the middle of an event is cut', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    from.push(`${EVENT}data: {"jsonrpc`);
    from.push(null);
    expect(await written).toMatchObject({ ending: 'cut' });
    expect(out.writableEnded).toBe(false);
  });

  test('that ends with its response, but without a blank line, passes: some clients read it', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from), out);
    from.push(RESPONSE.trimEnd());
    from.push(null);
    expect(await written).toMatchObject({ ending: 'complete' });
    expect(out.text).toBe(RESPONSE.trimEnd());
  });

  test('that answers no request may end at any time', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(streamed(from, { isEvents: true, awaited: null }), out);
    from.push(EVENT);
    from.push(null);
    expect(await written).toEqual({ bytes: EVENT.length, ending: 'complete' });
  });

  test('tells its failure to whoever words the event', async () => {
    const { failures, fail } = recorder();
    const failure = new Error('idle');
    const from = source();
    const written = writeAnswer(streamed(from, { isEvents: true, fail }), new Platform());
    from.destroy(failure);
    await written;
    expect(failures).toEqual([failure]);
  });
});

describe('secrets', () => {
  test('are taken out, though cut in two', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(events(from, 'sk_live_1'), out);
    for (const chunk of ['data: {"id":5,"result":"sk_l', 'ive_1"}\n\n']) {
      from.push(chunk);
      await turn();
    }
    from.push(null);
    expect(await written).toMatchObject({ ending: 'complete' });
    expect(out.text).toBe('data: {"id":5,"result":"[redacted]"}\n\n');
  });

  test('do not keep back what only began like one', async () => {
    const out = new Platform();
    const from = source();
    const written = writeAnswer(streamed(from, { needles: [Buffer.from('sk_live_1')] }), out);
    from.push('"sk_live_');
    from.push(null);
    expect(await written).toEqual({ bytes: 9, ending: 'complete' });
    expect(out.text).toBe('"sk_live_');
  });
});

test('a source of known length is read to its end, even where the client is slower than its last chunk', async () => {
  const source = Readable.from([Buffer.from('abc'), Buffer.from('def')], { objectMode: false });
  const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => setImmediate(done) });
  const ended = new Promise((resolve) => source.once('end', resolve));
  const written = await writeAnswer(streamed(source, { lengthBytes: 6 }), slow);
  await ended;
  expect(written).toEqual({ bytes: 6, ending: 'complete' });
});
