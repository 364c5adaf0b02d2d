/** What stands in an answer where a secret stood. */
export const REDACTED = Buffer.from('[redacted]');

const EMPTY = Buffer.alloc(0);

/** Where a secret begins and where it is over. */
type Span = readonly [start: number, end: number];

/**
 * Takes secrets out of bytes that pass by, wherever the chunks happen to be cut.
 *
 * A byte that belongs to any secret does not pass; a run of such bytes is one {@link REDACTED}. Secrets overlap in
 * practice: the base64 of a user name begins the base64 of the pair. Holds back only a tail that could be the
 * beginning of a secret, so that an event which cannot contain one is never delayed.
 */
export class Redactor {
  #tail: Buffer = EMPTY;
  /** How much of the tail belongs to a secret that began before it. */
  #coveredTail = 0;
  /** The byte before the tail belonged to a secret. */
  #inSecret = false;

  readonly #needles: readonly Buffer[];

  constructor(needles: readonly Buffer[]) {
    this.#needles = needles;
  }

  /** The bytes of `chunk` (and of an earlier tail) that may go on. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    return this.#pass(bytes, bytes.length - longestOpenTail(bytes, this.#needles));
  }

  /** What was held back, now that nothing follows. */
  end(): Buffer {
    return this.#pass(this.#tail, this.#tail.length);
  }

  /** Lets the bytes before `limit` go: no secret that is not complete yet begins there. */
  #pass(bytes: Buffer, limit: number): Buffer {
    const pieces: Buffer[] = [];
    let at = this.#coveredTail;
    for (const [start, end] of secretsIn(bytes, this.#needles)) {
      if (start >= limit) break;
      if (start > at) pieces.push(bytes.subarray(at, start));
      if (start > at || !this.#inSecret) pieces.push(REDACTED);
      this.#inSecret = true;
      at = Math.max(at, end);
    }
    if (at < limit) {
      pieces.push(bytes.subarray(at, limit));
      this.#inSecret = false;
    }
    this.#coveredTail = Math.max(0, at - limit);
    this.#tail = bytes.subarray(limit);
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }
}

/** Every occurrence of every needle, by where it starts. */
function secretsIn(bytes: Buffer, needles: readonly Buffer[]): readonly Span[] {
  const spans: Span[] = [];
  for (const needle of needles) {
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
      spans.push([at, at + needle.length]);
    }
  }
  return spans.sort(([a], [b]) => a - b);
}

/** Length of the longest suffix that is a proper prefix of a needle. */
function longestOpenTail(bytes: Buffer, needles: readonly Buffer[]): number {
  let longest = 0;
  for (const needle of needles) {
    const first = needle[0];
    for (let length = Math.min(needle.length - 1, bytes.length); length > longest; length--) {
      const start = bytes.length - length;
      if (bytes[start] === first && bytes.compare(needle, 0, length, start) === 0) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
