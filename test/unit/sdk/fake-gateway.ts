import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeNow, listenOnLoopback } from '../../../local/demo/listen';
import { verifySignature } from '../../../local/front-door/iam-auth';

export const CREDENTIALS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-secret-access-key' };
export const REGION = 'eu-west-1';

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether the AWS signature verifies, and if not the gateway response it would get. */
  readonly signature: string;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface FakeGateway {
  readonly url: string;
  readonly calls: ReceivedCall[];
  close(): Promise<void>;
}

/** A loopback server in the gateway's place: records what it got, answers as told. */
export async function fakeGateway(
  answer: (call: ReceivedCall, index: number) => FakeAnswer | 'hang' | 'reset',
): Promise<FakeGateway> {
  const calls: ReceivedCall[] = [];
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const judged = verifySignature(
      {
        method: request.method ?? '',
        path: request.url?.split('?')[0] ?? '',
        query: request.url?.split('?')[1] ?? '',
        rawHeaders: request.rawHeaders,
        host: request.headers.host ?? '',
        sourceIp: '127.0.0.1',
        protocol: 'HTTP/1.1',
        body,
        requestId: '',
        extendedRequestId: '',
        traceId: '',
        receivedAt: 0,
      },
      { ...CREDENTIALS, region: REGION },
      Date.now(),
    );
    const call = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: body.toString('utf8'),
      signature: 'caller' in judged ? 'valid' : judged.response,
    };
    calls.push(call);
    const said = answer(call, calls.length - 1);
    if (said === 'reset') request.socket.destroy();
    else if (said !== 'hang') {
      response
        .writeHead(said.status, { 'content-type': 'application/json', ...said.headers })
        .end(
          said.body === undefined ? undefined : typeof said.body === 'string' ? said.body : JSON.stringify(said.body),
        );
    }
  };
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, calls, close: () => closeNow(server) };
}
