/** What stands in an answer where a secret stood. */
export const REDACTED = Buffer.from('[redacted]');

const EMPTY = Buffer.alloc(0);

/** Where a run of secret bytes begins and where it is over; a begin of -1 has got its mark already. */
type Span = [start: number, end: number];

/** The longest beginning of a needle that the bytes read so far end with (Aho and Corasick, 1975). */
interface State {
  readonly depth: number;
  /** The needles that begin so. */
  readonly needles: readonly Buffer[];
  /** The next shorter such beginning. */
  readonly fail?: State;
  /** Length of the longest needle the bytes end with. */
  readonly found: number;
  /** Length of the longest beginning they end with that is no whole needle. */
  readonly open: number;
  /** Filled as answers lead here: mostly never. */
  readonly next: Map<number, State>;
}

/** No needle has begun. From here, needles are found in one pass, however many there are and whatever they are made of. */
interface Start extends State {
  readonly window: number;
  /**
   * By the last two bytes of a window, how much further the first needle may begin (Wu and Manber, 1994): of an answer
   * without a secret, most bytes are never read.
   */
  readonly skips: Uint8Array;
  /** What the states made so far hold, counted in needles. */
  held: number;
}

/**
 * An upstream knows its key: by answers full of beginnings of it, it could make the states grow to gigabytes. Beyond this,
 * a few MB, they are forgotten: each is made again when an answer leads there.
 */
const MOST_HELD = 20_000;

/** More would skip more of a large answer, and read more of a small one byte by byte. */
const MAX_WINDOW = 64;

const starts = new WeakMap<readonly Buffer[], Start>();

/**
 * Takes secrets out of bytes that pass by, wherever the chunks happen to be cut.
 *
 * A byte that belongs to any secret does not pass; a run of such bytes is one {@link REDACTED}. Secrets overlap in
 * practice: the base64 of a user name begins the base64 of the pair. Holds back only a tail that could be the
 * beginning of a secret, so that an event which cannot contain one is never delayed.
 */
export class Redactor {
  readonly #start: Start;
  #state: State;
  #tail: Buffer = EMPTY;
  /** In the tail, and at its edge. */
  #spans: Span[] = [];

  /** None of the needles is empty. What finds them is prepared once per array. */
  constructor(needles: readonly Buffer[]) {
    this.#start = starts.get(needles) ?? startOf(needles);
    this.#state = this.#start;
  }

  /** The bytes of `chunk` (and of an earlier tail) that may go on. */
  push(chunk: Buffer): Buffer {
    return this.#pass(this.#read(chunk), this.#state.open);
  }

  /** What was held back, and the last chunk if there is one: nothing follows. */
  end(chunk: Buffer = EMPTY): Buffer {
    return this.#pass(this.#read(chunk), 0);
  }

  /** Finds the secrets that `chunk` completes. Returns it behind the tail. */
  #read(chunk: Buffer): Buffer {
    const start = this.#start;
    const { window, skips } = start;
    const spans = this.#spans;
    let at = this.#tail.length;
    const bytes = at > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    let state = this.#state;
    while (at < bytes.length) {
      for (let skip = 1; skip > 0 && state === start && at + window <= bytes.length; at += skip)
        skip = skips[pairAt(bytes, at + window - 2)] as number;
      const byte = bytes[at++] as number;
      state = state.next.get(byte) ?? follow(state, byte, start);
      if (state.found > 0) {
        let first = at - state.found;
        // It ends behind all others, but may begin before some.
        for (let last = spans.at(-1); last && last[1] >= first; last = spans.at(-1)) {
          first = Math.min(first, last[0]);
          spans.pop();
        }
        spans.push([first, at]);
      }
    }
    this.#state = state;
    return bytes;
  }

  /** Lets all bytes go but those in which a secret begins that is not complete yet. */
  #pass(bytes: Buffer, held: number): Buffer {
    const limit = bytes.length - held;
    const pieces: Buffer[] = [];
    const left: Span[] = [];
    let at = 0;
    for (const [start, end] of this.#spans) {
      if (start < limit) {
        if (start >= 0) pieces.push(bytes.subarray(at, start), REDACTED);
        at = end;
      }
      if (end >= limit) left.push([start < limit ? -1 : start - limit, end - limit]);
    }
    if (at < limit) pieces.push(bytes.subarray(at, limit));
    this.#spans = left;
    this.#tail = bytes.subarray(limit);
    return pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] ?? EMPTY);
  }
}

function startOf(needles: readonly Buffer[]): Start {
  const window = Math.min(MAX_WINDOW, ...needles.map((needle) => needle.length));
  const skips = new Uint8Array(0x10000).fill(window - 1);
  // The last place of a pair, which is written last, skips least.
  for (let at = 0; at < window - 1; at++) for (const needle of needles) skips[pairAt(needle, at)] = window - 2 - at;
  const start = { depth: 0, needles, found: 0, open: 0, next: new Map(), window, skips, held: 0 };
  starts.set(needles, start);
  return start;
}

function pairAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Where a byte leads that is met in this state for the first time. No recursion: it could get as deep as a key is long. */
function follow(state: State, byte: number, start: Start): State {
  if (start.held > MOST_HELD) {
    for (let one: State | undefined = state; one; one = one.fail) one.next.clear();
    start.held = 0;
  }
  const path: State[] = [];
  let from: State | undefined = state;
  for (; from && !from.next.has(byte); from = from.fail) path.push(from);
  let to = from?.next.get(byte) ?? (path.at(-1) as State);
  for (const { depth: before, needles: begun, next } of path.reverse()) {
    const depth = before + 1;
    const going = begun.filter((needle) => needle[before] === byte);
    if (going.length > 0) {
      // Forms of one key have most of it in common.
      const needles = going.length === begun.length ? begun : going;
      start.held += needles === begun ? 1 : going.length;
      const found = needles.some((needle) => needle.length === depth) ? depth : to.found;
      const open = needles.some((needle) => needle.length > depth) ? depth : to.open;
      to = { depth, needles, fail: to, found, open, next: new Map() };
    }
    next.set(byte, to);
  }
  return to;
}
