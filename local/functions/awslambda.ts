import type { Writable } from 'node:stream';
import { mainGlobal } from './main-realm';
import { HEAD_DELIMITER } from './stream-head';

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/** What the runtime client adds to the writable it hands to a streaming handler. */
export interface ResponseStream extends Writable {
  setContentType(contentType: string): void;
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void;
}

export type StreamingHandler = (event: unknown, stream: ResponseStream, context: object) => Promise<unknown>;

/** The global Lambda's Node.js runtime defines, with the same rules: the head goes out with the first write, never before. */
const awslambda = {
  streamifyResponse(handler: StreamingHandler): StreamingHandler {
    Object.defineProperty(handler, STREAMING, { value: 'response', configurable: true });
    return handler;
  },
  HttpResponseStream: {
    from(stream: ResponseStream, head: object): ResponseStream {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      const json = JSON.stringify(head);
      stream._onBeforeFirstWrite = (write) => {
        write(json);
        write(HEAD_DELIMITER);
      };
      return stream;
    },
  },
};

export function defineAwsLambda(): void {
  mainGlobal.awslambda = { ...mainGlobal.awslambda, ...awslambda };
}

export function isStreamingHandler(handler: object): handler is StreamingHandler {
  return (handler as Record<symbol, unknown>)[STREAMING] === 'response';
}
