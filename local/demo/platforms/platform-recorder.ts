import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request as a platform got it, and what went back. Bodies grow until they are over. */
export interface RecordedExchange {
  readonly origin: string;
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** Names and values in turn, as they were sent. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly answer: string;
}

/** Keeps what comes and goes, without reading anything away from whoever serves it. */
export function recordExchange(origin: string, request: IncomingMessage, response: ServerResponse): RecordedExchange {
  const came: Buffer[] = [];
  const went: Buffer[] = [];
  const { push } = request;
  // Before the stream, since a stream that somebody listens to is read.
  request.push = (chunk: unknown, encoding?: BufferEncoding) => {
    keep(came, chunk);
    return push.call(request, chunk, encoding);
  };
  const { write, end } = response;
  Object.assign(response, {
    write: (...args: unknown[]) => {
      keep(went, args[0]);
      return Reflect.apply(write, response, args) as boolean;
    },
    end: (...args: unknown[]) => {
      keep(went, args[0]);
      return Reflect.apply(end, response, args) as ServerResponse;
    },
  });
  return {
    origin,
    method: request.method ?? '',
    url: request.url ?? '',
    headers: [...request.rawHeaders],
    get body() {
      return Buffer.concat(came).toString('utf8');
    },
    get answer() {
      return Buffer.concat(went).toString('utf8');
    },
  };
}

function keep(chunks: Buffer[], chunk: unknown): void {
  if (typeof chunk === 'string') chunks.push(Buffer.from(chunk));
  else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
}
