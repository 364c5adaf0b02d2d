import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { LIMITS } from '../../lambda/contract/front-door';
import type { StreamedAnswer } from '../functions/invoker';
import { clientHeaders } from './function-answer';

type StreamLimits = Pick<typeof LIMITS, 'streamIdleMs' | 'streamTotalMs' | 'streamedResponseBytes'>;
export type Limits = { readonly [limit in keyof StreamLimits]: number };

/**
 * Passes a streamed answer on, chunk by chunk, at the client's pace. Once the head is out there is
 * only one way to report a failure: the connection is cut, so that no client takes a part for the whole.
 */
export async function sendStreamed(
  response: ServerResponse,
  { head, body }: StreamedAnswer,
  ownHeaders: readonly string[],
  limits: Limits,
): Promise<void> {
  response.writeHead(head.statusCode, [...clientHeaders(head), ...ownHeaders]);
  // An event stream that is silent at first must still be seen as open.
  if (body.readableLength === 0) response.flushHeaders();

  const idle = setTimeout(() => body.destroy(new Error('idle for too long')), limits.streamIdleMs);
  const total = setTimeout(() => body.destroy(new Error('open for too long')), limits.streamTotalMs);
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    idle.refresh();
    bytes += chunk.length;
    if (bytes > limits.streamedResponseBytes) body.destroy(new Error('answer too large'));
  });
  try {
    await pipeline(body, response);
  } catch {
    response.destroy();
  } finally {
    clearTimeout(idle);
    clearTimeout(total);
  }
}
