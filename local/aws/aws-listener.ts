import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { AwsError } from './aws-error';
import type { AwsService, JsonObject } from './aws-service';
import type { CallCounter } from './call-counter';
import type { Fault, FaultInjector } from './fault-injector';
import type { ReceivedRequest, SignatureJudge } from './sigv4-judge';

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface ListenerOptions {
  readonly port: number;
  readonly services: readonly AwsService[];
  readonly judge: SignatureJudge;
  readonly calls: CallCounter;
  readonly faults: FaultInjector;
  readonly now: () => number;
}

/** The shared port: reads a call, judges its signature, meets it with a fault or hands it to its service. */
export async function startListener(options: ListenerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  const server = createServer((request, response) => {
    const work = serve(options, request, response, closing.signal).catch((error: unknown) => {
      // A defect of the emulator: louder than a 500 that the SDK would retry in silence.
      console.error('embedded AWS: unexpected error', error);
      response.destroy();
    });
    running.add(work);
    void work.finally(() => running.delete(work));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      server.closeIdleConnections();
      // What has begun to change state is answered first.
      await Promise.all(running);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  options: ListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return void response.writeHead(413).end();
  const received: ReceivedRequest = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: joinHeaders(request.rawHeaders),
    body,
  };
  response.setHeader('Date', new Date(options.now()).toUTCString());
  response.setHeader('x-amzn-RequestId', randomUUID());

  const [prefix, operation = ''] = (received.headers.get('x-amz-target') ?? '').split('.');
  const service = options.services.find(({ targetPrefix }) => targetPrefix === prefix);
  if (!service || received.method !== 'POST') return unknownOperation(response);
  options.calls.record(operation);

  let fault: Fault | undefined;
  const answer = await attempt(service, async () => {
    options.judge(received, service.name, options.now());
    if (!service.operations.has(operation) || received.headers.get('content-type') !== service.contentType) {
      throw new AwsError('UnknownOperationException');
    }
    fault = options.faults.next(service.name, operation);
    if (fault && !fault.afterEffect && fault.kind !== 'delay') return refusalOf(fault, service);
    return service.call(operation, parseBody(body));
  });
  if (fault) {
    if (fault.delayMs !== undefined) await pause(fault.delayMs, closing);
    if (fault.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault.kind === 'timeout') return neverAnswer(request, closing);
    if (fault.afterEffect)
      return send(response, service, await attempt(service, async () => refusalOf(fault, service)));
  }
  send(response, service, answer);
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function attempt(service: AwsService, call: () => Promise<object>): Promise<Answer> {
  try {
    return { status: 200, body: await call() };
  } catch (error) {
    if (error instanceof AwsError) return { status: error.status, body: service.errorBody(error) };
    console.error('embedded AWS: unexpected error', error);
    return { status: 500, body: service.errorBody(service.failed()) };
  }
}

function refusalOf(fault: Fault | undefined, service: AwsService): object {
  if (fault?.kind === 'throttle') throw service.throttled();
  if (fault?.kind === 'error') throw service.failed();
  return {};
}

function send(response: ServerResponse, service: AwsService, answer: Answer): void {
  const body = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': service.contentType,
    'Content-Length': Buffer.byteLength(body),
    ...(service.name === 'dynamodb' ? { 'x-amz-crc32': crc32(body) } : {}),
  });
  response.end(body);
}

function unknownOperation(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'application/x-amz-json-1.1' });
  response.end('{"__type":"UnknownOperationException"}');
}

async function pause(ms: number, closing: AbortSignal): Promise<void> {
  // Aborted: the process goes down, the answer goes out at once.
  await wait(ms, undefined, { signal: closing }).catch(() => undefined);
}

/** Holds the connection until the client, or this process, gives up. */
async function neverAnswer(request: IncomingMessage, closing: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (closing.aborted || request.socket.destroyed) resolve();
    request.socket.once('close', () => resolve());
    closing.addEventListener('abort', () => resolve(), { once: true });
  });
  request.socket.destroy();
}

function parseBody(body: Buffer): JsonObject {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as JsonObject;
  } catch {
    // Refused below, like any other body that is not an object.
  }
  throw new AwsError('SerializationException');
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function joinHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}
