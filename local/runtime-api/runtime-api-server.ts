import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { FunctionError } from '../functions/invoker';

/** One invocation, as the platform hands it to the runtime and hears back. */
export interface Invocation {
  readonly requestId: string;
  readonly event: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string;
  /** The runtime began to answer; the message ends when the answer is complete, its trailers may tell of a failure. */
  onResponse(message: IncomingMessage): void;
  onError(error: FunctionError): void;
}

export interface RuntimeEvents {
  /** The runtime is ready for an invocation: after its init, and after each invocation. */
  onNext(): void;
  onInitError(error: FunctionError): void;
}

/** The Runtime API of one execution environment. */
export interface RuntimeApiServer {
  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Answers the runtime's pending `next`. */
  dispatch(invocation: Invocation): void;
  close(): Promise<void>;
}

const BASE = '/2018-06-01/runtime';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startRuntimeApi(events: RuntimeEvents): Promise<RuntimeApiServer> {
  let waiting: ServerResponse | undefined;
  let current: Invocation | undefined;

  /** The invocation is over when it is answered and the runtime asks for the next, in whichever order that is seen. */
  const endInvocation = () => {
    if (waiting && !current) events.onNext();
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  // `next` waits as long as there is nothing to do, and an answer lasts as long as its stream.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${BASE}/invocation/next`) {
      // A failing stream's last bytes may still be on their way: the runtime client does not wait for them.
      waiting = response;
      return endInvocation();
    }
    if (request.method !== 'POST') return reply(response, 404);
    if (path === `${BASE}/init/error`) {
      events.onInitError(await errorOf(request));
      return reply(response, 202);
    }
    const [, requestId, kind] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const invocation = current;
    // An answer to another invocation than the one under way: the runtime is confused, not the caller.
    if (!invocation || invocation.requestId !== requestId) {
      request.resume();
      return reply(response, 400);
    }
    if (kind === 'error') {
      invocation.onError(await errorOf(request));
    } else {
      const ended = new Promise((resolve) => request.once('close', resolve));
      invocation.onResponse(request);
      await ended;
    }
    reply(response, 202);
    current = undefined;
    endInvocation();
  }

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    dispatch(invocation) {
      if (!waiting) throw new Error('the runtime has not asked for an invocation');
      current = invocation;
      waiting.writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': invocation.requestId,
        'Lambda-Runtime-Deadline-Ms': String(invocation.deadlineMs),
        'Lambda-Runtime-Invoked-Function-Arn': invocation.functionArn,
        'Lambda-Runtime-Trace-Id': invocation.traceId,
      });
      waiting.end(invocation.event);
      waiting = undefined;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function reply(response: ServerResponse, status: number): void {
  const body = status === 202 ? '{"status":"OK"}' : '{"errorType":"InvalidRequest"}';
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
}

async function errorOf(request: IncomingMessage): Promise<FunctionError> {
  return parseFunctionError(await text(request));
}

/** `{errorType, errorMessage, trace}`, as the runtime client reports a failure. */
export function parseFunctionError(json: string): FunctionError {
  try {
    const { errorType, errorMessage } = JSON.parse(json) as { errorType?: unknown; errorMessage?: unknown };
    return new FunctionError(String(errorType ?? 'Unknown'), String(errorMessage ?? ''));
  } catch {
    return new FunctionError('Unknown', 'The runtime reported an error that is not JSON');
  }
}
