import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Fails a stream once its reader has everything that was written before the failure, as bytes already
 * sent over a network arrive before the news of their sender's death. `destroy` alone would throw them away.
 */
export async function failBehindData(stream: Duplex, error: Error): Promise<void> {
  // No event tells that a reader has emptied the buffer.
  while (!stream.destroyed && stream.readableLength + stream.writableLength > 0)
    await delay(5, undefined, { ref: false });
  stream.destroy(error);
}
