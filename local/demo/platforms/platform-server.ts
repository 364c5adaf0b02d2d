import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { closeNow, listenOnLoopback } from '../listen';
import type { PlatformEndpoint, PlatformFault, PlatformFaults } from './platform-faults';
import { type RecordedExchange, recordExchange } from './platform-recorder';

export interface PlatformRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PlatformAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PlatformRoute {
  /** Whose faults it meets. Without one it is a page, and meets none. */
  readonly endpoint?: PlatformEndpoint | ((request: PlatformRequest) => PlatformEndpoint);
  readonly answer: (request: PlatformRequest) => PlatformAnswer | Promise<PlatformAnswer>;
}

export interface PlatformServerOptions {
  readonly port: number | undefined;
  readonly faults: PlatformFaults;
  readonly delayMs: () => number;
  /** Who answers what is not for a route. */
  readonly others: OtherRequests;
  /** Is given each request before anybody reads it. */
  readonly onExchange?: ((exchange: RecordedExchange) => void) | undefined;
}

/** A server within the server. */
export interface OtherRequests {
  /** Whose faults it meets. `head`: the first of the body. */
  endpointOf(path: string, head: string): PlatformEndpoint;
  serve(request: IncomingMessage, response: ServerResponse): void;
}

export interface PlatformServer {
  readonly origin: string;
  readonly port: number;
  /** `POST /token` -> what answers there. */
  readonly routes: Map<string, PlatformRoute>;
  close(): Promise<void>;
}

/** The HTTP server of a demo platform: routes, and what goes wrong on the way back. */
export async function startPlatformServer(options: PlatformServerOptions): Promise<PlatformServer> {
  const { faults, delayMs, others, onExchange } = options;
  const routes = new Map<string, PlatformRoute>();
  const server = createServer((request, response) => {
    onExchange?.(recordExchange(origin, request, response));
    serve(request, response).catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server, options.port);
  const origin = `http://127.0.0.1:${port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin);
    const method = request.method ?? 'GET';
    const route = routes.get(`${method} ${pathname}`);
    if (route === undefined) return serveOther(pathname, request, response);
    const { headers } = request;
    const asked = { method, path: pathname, query: searchParams, headers, body: await text(request) };
    const endpoint = typeof route.endpoint === 'function' ? route.endpoint(asked) : route.endpoint;
    const fault = endpoint && faults.next(endpoint);
    if (endpoint !== undefined && delayMs() > 0) await wait(delayMs(), undefined, { ref: false });
    const answer = fault === undefined || fault.afterEffect === true ? await route.answer(asked) : undefined;
    if (fault !== undefined) return spoil(fault, response);
    if (answer !== undefined) response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
  }

  async function serveOther(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = faults.next(others.endpointOf(path, await peek(request)));
    if (delayMs() > 0) await wait(delayMs(), undefined, { ref: false });
    if (fault !== undefined && fault.afterEffect !== true) return spoil(fault, response);
    if (fault !== undefined) spoilInstead(fault, response);
    others.serve(request, response);
  }

  return { origin, port, routes, close: () => closeNow(server) };
}

/** Where each platform has its MCP server. */
export const MCP_PATH = '/mcp';

function spoil({ kind, status = 503, headers = {}, body = '' }: PlatformFault, response: ServerResponse): void {
  switch (kind) {
    case 'status':
      response.writeHead(status, headers).end(body);
      return;
    case 'slow_body':
      response.writeHead(200, { 'Content-Type': 'application/json', ...headers }).write('{"access_token":');
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'silence':
      // The connection stays open until the client gives up, or the server closes.
      return;
  }
}

/** Whoever answers is believed to have answered; what goes out is the fault. */
function spoilInstead(fault: PlatformFault, response: ServerResponse): void {
  const { writeHead, write, end } = response;
  Object.assign(response, {
    writeHead: () => response,
    write: () => true,
    end: () => {
      Object.assign(response, { writeHead, write, end });
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      spoil(fault, response);
      return response;
    },
  });
}

/** The first of a body; it stays to be read. */
async function peek(request: IncomingMessage): Promise<string> {
  if (request.method === 'GET' || request.headers['content-length'] === '0') return '';
  await once(request, 'readable');
  const head = request.read() as Buffer | null;
  if (head !== null) request.unshift(head);
  return head?.toString('utf8') ?? '';
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): PlatformAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

export function page(status: number, html: string): PlatformAnswer {
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }, body: html };
}

export function redirectTo(location: string): PlatformAnswer {
  return { status: 302, headers: { Location: location, 'Cache-Control': 'no-store' }, body: '' };
}

/** The token of `Authorization: Bearer …`. */
export function bearerOf({ authorization }: IncomingHttpHeaders): string {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** User name and password of `Authorization: Basic …`, as they are, not decoded any further. */
export function basicOf({ authorization }: IncomingHttpHeaders): readonly [string, string] | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(authorization ?? '')?.[1];
  const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  return user === undefined || password === undefined ? undefined : [user, password];
}

export function isForm({ headers }: PlatformRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

export function isJson({ headers }: PlatformRequest): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '');
}
