import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuthzAnswer, AuthzRequest } from '../../lambda/core/authz/http';

export interface PageServer {
  readonly origin: string;
  /** Everything that was asked, in its order. */
  readonly requests: readonly AuthzRequest[];
  /** Answers by path, any method. */
  serve(path: string, answer: Answering): void;
  close(): Promise<void>;
}

type Answering = AuthzAnswer | ((request: AuthzRequest) => AuthzAnswer | Promise<AuthzAnswer>);

/** Serves the pages as the front door would. A browser takes `Secure` cookies from `localhost` without TLS. */
export async function startPageServer(): Promise<PageServer> {
  const answers = new Map<string, Answering>([['/favicon.ico', { status: 204, headers: {}, body: '' }]]);
  const requests: AuthzRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const request = await readRequest(incoming);
    requests.push(request);
    const answering = answers.get(request.path) ?? { status: 404, headers: {}, body: '' };
    const answer = typeof answering === 'function' ? await answering(request) : answering;
    outgoing.writeHead(answer.status, {
      ...answer.headers,
      ...(answer.cookies === undefined ? {} : { 'Set-Cookie': [...answer.cookies] }),
    });
    outgoing.end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    serve: (path, answer) => {
      answers.set(path, answer);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<AuthzRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const query: Record<string, string[]> = {};
  for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = [value].flat().join(', ');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query,
    headers,
    body: Buffer.concat(chunks).toString(),
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  };
}
