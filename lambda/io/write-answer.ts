import type { Writable } from 'node:stream';
import { EventTail } from '../core/event-tail';
import type { Answer, CompleteAnswer, StreamedBody } from '../core/http-message';
import { Redactor } from '../core/redactor';
import { UpstreamFailure } from '../core/upstream-call';

/** How an answer ended, for the audit line. */
export interface Written {
  readonly bytes: number;
  /**
   * `failed`: the upstream ended between two events, without the response, and the client was told. `cut`: it broke in
   * the middle; the function must now fail, so that half an answer does not look whole. `abandoned`: the client left.
   */
  readonly ending: 'complete' | 'failed' | 'cut' | 'abandoned';
  /** What to write now, since nothing of the answer went out, not even its head. */
  readonly instead?: CompleteAnswer | undefined;
}

/** Nothing of the answer reached anyone. */
const UNSENT: Written = { bytes: 0, ending: 'abandoned' };

/** Writes an answer's body, and resolves when the platform has all of it. Never rejects. */
export function writeAnswer(answer: Answer, out: Writable): Promise<Written> {
  const { body } = answer;
  if (out.destroyed) {
    // No event will ever come from it.
    if (body.kind === 'stream') body.source.destroy();
    return Promise.resolve(UNSENT);
  }
  if (body.kind === 'complete') return writeWhole(body.bytes, out);
  const whole = takeWhole(body);
  return whole === undefined ? passThrough(body, out) : writeWhole(whole, out);
}

/** Most answers have arrived whole by now: no need to watch them arrive. */
function takeWhole({ source, isEvents, needles }: StreamedBody): Buffer | undefined {
  if (isEvents || !(source as { readonly complete?: boolean }).complete) return undefined;
  const bytes = source.read() as Buffer | null;
  if (bytes === null) return undefined;
  return needles.length === 0 ? bytes : redactWhole(bytes, needles);
}

function redactWhole(bytes: Buffer, needles: readonly Buffer[]): Buffer {
  return new Redactor(needles).end(bytes);
}

function writeWhole(bytes: Buffer | string, out: Writable): Promise<Written> {
  return new Promise((resolve) => {
    const abandon = () => resolve(UNSENT);
    out.on('error', abandon);
    out.on('close', abandon);
    // The head travels with the first write, even where there is nothing to write.
    out.write(bytes);
    out.end((error?: Error | null) =>
      resolve(error ? UNSENT : { bytes: Buffer.byteLength(bytes), ending: 'complete' }),
    );
  });
}

/** Chunk by chunk as they arrive: with back-pressure, without a secret, stopping the source when the client goes. */
function passThrough(body: StreamedBody, out: Writable): Promise<Written> {
  return new Promise((resolve) => {
    const { source, needles, awaited, lengthBytes } = body;
    const redactor = needles.length > 0 ? new Redactor(needles) : undefined;
    const tail = body.isEvents ? new EventTail(awaited) : undefined;
    let bytes = 0;
    let received = 0;
    let isOver = false;
    let isFailing = false;

    source.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received === lengthBytes) endWith(chunk);
      else send(redactor === undefined ? chunk : redactor.push(chunk));
    });
    source.once('end', () => {
      if (redactor !== undefined) send(redactor.end());
      if (tail === undefined ? bytes > 0 || awaited === null : tail.isAnswered(true)) {
        if (bytes === 0) out.write('');
        end('complete');
      } else fail(tail === undefined ? new UpstreamFailure('not_http') : undefined);
    });
    source.once('error', fail);
    // A source may have failed before anyone listened.
    source.once('close', fail);
    out.on('drain', () => source.resume());
    out.on('error', stop);
    out.once('close', stop);
    // The head of an event stream does not wait for the first event.
    if (tail !== undefined) out.write('');
    if (source.closed) fail(source.errored ?? undefined);

    /** What a redactor holds back never reaches the client, so only what went out says where the stream stands. */
    function fail(failure?: unknown): void {
      if (isOver || isFailing) return;
      // Behind the response, a failure would be a second answer to the same request.
      if (tail?.isAnswered()) {
        end('complete');
        return;
      }
      isFailing = true;
      body.fail(failure).then(tell, () => cut(undefined));
    }

    function tell(told: CompleteAnswer): void {
      if (tail?.isBetweenEvents()) end('failed', `event: message\ndata: ${told.body.bytes}\n\n`);
      else cut(bytes === 0 ? told : undefined);
    }

    /** Destroying the stream instead would take the runtime client, and with it the environment, down. */
    function cut(instead: CompleteAnswer | undefined): void {
      if (isOver) return;
      isOver = true;
      resolve({ bytes, ending: 'cut', instead });
    }

    /** The last chunk and the end go out together: most answers are one chunk. The head goes with a write only. */
    function endWith(chunk: Buffer): void {
      send(redactor === undefined ? chunk : redactor.end(chunk));
      end('complete');
      // No drain comes behind the end; unread, the source would keep its connection.
      source.resume();
    }

    function send(chunk: Buffer): void {
      if (chunk.length === 0 || isOver) return;
      bytes += chunk.length;
      tail?.push(chunk);
      if (!out.write(chunk)) source.pause();
    }

    function end(ending: Written['ending'], last?: string): void {
      if (isOver) return;
      isOver = true;
      // A client that leaves at the very end has not got all of it.
      const done = () => resolve({ bytes, ending: out.writableFinished ? ending : 'abandoned' });
      out.once('finish', done);
      out.once('close', done);
      out.end(last);
    }

    function stop(): void {
      if (isOver) return;
      isOver = true;
      source.destroy();
      resolve({ bytes, ending: 'abandoned' });
    }
  });
}
