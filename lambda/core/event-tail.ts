import type { RpcId } from './gateway-error';
import { isObject } from './json';

/** At least so much is remembered, at most twice of it and a chunk. */
const WINDOW_BYTES = 64 * 1024;
const MAX_PIECES = 64;

/**
 * Watches an event stream go by, to tell at its end what the client has got. Parses nothing before it is asked.
 *
 * An event too large to be remembered is taken for the response, since notifications are small: to call a result
 * that was delivered a failure would be worse than not to report a failure.
 */
export class EventTail {
  private pieces: Buffer[] = [];
  #size = 0;
  #isCut = false;

  /** `awaited` is the id of the request; `null` if no response is due. */
  readonly #awaited: RpcId;

  constructor(awaited: RpcId) {
    this.#awaited = awaited;
  }

  push(chunk: Buffer): void {
    this.pieces.push(chunk);
    this.#size += chunk.length;
    for (let [oldest] = this.pieces; oldest && this.#size - oldest.length >= WINDOW_BYTES; [oldest] = this.pieces) {
      this.pieces.shift();
      this.#size -= oldest.length;
      this.#isCut = true;
    }
    if (this.pieces.length <= MAX_PIECES) return;
    const kept = Buffer.concat(this.pieces).subarray(-WINDOW_BYTES);
    this.#isCut ||= kept.length < this.#size;
    this.#size = kept.length;
    this.pieces = [kept];
  }

  /** True at the start of the stream and behind a blank line: elsewhere, an event appended would be read as part of one. */
  isBetweenEvents(): boolean {
    const ends = this.pieces.slice(-4).map((piece) => piece.toString('latin1', Math.max(0, piece.length - 4)));
    return ends.length === 0 || unifyLines(ends.join('')).endsWith('\n\n');
  }

  /** True if the awaited response has gone by. `isEnded` counts an event that only lacks its blank line. */
  isAnswered(isEnded = false): boolean {
    if (this.#awaited === null) return true;
    const events = unifyLines(new TextDecoder().decode(Buffer.concat(this.pieces))).split(/\n\n+/);
    if (!isEnded) events.pop();
    const half = this.#isCut ? events.shift() : undefined;
    const messages = events.map(dataOf).filter((data) => data !== '');
    return messages.some((data) => answers(data, this.#awaited)) || (half !== undefined && messages.length === 0);
  }
}

/** The data of one event, which may spread over several lines. Expects lines to end in LF. */
export function dataOf(event: string): string {
  return event
    .split('\n')
    .filter(isData)
    .map((line) => line.slice('data:'.length))
    .join('\n');
}

export function isData(line: string): boolean {
  return line.startsWith('data:');
}

/** An event stream with LF as the only end of a line. */
export function unifyLines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

function answers(data: string, id: RpcId): boolean {
  try {
    // Before 2025-06-18 a server might answer in a batch.
    return [JSON.parse(data)]
      .flat()
      .some(
        (message: unknown) => isObject(message) && message['id'] === id && ('result' in message || 'error' in message),
      );
  } catch {
    return false;
  }
}
