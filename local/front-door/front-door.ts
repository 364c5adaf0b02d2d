import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { doorRoutes, LIMITS } from '../../lambda/contract/front-door';
import type { ResourceFacts } from '../../lambda/contract/metadata';
import type { FunctionError, FunctionInvoker } from '../functions/invoker';
import { apiGatewayAnswer, gatewayAnswers, type OwnAnswer } from './gateway-response';
import type { LocalCredentials } from './iam-auth';
import type { DoorRequest } from './proxy-event';
import { readBody } from './read-body';
import { requestHandler } from './request-handler';
import { routeTable } from './route-table';

export interface FrontDoorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Loopback only: the door's IAM and TLS are not those of the real one. */
  readonly host?: '127.0.0.1';
  readonly facts: (url: string) => ResourceFacts;
  /** Made after the port is known, because functions are told their public URL. Closed with the door. */
  readonly invoker: FunctionInvoker | ((url: string) => Promise<FunctionInvoker>);
  readonly iam: LocalCredentials;
  readonly clock?: () => number;
  readonly limits?: Partial<Record<keyof typeof LIMITS, number>>;
  /** Hears why the client got a 5xx; a deployed gateway has it in the function's log. */
  readonly onFunctionError?: (fn: string, error: FunctionError) => void;
}

export interface FrontDoor {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the gateway as the deployed REST API would, from the same table. */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const limits = { ...LIMITS, ...options.limits };
  const clock = options.clock ?? Date.now;
  const host = options.host ?? '127.0.0.1';
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.destroy();

  const server = createServer({ maxHeaderSize: limits.requestHeaderBytes + 4096, requestTimeout: 60_000 }, (req, res) =>
    handle(req, res),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${port}`;

  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      // Open event streams would keep the server up for ever.
      server.closeAllConnections();
    });

  let invoker: FunctionInvoker;
  try {
    invoker = typeof options.invoker === 'function' ? await options.invoker(url) : options.invoker;
  } catch (error) {
    await stop();
    throw error;
  }

  const facts = options.facts(url);
  const serve = requestHandler({
    match: routeTable(doorRoutes(facts)),
    answers: gatewayAnswers(facts),
    invoker,
    iam: options.iam,
    clock,
    limits,
    onFunctionError: options.onFunctionError ?? (() => undefined),
  });
  handle = (request, response) => void admit(request, response);

  async function admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ids = newIds();
    const refuse = (answer: OwnAnswer, close = false) => {
      const headers = { ...answer.headers, ...ids.headers, ...(close ? { Connection: 'close' } : {}) };
      response.writeHead(answer.status, headers).end(answer.body);
    };
    // A page that rebinds its DNS name to 127.0.0.1 reaches this port, but with its own name in Host.
    if (request.headers.host !== `${host}:${port}`) return refuse(apiGatewayAnswer('forbiddenHost'), true);
    if (headerBytes(request) > limits.requestHeaderBytes) return refuse(apiGatewayAnswer('headersTooLarge'), true);

    let body: Buffer | undefined;
    try {
      body = await readBody(request, limits.apiRequestBytes);
    } catch {
      // The client left in the middle of its own request.
      response.destroy();
      return;
    }
    if (!body) return refuse(apiGatewayAnswer('requestTooLarge'), true);

    const target = request.url ?? '/';
    const cut = target.indexOf('?');
    const doorRequest: DoorRequest = {
      method: request.method ?? 'GET',
      path: cut < 0 ? target : target.slice(0, cut),
      query: cut < 0 ? '' : target.slice(cut + 1),
      rawHeaders: request.rawHeaders,
      host: `${host}:${port}`,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      protocol: `HTTP/${request.httpVersion}`,
      body,
      receivedAt: clock(),
      ...ids,
    };
    try {
      await serve(doorRequest, response, ids.headers);
    } catch {
      // A defect of this emulation, not of a function: nothing sensible is left to say.
      response.destroy();
    }
  }

  return {
    url,
    port,
    async close() {
      await stop();
      await invoker.close();
    },
  };
}

function newIds() {
  const requestId = randomUUID();
  const hex = randomUUID().replaceAll('-', '');
  const extendedRequestId = `${hex.slice(0, 15)}=`;
  const traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${hex.slice(8)}`;
  return {
    requestId,
    extendedRequestId,
    traceId,
    headers: { 'x-amzn-RequestId': requestId, 'x-amz-apigw-id': extendedRequestId, 'X-Amzn-Trace-Id': traceId },
  };
}

function headerBytes(request: IncomingMessage): number {
  const line = (request.method?.length ?? 0) + (request.url?.length ?? 0);
  return request.rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text, 'latin1'), line);
}
