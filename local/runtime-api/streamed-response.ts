import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { failBehindData } from '../functions/fail-behind-data';
import { FunctionError } from '../functions/invoker';
import { parseFunctionError } from './runtime-api-server';

const ERROR_TYPE = 'lambda-runtime-function-error-type';
const ERROR_BODY = 'lambda-runtime-function-error-body';

/**
 * The bytes of a function's answer as its caller reads them: at the caller's pace, and failing where the
 * runtime reports a failure in its trailers. A caller that stops reading does not stop the function.
 */
export function streamedResponse(message: IncomingMessage): Readable {
  const out: PassThrough = new PassThrough({
    flush(done) {
      const error = trailerError(message);
      if (error) void failBehindData(out, error);
      else done();
    },
  });
  message.on('error', () => {
    void failBehindData(out, new FunctionError('Runtime.ExitError', 'The runtime broke off its answer'));
  });
  message.pipe(out);
  out.on('close', () => message.unpipe(out).resume());
  return out;
}

function trailerError(message: IncomingMessage): FunctionError | null {
  const type = message.trailers[ERROR_TYPE];
  if (type === undefined) return null;
  const body = message.trailers[ERROR_BODY];
  return body === undefined
    ? new FunctionError(type, '')
    : parseFunctionError(Buffer.from(body, 'base64').toString('utf8'));
}
