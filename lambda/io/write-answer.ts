import type { Writable } from 'node:stream';
import type { Answer, AnswerBody } from '../core/http-message';
import { Redactor } from '../core/redactor';

/** How an answer ended, for the audit line. */
export interface Written {
  readonly bytes: number;
  /**
   * `failed`: the upstream broke between two events, and the client was told. `cut`: it broke in the middle; the
   * function must now fail, so that half an answer does not look whole. `abandoned`: the client went away.
   */
  readonly ending: 'complete' | 'failed' | 'cut' | 'abandoned';
}

/** Writes an answer's body, and resolves when the platform has all of it. Never rejects. */
export function writeAnswer(answer: Answer, out: Writable): Promise<Written> {
  const { body } = answer;
  if (out.destroyed) {
    // No event will ever come from it.
    if (body.kind === 'stream') body.source.destroy();
    return Promise.resolve({ bytes: 0, ending: 'abandoned' });
  }
  return body.kind === 'complete' ? writeWhole(body.bytes, out) : passThrough(body, out);
}

function writeWhole(bytes: Buffer | string, out: Writable): Promise<Written> {
  return new Promise((resolve) => {
    out.once('error', () => resolve({ bytes: 0, ending: 'abandoned' }));
    out.once('close', () => resolve({ bytes: 0, ending: 'abandoned' }));
    // The head travels with the first write, even where there is nothing to write.
    out.write(bytes);
    out.end((error?: Error | null) =>
      resolve(error ? { bytes: 0, ending: 'abandoned' } : { bytes: Buffer.byteLength(bytes), ending: 'complete' }),
    );
  });
}

/** Chunk by chunk as they arrive: with back-pressure, without a secret, stopping the source when the client goes. */
function passThrough(body: Extract<AnswerBody, { kind: 'stream' }>, out: Writable): Promise<Written> {
  return new Promise((resolve) => {
    const { source, failureEvent } = body;
    const redactor = body.needles.length > 0 ? new Redactor(body.needles) : undefined;
    let bytes = 0;
    let tail = '';
    let isOver = false;

    source.on('data', (chunk: Buffer) => send(redactor === undefined ? chunk : redactor.push(chunk)));
    source.once('end', () => {
      if (redactor !== undefined) send(redactor.end());
      if (bytes === 0) out.write('');
      end('complete', () => out.end());
    });
    source.once('error', fail);
    // A source may have failed before anyone listened.
    source.once('close', fail);
    out.on('drain', () => source.resume());
    out.on('error', stop);
    out.once('close', stop);
    // The head of an event stream does not wait for the first event.
    if (failureEvent !== undefined) out.write('');
    if (source.closed) fail();

    function fail(failure?: unknown): void {
      if (isOver) return;
      const held = redactor?.end().length ?? 0;
      if (failureEvent !== undefined && held === 0 && endsEvent(tail)) {
        end('failed', () => out.end(failureEvent(failure)));
      } else {
        // Destroying the stream instead would take the runtime client, and with it the environment, down.
        isOver = true;
        resolve({ bytes, ending: 'cut' });
      }
    }

    function send(chunk: Buffer): void {
      if (chunk.length === 0 || isOver) return;
      bytes += chunk.length;
      if (failureEvent !== undefined) tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 4))).slice(-4);
      if (!out.write(chunk)) source.pause();
    }

    function end(ending: Written['ending'], close: () => void): void {
      if (isOver) return;
      isOver = true;
      const done = () => resolve({ bytes, ending });
      out.once('finish', done);
      out.once('close', done);
      close();
    }

    function stop(): void {
      if (isOver) return;
      isOver = true;
      source.destroy();
      resolve({ bytes, ending: 'abandoned' });
    }
  });
}

/** True at the start of an event stream and behind a blank line. */
function endsEvent(tail: string): boolean {
  return tail === '' || tail.replace(/\r\n?/g, '\n').endsWith('\n\n');
}
