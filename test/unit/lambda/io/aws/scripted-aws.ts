import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Env } from '../../../../../lambda/io/aws/services';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Which connection it came on: 1, 2, … */
  readonly connection: number;
}

/** What the server does with one request. */
export type Step = (response: ServerResponse, request: SeenRequest) => void;

export interface ScriptedAws {
  readonly env: Env;
  readonly seen: readonly SeenRequest[];
  /** Next steps; the last one repeats. */
  script(...steps: Step[]): void;
  /** Ends every connection from this side, as AWS does to idle ones. */
  cutConnections(): void;
  close(): Promise<void>;
}

/** A loopback stand-in for an AWS service that misbehaves as told. */
export async function startScriptedAws(): Promise<ScriptedAws> {
  let steps: Step[] = [];
  let connections = 0;
  const seen: SeenRequest[] = [];
  const numbers = new WeakMap<object, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const entry: SeenRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        connection: numbers.get(request.socket) ?? 0,
      };
      seen.push(entry);
      const step = steps.length > 1 ? steps.shift() : steps[0];
      if (!step) throw new Error('the script has no step for this request');
      step(response, entry);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      AWS_SESSION_TOKEN: 'session-token',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    },
    seen,
    script(...next) {
      steps = next;
      seen.length = 0;
    },
    cutConnections: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Step {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export function refuse(name: string, status = 400, headers: Readonly<Record<string, string>> = {}): Step {
  return answer(status, { __type: `com.amazonaws.example#${name}`, message: 'MESSAGE-OF-AWS' }, headers);
}

export const reset: Step = (response) => {
  response.socket?.resetAndDestroy();
};

export const silence: Step = () => undefined;

/** Announces more than it sends, then hangs up. */
export const halfAnswer: Step = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"Item":{"status":');
  setTimeout(() => response.socket?.destroy(), 5);
};
