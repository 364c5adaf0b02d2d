import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { defineAwsLambda, isStreamingHandler, type ResponseStream } from './awslambda';
import { failBehindData } from './fail-behind-data';
import { FunctionError, type FunctionInvoker, type FunctionName, type StreamedAnswer } from './invoker';
import { importInMainRealm, mainGlobal } from './main-realm';
import { readStreamHead } from './stream-head';

export interface InProcessOptions {
  /** Function name -> directory that holds `index.mjs` and `gateway.json`. */
  readonly functionDirs: Partial<Record<FunctionName, string>>;
  /** The functions share this process, so they share the union of their environments. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

type Handler = (...args: unknown[]) => unknown;

/** Lambda's own ceiling. */
const LONGEST_MS = 900_000;

let instances = 0;
let loading: Promise<unknown> = Promise.resolve();

/** Runs the staged bundles in this process, many invocations at a time: the fastest way, and the one to debug. */
export async function inProcessInvoker(options: InProcessOptions): Promise<FunctionInvoker> {
  // One at a time: a bundle reads the environment while it is imported.
  const mine = loading.then(() => loadHandlers(options));
  loading = mine.catch(() => undefined);
  const handlers = await mine;
  const timeoutMs = options.timeoutMs ?? LONGEST_MS;

  const find = (fn: FunctionName): Handler => {
    const handler = handlers.get(fn);
    if (!handler) throw new FunctionError('Runtime.HandlerNotFound', `No ${fn} function is loaded`);
    return handler;
  };

  return {
    async invokeBuffered(fn, event, signal) {
      const handler = find(fn);
      signal.throwIfAborted();
      const deadline = startDeadline(timeoutMs);
      try {
        const answer = await Promise.race([handler(event, contextFor(fn, deadline.at)), deadline.passed]);
        // Through JSON, as everything between Lambda and its caller: undefined and Date do not survive.
        return answer === undefined ? null : JSON.parse(JSON.stringify(answer));
      } catch (error) {
        throw FunctionError.from(error);
      } finally {
        deadline.clear();
      }
    },

    async invokeStreaming(fn, event, signal) {
      const handler = find(fn);
      if (!isStreamingHandler(handler)) {
        throw new FunctionError('Runtime.MalformedStreamingHandler', `The ${fn} handler does not stream`);
      }
      signal.throwIfAborted();
      return stream(handler, event, contextFor, fn, timeoutMs, signal);
    },

    async close() {
      handlers.clear();
    },
  };
}

function stream(
  handler: Handler,
  event: object,
  context: typeof contextFor,
  fn: FunctionName,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<StreamedAnswer> {
  const sink = responseStream();
  const deadline = startDeadline(timeoutMs);
  const onAbort = () => sink.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  sink.once('close', () => {
    deadline.clear();
    signal.removeEventListener('abort', onAbort);
  });

  const fail = (error: unknown) => failBehindData(sink, FunctionError.from(error));
  deadline.passed.catch(fail);
  const answer = readStreamHead(sink);
  try {
    // The stream's end, not the handler's, ends the answer; but a handler that throws cuts it.
    Promise.resolve(handler(event, sink, context(fn, deadline.at))).catch(fail);
  } catch (error) {
    void fail(error);
  }
  return answer;
}

/** A pass-through that sends the head before the first `write`. As in Lambda, `end(chunk)` alone sends none. */
function responseStream(): PassThrough & ResponseStream {
  const sink = new PassThrough() as PassThrough & ResponseStream;
  const write = sink.write.bind(sink) as (...args: unknown[]) => boolean;
  let written = false;
  sink.setContentType = () => {
    if (written) throw new Error('Cannot set content-type, too late.');
  };
  sink.write = (...args: unknown[]) => {
    if (!written) {
      written = true;
      sink._onBeforeFirstWrite?.((chunk) => write(chunk));
    }
    return write(...args);
  };
  return sink;
}

function contextFor(fn: FunctionName, deadlineAt: number) {
  return {
    functionName: fn,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${fn}`,
    memoryLimitInMB: '1024',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${fn}`,
    logStreamName: 'in-process',
    getRemainingTimeInMillis: () => deadlineAt - Date.now(),
  };
}

function startDeadline(timeoutMs: number) {
  let expire: (error: FunctionError) => void = () => undefined;
  const passed = new Promise<never>((_, reject) => {
    expire = reject;
  });
  passed.catch(() => undefined);
  const timer = setTimeout(() => {
    const seconds = (timeoutMs / 1000).toFixed(2);
    expire(new FunctionError('Sandbox.Timedout', `Task timed out after ${seconds} seconds`));
  }, timeoutMs);
  timer.unref();
  return { at: Date.now() + timeoutMs, passed, clear: () => clearTimeout(timer) };
}

async function loadHandlers({ functionDirs, env }: InProcessOptions): Promise<Map<FunctionName, Handler>> {
  defineAwsLambda();
  Object.assign(mainGlobal.process.env, env);
  const handlers = new Map<FunctionName, Handler>();
  for (const [fn, dir] of Object.entries(functionDirs)) {
    const url = pathToFileURL(join(dir, 'index.mjs'));
    // A module is evaluated once per URL: two gateways in one process need two.
    url.searchParams.set('instance', String(++instances));
    const { handler } = await importInMainRealm(url.href);
    if (typeof handler !== 'function') {
      throw new FunctionError('Runtime.HandlerNotFound', `${join(dir, 'index.mjs')} exports no handler`);
    }
    handlers.set(fn as FunctionName, handler as Handler);
  }
  return handlers;
}
