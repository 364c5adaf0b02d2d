/** What stands in an answer where a secret stood. */
export const REDACTED = Buffer.from('[redacted]');

const EMPTY = Buffer.alloc(0);

/**
 * Takes secrets out of bytes that pass by, wherever the chunks happen to be cut.
 *
 * Holds back only a tail that could be the beginning of a secret, so that an event
 * which cannot contain one is never delayed. Give longer needles first.
 */
export class Redactor {
  private tail: Buffer = EMPTY;

  constructor(private readonly needles: readonly Buffer[]) {}

  /** The bytes of `chunk` (and of an earlier tail) that may go on. */
  push(chunk: Buffer): Buffer {
    const bytes = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    const clean = replaceAll(bytes, this.needles);
    const held = longestOpenTail(clean, this.needles);
    if (held === 0) {
      this.tail = EMPTY;
      return clean;
    }
    this.tail = clean.subarray(clean.length - held);
    return clean.subarray(0, clean.length - held);
  }

  /** What was held back: no secret, since none was completed. */
  end(): Buffer {
    const rest = this.tail;
    this.tail = EMPTY;
    return rest;
  }
}

/** Takes secrets out of a short text, such as a header value. */
export function redactText(text: string, needles: readonly Buffer[]): string {
  return needles.length === 0 ? text : replaceAll(Buffer.from(text), needles).toString();
}

function replaceAll(bytes: Buffer, needles: readonly Buffer[]): Buffer {
  let clean = bytes;
  for (const needle of needles) {
    let at = clean.indexOf(needle);
    if (at === -1) continue;
    const pieces: Buffer[] = [];
    let from = 0;
    while (at !== -1) {
      pieces.push(clean.subarray(from, at), REDACTED);
      from = at + needle.length;
      at = clean.indexOf(needle, from);
    }
    pieces.push(clean.subarray(from));
    clean = Buffer.concat(pieces);
  }
  return clean;
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
