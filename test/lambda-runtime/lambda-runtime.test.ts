import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FunctionInvoker } from '../../local/functions/invoker';
import { type RuntimeApiOptions, runtimeApiInvoker } from '../../local/runtime-api/runtime-api-invoker';
import { describeLambdaRuntime, functionDir } from './describe-lambda-runtime';

describeLambdaRuntime("functions under AWS's runtime client", () => {
  const open: FunctionInvoker[] = [];
  const logs: string[] = [];
  const gate = gateServer();

  beforeAll(() => gate.start());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((invoker) => invoker.close()));
    logs.splice(0);
  });
  afterAll(() => gate.stop());

  async function start(options: Partial<RuntimeApiOptions> = {}): Promise<FunctionInvoker> {
    const invoker = await runtimeApiInvoker({
      functionDirs: { mcp: functionDir('streaming') },
      env: { MCP_TEST: 'of the function' },
      onLog: (_, line) => logs.push(line),
      ...options,
    });
    open.push(invoker);
    return invoker;
  }
  const never = new AbortController().signal;

  describe('a streaming function', () => {
    test('has its head read, and every chunk passed on before the next is written', async () => {
      const invoker = await start();
      const steps = [{ write: 'one' }, { wait: gate.url('a') }, { write: 'two' }, { wait: gate.url('b') }];
      const { head, body } = await invoker.invokeStreaming('mcp', { steps, status: 202, end: 'three' }, never);
      expect(head).toEqual({ statusCode: 202, headers: { 'Content-Type': 'text/event-stream', 'X-Count': '1' } });
      const chunks = body[Symbol.asyncIterator]();
      expect(String((await chunks.next()).value)).toBe('one');
      await gate.open('a');
      expect(String((await chunks.next()).value)).toBe('two');
      await gate.open('b');
      expect(String((await chunks.next()).value)).toBe('three');
      expect((await chunks.next()).done).toBe(true);
    });

    test('lives in what Lambda gives it and nothing more', async () => {
      const invoker = await start({ memoryMb: 512, timeoutMs: 20_000 });
      const { body } = await invoker.invokeStreaming('mcp', { steps: [{ facts: true }] }, never);
      const { env, context, cwd, node } = JSON.parse(await text(body));
      expect(env).toMatchObject({ MCP_TEST: 'of the function', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', TZ: ':UTC' });
      expect(env._X_AMZN_TRACE_ID).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0$/);
      expect(Object.keys(env).filter((name) => !/^(AWS_|LAMBDA_|MCP_TEST$|_|TZ$)/.test(name))).toEqual([]);
      expect(context).toMatchObject({ functionName: 'mcp', memoryLimitInMB: '512', functionVersion: '$LATEST' });
      expect([cwd, node]).toEqual([functionDir('streaming'), process.version]);
    });

    test('is told how long it may take', async () => {
      const invoker = await start({ timeoutMs: 20_000 });
      const { body } = await invoker.invokeStreaming('mcp', { steps: [{ remaining: true }] }, never);
      const remaining = Number(await text(body));
      expect(remaining).toBeGreaterThan(0);
      expect(remaining).toBeLessThanOrEqual(20_000);
    });

    test('fails with what it threw before the head', async () => {
      const invoker = await start();
      const failing = invoker.invokeStreaming('mcp', { failEarly: 'no head' }, never);
      await expect(failing).rejects.toMatchObject({ errorType: 'TypeError', errorMessage: 'no head' });
      const { head } = await invoker.invokeStreaming('mcp', { end: 'x', steps: [{ write: '' }] }, never);
      expect(head.headers['X-Count']).toBe('2');
    });

    test('cuts the answer with what it threw behind the head', async () => {
      const invoker = await start();
      const steps = [{ write: 'half' }, { fail: 'too late' }];
      const { body } = await invoker.invokeStreaming('mcp', { steps }, never);
      await expect(text(body)).rejects.toMatchObject({ errorType: 'RangeError', errorMessage: 'too late' });
      const next = await invoker.invokeStreaming('mcp', { steps: [{ write: 'y' }] }, never);
      expect(next.head.headers['X-Count']).toBe('2');
    });

    test('that destroys its stream cuts the answer too, but at the price of the environment', async () => {
      const invoker = await start();
      const steps = [{ write: 'half' }, { wait: gate.url('i') }, { destroy: 'cut' }];
      const { body } = await invoker.invokeStreaming('mcp', { steps }, never);
      const cut = expect(text(body)).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
      await gate.open('i');
      await cut;
      // The runtime client dies of an unhandled rejection: throw instead.
      const next = await invoker.invokeStreaming('mcp', { steps: [{ write: 'y' }] }, never);
      expect(next.head.headers['X-Count']).toBe('1');
    });

    test('fails when it ends without ever writing: end(chunk) alone sends no head', async () => {
      const invoker = await start();
      const failing = invoker.invokeStreaming('mcp', { end: 'all at once' }, never);
      await expect(failing).rejects.toMatchObject({ errorType: 'Runtime.InvalidStreamHead' });
    });

    test('fails when it writes no head at all', async () => {
      const invoker = await start();
      const failing = invoker.invokeStreaming('mcp', { noHead: true, steps: [{ write: 'raw' }] }, never);
      await expect(failing).rejects.toMatchObject({ errorType: 'Runtime.InvalidStreamHead' });
    });

    test('is held up by a reader that does not read, and finishes when it does', async () => {
      const invoker = await start();
      const { body } = await invoker.invokeStreaming('mcp', { steps: [{ write: 'x' }, { fill: 400 }] }, never);
      await gate.quiet(() => logs.length);
      expect(logs.length).toBeLessThan(400);
      expect((await text(body)).length).toBe(1 + 400 * 64 * 1024);
    });

    test('goes on when its reader leaves, as Lambda lets it, and serves the next', async () => {
      const invoker = await start();
      const steps = [{ write: 'x' }, { wait: gate.url('c') }, { fill: 50 }];
      const { body } = await invoker.invokeStreaming('mcp', { steps }, never);
      body.destroy();
      await gate.open('c');
      const next = await invoker.invokeStreaming('mcp', { steps: [{ write: 'y' }] }, never);
      expect([next.head.headers['X-Count'], await text(next.body)]).toEqual(['2', 'y']);
      expect(logs.filter((line) => line.includes('filled')).length).toBe(50);
    });

    test('is killed at its time-out, before the head or behind it, and replaced', async () => {
      const invoker = await start({ timeoutMs: 1000 });
      const timedOut = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 1.00 seconds' };
      await expect(
        invoker.invokeStreaming('mcp', { steps: [{ wait: gate.url('never') }] }, never),
      ).rejects.toMatchObject(timedOut);
      const steps = [{ write: 'half' }, { wait: gate.url('never') }];
      const { head, body } = await invoker.invokeStreaming('mcp', { steps }, never);
      expect(head.headers['X-Count']).toBe('1');
      await expect(text(body)).rejects.toMatchObject(timedOut);
    });

    test('that returns without an answer is hung until its time-out', async () => {
      const invoker = await start({ timeoutMs: 1000 });
      const hung = invoker.invokeStreaming('mcp', { returnWithoutAnswer: true }, never);
      await expect(hung).rejects.toMatchObject({ errorType: 'Sandbox.Timedout' });
    });

    test('that exits cuts its answer, and a new environment serves the next', async () => {
      const invoker = await start();
      const steps = [{ write: 'x' }, { wait: gate.url('h') }, { exit: 3 }];
      const { body } = await invoker.invokeStreaming('mcp', { steps }, never);
      const cut = expect(text(body)).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
      await gate.open('h');
      await cut;
      const next = await invoker.invokeStreaming('mcp', { steps: [{ write: 'y' }] }, never);
      expect(next.head.headers['X-Count']).toBe('1');
    });
  });

  describe('a buffered function', () => {
    const dirs = { vault: functionDir('buffered') };

    test('answers what it returns, as JSON', async () => {
      const invoker = await start({ functionDirs: dirs });
      const event = { text: 'ü\u0000\n', list: [1, null] };
      expect(await invoker.invokeBuffered('vault', event, never)).toEqual({
        statusCode: 200,
        body: JSON.stringify(event),
      });
    });

    test('fails with what it threw, and serves the next', async () => {
      const invoker = await start({ functionDirs: dirs });
      const failing = invoker.invokeBuffered('vault', { fail: 'broken' }, never);
      await expect(failing).rejects.toMatchObject({ errorType: 'RangeError', errorMessage: 'broken' });
      expect(await invoker.invokeBuffered('vault', {}, never)).toMatchObject({ statusCode: 200 });
    });

    test('is killed at its time-out and replaced', async () => {
      const invoker = await start({ functionDirs: dirs, timeoutMs: 1000 });
      const hung = invoker.invokeBuffered('vault', { hang: true }, never);
      await expect(hung).rejects.toMatchObject({ errorType: 'Sandbox.Timedout' });
      expect(await invoker.invokeBuffered('vault', {}, never)).toMatchObject({ statusCode: 200 });
    });

    test('that exits fails with its exit status', async () => {
      const invoker = await start({ functionDirs: dirs });
      const exiting = invoker.invokeBuffered('vault', { exit: 9 }, never);
      await expect(exiting).rejects.toMatchObject({
        errorType: 'Runtime.ExitError',
        errorMessage: 'Runtime exited with error: exit status 9',
      });
    });
  });

  describe('environments', () => {
    test('serve one request at a time: the second waits where there is one, and does not where there are two', async () => {
      const invoker = await start({ environments: 2, warm: 2 });
      const steps = (name: string) => [{ write: 'x' }, { wait: gate.url(name) }];
      const first = await invoker.invokeStreaming('mcp', { steps: steps('d') }, never);
      const second = await invoker.invokeStreaming('mcp', { steps: steps('e') }, never);
      // Each has its own process: both count from one.
      expect([first, second].map(({ head }) => head.headers['X-Count'])).toEqual(['1', '1']);
      const third = invoker.invokeStreaming('mcp', { steps: [{ write: 'z' }] }, never);
      await gate.open('e');
      await text(second.body);
      expect((await third).head.headers['X-Count']).toBe('2');
      await gate.open('d');
      expect(await text(first.body)).toBe('x');
    });

    test('are not taken by a caller that has gone while it waited', async () => {
      const invoker = await start();
      const busy = await invoker.invokeStreaming('mcp', { steps: [{ write: 'x' }, { wait: gate.url('f') }] }, never);
      const impatient = new AbortController();
      const left = expect(invoker.invokeStreaming('mcp', {}, impatient.signal)).rejects.toThrow('aborted');
      const patient = invoker.invokeStreaming('mcp', { steps: [{ write: 'y' }] }, never);
      impatient.abort();
      await gate.open('f');
      await text(busy.body);
      await left;
      expect((await patient).head.headers['X-Count']).toBe('2');
    });

    test.each([
      ['throws', 'failing-init', 'TypeError', 'no configuration beside the bundle'],
      ['exits', 'exiting-init', 'Runtime.ExitError', 'Runtime exited with error: exit status 7'],
      ['takes too long', 'slow-init', 'Sandbox.Timedout', 'Init timed out after 300 ms'],
    ])('fail to start when the init %s', async (_, dir, errorType, errorMessage) => {
      const failure = { errorType, errorMessage };
      const options = { functionDirs: { vault: functionDir(dir) }, initTimeoutMs: dir === 'slow-init' ? 300 : 10_000 };
      await expect(start(options)).rejects.toMatchObject(failure);
      // Without warming, each invocation meets it.
      const invoker = await start({ ...options, warm: 0 });
      await expect(invoker.invokeBuffered('vault', {}, never)).rejects.toMatchObject(failure);
      await expect(invoker.invokeBuffered('vault', {}, never)).rejects.toMatchObject(failure);
    });

    test('are gone after close, busy ones too', async () => {
      const invoker = await start({ environments: 2, warm: 2 });
      const { body } = await invoker.invokeStreaming(
        'mcp',
        { steps: [{ facts: true }, { wait: gate.url('g') }] },
        never,
      );
      const cut = expect(text(body)).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
      await invoker.close();
      await cut;
      await expect(invoker.invokeStreaming('mcp', {}, never)).rejects.toMatchObject({ errorType: 'Runtime.ExitError' });
    });
  });
});

/** Holds functions at a point until the test lets them go on. */
function gateServer() {
  const held = new Map<string, ServerResponse>();
  const awaited = new Map<string, () => void>();
  let server: Server;
  return {
    async start() {
      server = createServer((request, response) => {
        const name = request.url?.slice(1) ?? '';
        held.set(name, response);
        awaited.get(name)?.();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    },
    url: (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
    async open(name: string) {
      if (!held.has(name)) await new Promise<void>((resolve) => awaited.set(name, resolve));
      held.get(name)?.end();
      held.delete(name);
    },
    /** Resolves when a count has stood still for many looks: nobody is at work on it. */
    async quiet(count: () => number) {
      for (let last = -1, same = 0; same < 20; ) {
        same = count() === last ? same + 1 : 0;
        last = count();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
