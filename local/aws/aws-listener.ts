import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { AwsError } from './aws-error';
import { type AwsService, HttpAnswer, type JsonObject } from './aws-service';
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
  const server = createServer(async (request, response) => {
    // Kept: the request lets go of its socket once it is read.
    const { socket } = request;
    const body = await readBody(request);
    if (body === undefined) return void socket.destroy();
    const work = serve(options, request, socket, response, body, closing.signal);
    running.add(work);
    await work.finally(() => running.delete(work));
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
  socket: Socket,
  response: ServerResponse,
  body: Buffer,
  closing: AbortSignal,
): Promise<void> {
  const received: ReceivedRequest = {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: joinHeaders(request.rawHeaders),
    body,
  };
  response.setHeader('Date', new Date(options.now()).toUTCString());
  response.setHeader('x-amzn-RequestId', randomUUID());

  const asked = findOperation(options.services, received);
  if (asked === undefined || received.method !== 'POST') return unknownOperation(response);
  const { service, operation } = asked;
  options.calls.record(operation);

  try {
    options.judge(received, service.name, options.now());
    const isTyped = service.route !== undefined || received.headers.get('content-type') === service.contentType;
    if (!isTyped) throw new AwsError('UnknownOperationException');
  } catch (error) {
    return send(response, service, errorAnswer(service, error));
  }

  const fault = options.faults.next(service.name, operation);
  if (fault?.kind === 'condition' && hasCondition(body)) {
    return send(response, service, errorAnswer(service, new AwsError('ConditionalCheckFailedException')));
  }
  const takesEffect = fault === undefined || isAnswered(fault) || fault.afterEffect === true;
  const answer = takesEffect ? await run(asked, body) : undefined;
  if (fault?.delayMs !== undefined) await pause(fault.delayMs, closing);
  switch (fault?.kind) {
    case 'throttle':
      return send(response, service, errorAnswer(service, service.throttled()));
    case 'error':
      return send(response, service, errorAnswer(service, service.failed()));
    case 'reset':
      return void socket.resetAndDestroy();
    case 'timeout':
      return neverAnswer(socket, closing);
    default:
      if (answer) send(response, service, answer);
  }
}

function isAnswered({ kind }: Fault): boolean {
  return kind === 'delay' || kind === 'condition';
}

/** Of a single write: a transaction names its refusals differently. */
function hasCondition(body: Buffer): boolean {
  return body.includes('"ConditionExpression"');
}

interface Asked {
  readonly service: AwsService;
  readonly operation: string;
  /** What path and headers say; without it the body says everything. */
  readonly input?: JsonObject;
}

function findOperation(services: readonly AwsService[], { headers, target }: ReceivedRequest): Asked | undefined {
  const [prefix, operation = ''] = (headers.get('x-amz-target') ?? '').split('.');
  for (const service of services) {
    if (service.targetPrefix === prefix && service.operations.has(operation)) return { service, operation };
    const routed = service.route?.(target, headers);
    if (routed !== undefined) return { service, ...routed };
  }
  return undefined;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

async function run({ service, operation, input }: Asked, body: Buffer): Promise<Answer> {
  try {
    const answer = await service.call(operation, input ?? parseBody(body), body);
    return answer instanceof HttpAnswer
      ? { status: answer.status, headers: answer.headers, body: answer.body }
      : { status: 200, body: JSON.stringify(answer) };
  } catch (error) {
    return errorAnswer(service, error);
  }
}

function errorAnswer(service: AwsService, error: unknown): Answer {
  if (error instanceof AwsError) {
    // Services that are asked by path name their errors in a header.
    const headers = service.route === undefined ? {} : { 'x-amzn-ErrorType': error.code };
    return { status: error.status, headers, body: JSON.stringify(service.errorBody(error)) };
  }
  // A defect of the emulator, or a full disk: a bare 500 would be retried in silence.
  console.error('embedded AWS: unexpected error', error);
  return errorAnswer(service, service.failed());
}

function send(response: ServerResponse, service: AwsService, answer: Answer): void {
  response.writeHead(answer.status, {
    'Content-Type': service.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
    ...(service.name === 'dynamodb' ? { 'x-amz-crc32': crc32(answer.body) } : {}),
    ...answer.headers,
  });
  response.end(answer.body);
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
async function neverAnswer(socket: Socket, closing: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (closing.aborted || socket.destroyed) resolve();
    socket.once('close', () => resolve());
    closing.addEventListener('abort', () => resolve(), { once: true });
  });
  socket.destroy();
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

/** `undefined` for a body that is too large, or whose sender went away. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // The only error here is the end of the connection.
    return undefined;
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
