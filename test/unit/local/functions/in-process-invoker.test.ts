import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { type InProcessOptions, inProcessInvoker } from '../../../../local/functions/in-process-invoker';
import type { FunctionInvoker, FunctionName } from '../../../../local/functions/invoker';
import { mainGlobal } from '../../../../local/functions/main-realm';

const root = mkdtempSync(join(tmpdir(), 'in-process-'));
const never = new AbortController().signal;
let made = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A staged function of this source text. */
function staged(source: string): string {
  const dir = join(root, `f${++made}`);
  mkdirSync(dir);
  writeFileSync(join(dir, 'index.mjs'), source);
  return dir;
}

function load(fn: FunctionName, source: string, options: Partial<InProcessOptions> = {}): Promise<FunctionInvoker> {
  return inProcessInvoker({ functionDirs: { [fn]: staged(source) }, env: {}, ...options });
}

/** A streaming function whose body is the given statements over `event`, `stream`, `context` and `from`. */
function streaming(statements: string, options: Partial<InProcessOptions> = {}): Promise<FunctionInvoker> {
  const source = `
    const from = (...args) => awslambda.HttpResponseStream.from(...args);
    export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
      ${statements}
    });`;
  return load('mcp', source, options);
}

const HEAD = `{ statusCode: 200, headers: {} }`;

describe('a buffered function', () => {
  test('answers what it returns, as JSON would carry it', async () => {
    const source = `export const handler = async (event) => ({ ...event, gone: undefined, at: new Date(0) })`;
    const invoker = await load('vault', source);
    const answer = await invoker.invokeBuffered('vault', { a: 1 }, never);
    expect(answer).toEqual({ a: 1, at: '1970-01-01T00:00:00.000Z' });
    expect(answer).not.toHaveProperty('gone');
  });

  test('answers null when it returns nothing', async () => {
    const invoker = await load('vault', `export const handler = async () => {}`);
    expect(await invoker.invokeBuffered('vault', {}, never)).toBeNull();
  });

  test.each([
    [`throw new RangeError('late')`, 'RangeError', 'late'],
    [`throw 'text'`, 'string', 'text'],
    [`throw Object.assign(new Error('x'), { name: 'Custom' })`, 'Custom', 'x'],
    [`throw null`, 'object', 'null'],
  ])('fails with what it threw: %s', async (statement, errorType, errorMessage) => {
    const invoker = await load('vault', `export const handler = async () => { ${statement} }`);
    const failing = invoker.invokeBuffered('vault', {}, never);
    await expect(failing).rejects.toMatchObject({ name: 'FunctionError', errorType, errorMessage });
  });

  test('fails when it takes longer than its time', async () => {
    const invoker = await load('vault', `export const handler = () => new Promise(() => {})`, { timeoutMs: 20 });
    await expect(invoker.invokeBuffered('vault', {}, never)).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'Task timed out after 0.02 seconds',
    });
  });

  test('is told who it is and how long it has', async () => {
    const source = `export const handler = async (_, context) => ({ ...context, left: context.getRemainingTimeInMillis() })`;
    const invoker = await load('vault', source, { timeoutMs: 60_000 });
    const [first, second] = (await Promise.all([
      invoker.invokeBuffered('vault', {}, never),
      invoker.invokeBuffered('vault', {}, never),
    ])) as [Record<string, unknown>, Record<string, unknown>];
    expect(first).toMatchObject({ functionName: 'vault', functionVersion: '$LATEST' });
    expect(first['awsRequestId']).not.toBe(second['awsRequestId']);
    expect(Number(first['left'])).toBeLessThanOrEqual(60_000);
    expect(Number(first['left'])).toBeGreaterThan(0);
  });
});

describe('a streaming function', () => {
  test('has its head read, and its chunks passed on while it still writes', async () => {
    const invoker = await streaming(`
      const out = from(stream, { statusCode: 202, headers: { 'X-A': 1 }, cookies: ['a=1'] });
      out.write('one');
      await event.gate;
      out.end('two');`);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { head, body } = await invoker.invokeStreaming('mcp', { gate }, never);
    expect(head).toEqual({ statusCode: 202, headers: { 'X-A': '1' }, cookies: ['a=1'] });
    const chunks = body[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('one');
    open();
    expect(String((await chunks.next()).value)).toBe('two');
    expect((await chunks.next()).done).toBe(true);
  });

  test('may answer without a body, if it writes', async () => {
    const invoker = await streaming(`const out = from(stream, ${HEAD}); out.write(''); out.end();`);
    const { body } = await invoker.invokeStreaming('mcp', {}, never);
    expect(await text(body)).toBe('');
  });

  test('may write its head by hand, in any pieces', async () => {
    const invoker = await streaming(`
      for (const piece of ['{"statusCode"', ':201}\\0\\0\\0', '\\0\\0\\0\\0\\0bo', 'dy']) {
        stream.write(piece);
        await new Promise(setImmediate);
      }
      stream.end();`);
    const { head, body } = await invoker.invokeStreaming('mcp', {}, never);
    expect([head.statusCode, await text(body)]).toEqual([201, 'body']);
  });

  test.each([
    ['end(chunk) alone, which sends no head', `from(stream, ${HEAD}).end('all')`],
    ['no head', `stream.end('raw')`],
    ['a head that is not JSON', `stream.write('{]' + '\\0'.repeat(8)); stream.end()`],
    ['a head that is not an object', `stream.write('[]' + '\\0'.repeat(8)); stream.end()`],
    ['a status that is none', `from(stream, { statusCode: 700 }).write('x'); stream.end()`],
    ['nested headers', `from(stream, { headers: { a: {} } }).write('x'); stream.end()`],
    [
      'more head than API Gateway reads',
      `from(stream, { headers: { a: 'x'.repeat(17000) } }).write('x'); stream.end()`,
    ],
    ['no end to its head', `for (let i = 0; i < 20; i++) stream.write('x'.repeat(1000))`],
  ])('fails with %s', async (_, statements) => {
    const invoker = await streaming(statements);
    const failing = invoker.invokeStreaming('mcp', {}, never);
    await expect(failing).rejects.toMatchObject({ errorType: 'Runtime.InvalidStreamHead' });
  });

  test('fails when it sets the head after the first write', async () => {
    const invoker = await streaming(`stream.write('x'); from(stream, ${HEAD});`);
    await expect(invoker.invokeStreaming('mcp', {}, never)).rejects.toMatchObject({
      errorMessage: 'Cannot set content-type, too late.',
    });
  });

  test('fails with what it threw before the head', async () => {
    const invoker = await streaming(`throw new TypeError('early')`);
    const failing = invoker.invokeStreaming('mcp', {}, never);
    await expect(failing).rejects.toMatchObject({ errorType: 'TypeError', errorMessage: 'early' });
  });

  test('cuts the answer with what it threw behind the head', async () => {
    const invoker = await streaming(`from(stream, ${HEAD}).write('half'); throw new TypeError('late')`);
    const { body } = await invoker.invokeStreaming('mcp', {}, never);
    await expect(text(body)).rejects.toMatchObject({ errorType: 'TypeError', errorMessage: 'late' });
  });

  test('survives an answer whose failure nobody listens to', async () => {
    const invoker = await streaming(`from(stream, ${HEAD}).write('half'); throw new TypeError('late')`);
    const { body } = await invoker.invokeStreaming('mcp', {}, never);
    body.resume();
    while (!body.closed) await turn();
    expect(body.errored).toMatchObject({ errorType: 'TypeError' });
  });

  test('cuts the answer when its time is over', async () => {
    const invoker = await streaming(`from(stream, ${HEAD}).write('half'); await new Promise(() => {})`, {
      timeoutMs: 20,
    });
    const { body } = await invoker.invokeStreaming('mcp', {}, never);
    await expect(text(body)).rejects.toMatchObject({ errorType: 'Sandbox.Timedout' });
  });

  test('is held up by a reader that does not read', async () => {
    const invoker = await streaming(`
      const out = from(stream, ${HEAD});
      while (out.write(Buffer.alloc(1000))) event.count++;
      await new Promise((resolve) => out.once('drain', resolve));
      out.end();`);
    const event = { count: 1 };
    const { body } = await invoker.invokeStreaming('mcp', event, never);
    for (let i = 0; i < 20; i++) await turn();
    expect(body.readableEnded).toBe(false);
    expect(event.count).toBeLessThan(200);
    expect((await text(body)).length).toBe(event.count * 1000);
  });

  test.each(['before', 'behind'])('sees its stream closed when the client goes %s the head', async (when) => {
    const invoker = await streaming(`
      event.stream = stream;
      if (event.when === 'behind') from(stream, ${HEAD}).write('x');
      await new Promise((resolve) => stream.once('close', resolve));
      event.closed = true;`);
    const client = new AbortController();
    const event: { when: string; closed?: boolean; stream?: PassThrough } = { when };
    const answer = invoker.invokeStreaming('mcp', event, client.signal);
    const settled =
      when === 'behind' ? answer : expect(answer).rejects.toMatchObject({ name: expect.stringMatching(/Error$/) });
    while (!event.stream) await turn();
    if (when === 'behind') await settled;
    client.abort();
    await settled;
    for (let i = 0; i < 5; i++) await turn();
    expect([event.closed, event.stream.destroyed]).toEqual([true, true]);
  });

  test('is not called for a client that has already gone', async () => {
    const invoker = await streaming(`event.called = true;`);
    const event = {};
    await expect(invoker.invokeStreaming('mcp', event, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(event).toEqual({});
  });
});

describe('loading', () => {
  const counting = `let n = 0; export const handler = async () => ({ n: ++n, value: VALUE }); const VALUE = process.env.IN_PROCESS_TEST;`;

  test('gives each gateway its own instance, with the environment it was loaded with', async () => {
    const dir = staged(counting);
    const [one, two] = await Promise.all(
      ['one', 'two'].map((value) =>
        inProcessInvoker({ functionDirs: { vault: dir }, env: { IN_PROCESS_TEST: value } }),
      ),
    );
    expect(await one?.invokeBuffered('vault', {}, never)).toEqual({ n: 1, value: 'one' });
    expect(await two?.invokeBuffered('vault', {}, never)).toEqual({ n: 1, value: 'two' });
    expect(mainGlobal.process.env['IN_PROCESS_TEST']).toBe('two');
  });

  test('waits for the init of a function that awaits something', async () => {
    const invoker = await load('vault', `await new Promise(setImmediate); export const handler = async () => 1;`);
    expect(await invoker.invokeBuffered('vault', {}, never)).toBe(1);
  });

  test.each([
    [`throw new Error('no gateway.json')`, 'no gateway.json'],
    [`export const other = 1`, 'exports no handler'],
  ])('fails when the module does: %s', async (source, message) => {
    await expect(load('vault', source)).rejects.toThrow(message);
  });

  test('goes on after one that failed', async () => {
    await expect(load('vault', `throw new Error('broken')`)).rejects.toThrow('broken');
    const invoker = await load('vault', `export const handler = async () => 1;`);
    expect(await invoker.invokeBuffered('vault', {}, never)).toBe(1);
  });

  test('fails to call a function that is not there, not streaming, or closed', async () => {
    const invoker = await load('mcp', `export const handler = async () => 1;`);
    const missing = { errorType: 'Runtime.HandlerNotFound', errorMessage: 'No vault function is loaded' };
    await expect(invoker.invokeBuffered('vault', {}, never)).rejects.toMatchObject(missing);
    await expect(invoker.invokeStreaming('mcp', {}, never)).rejects.toMatchObject({
      errorType: 'Runtime.MalformedStreamingHandler',
    });
    await invoker.close();
    await expect(invoker.invokeBuffered('mcp', {}, never)).rejects.toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
    });
  });
});
