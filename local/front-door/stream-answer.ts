import type { ServerResponse } from 'node:http';
import type { LIMITS } from '../../lambda/contract/front-door';
import type { StreamedAnswer } from '../functions/invoker';
import { clientHeaders } from './function-answer';

type StreamLimits = Pick<typeof LIMITS, 'streamIdleMs' | 'streamTotalMs' | 'streamedResponseBytes'>;
export type Limits = { readonly [limit in keyof StreamLimits]: number };

/**
 * Passes a streamed answer on, chunk by chunk, at the client's pace. Once the head is out there is
 * only one way to report a failure: the connection is cut, so that no client takes a part for the whole.
 */
export function sendStreamed(
  response: ServerResponse,
  { head, body }: StreamedAnswer,
  ownHeaders: readonly string[],
  limits: Limits,
): Promise<void> {
  response.writeHead(head.statusCode, [...clientHeaders(head), ...ownHeaders]);
  // An event stream that is silent at first must still be seen as open.
  if (body.readableLength === 0) response.flushHeaders();

  const cut = () => {
    body.destroy();
    response.destroy();
  };
  const idle = setTimeout(cut, limits.streamIdleMs);
  const total = setTimeout(cut, limits.streamTotalMs);
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    idle.refresh();
    bytes += chunk.length;
    if (bytes > limits.streamedResponseBytes) cut();
  });
  body.on('error', cut);
  body.once('close', () => {
    if (!body.readableEnded) cut();
  });
  // Not pipeline(): its bookkeeping costs a short answer more than everything else here.
  body.pipe(response);

  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(idle);
      clearTimeout(total);
      body.destroy();
      resolve();
    };
    // The client may have gone while the function was thinking.
    if (response.closed) over();
    else response.once('close', over);
  });
}
