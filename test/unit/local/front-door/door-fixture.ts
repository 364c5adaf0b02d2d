import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { type FrontDoor, type FrontDoorOptions, startFrontDoor } from '../../../../local/front-door/front-door';
import type { FunctionInvoker, StreamedAnswer } from '../../../../local/functions/invoker';

export const CREDENTIALS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-secret', region: 'us-east-1' };

export const ALLOW = {
  principalId: 'someone',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: '*' }],
  },
};

// biome-ignore lint/suspicious/noExplicitAny: tests look into events of any shape
export type Event = any;

/** A scripted invoker that records what it was called with. */
export class Functions implements FunctionInvoker {
  readonly events: Record<string, Event[]> = { mcp: [], authorizer: [], vault: [] };
  closed = false;
  authorizer: (event: Event, signal: AbortSignal) => unknown = () => ALLOW;
  vault: (event: Event, signal: AbortSignal) => unknown = () => ({ statusCode: 200, body: '{}' });
  mcp: (event: Event, signal: AbortSignal) => StreamedAnswer | Promise<StreamedAnswer> = () => streamed('{}');

  async invokeBuffered(fn: 'mcp' | 'authorizer' | 'vault', event: object, signal: AbortSignal): Promise<unknown> {
    this.events[fn]?.push(event);
    return fn === 'authorizer' ? this.authorizer(event, signal) : this.vault(event, signal);
  }

  async invokeStreaming(_fn: 'mcp', event: object, signal: AbortSignal): Promise<StreamedAnswer> {
    this.events['mcp']?.push(event);
    return this.mcp(event, signal);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export function streamed(text: string, headers: Record<string, string> = {}, statusCode = 200): StreamedAnswer {
  const body = new PassThrough();
  body.end(text);
  return { head: { statusCode, headers }, body };
}

export function openDoor(functions: Functions, options: Partial<FrontDoorOptions> = {}): Promise<FrontDoor> {
  return startFrontDoor({
    facts: (url) => ({ gatewayUrl: url, issuer: 'https://id.example', scopes: ['mcp'], upstreamNames: ['one', 'two'] }),
    invoker: functions,
    iam: CREDENTIALS,
    ...options,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Readable;
  text(): Promise<string>;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** One request, headers as written, nothing followed, nothing decoded. */
export function send(door: Pick<FrontDoor, 'port'>, sent: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'POST', path = '/mcp/one', headers = {}, body, signal } = sent;
    const request = httpRequest(
      { host: '127.0.0.1', port: door.port, method, path, headers, agent: false, ...(signal ? { signal } : {}) },
      (response) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: response,
          async text() {
            const chunks: Buffer[] = [];
            for await (const chunk of response) chunks.push(chunk as Buffer);
            return Buffer.concat(chunks).toString();
          },
        });
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

export const BEARER = { Authorization: 'Bearer token' };

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
