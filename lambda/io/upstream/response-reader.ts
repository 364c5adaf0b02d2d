import { isFieldLine, MalformedResponse, parseResponseHead, type ResponseHead } from './response-head';

/** Where an answer goes as it is read. */
export interface ResponseSink {
  /** The final one; interim ones are passed over. */
  onHead(head: ResponseHead): void;
  onData(bytes: Buffer): void;
}

/** Of a head, as of trailers and of a line in between: that of node's own parser. */
const MAX_HEAD_BYTES = 16 * 1024;
const VERSION = 'HTTP/1.';
const CR = 13;
const LF = 10;
const EMPTY = Buffer.alloc(0);

/** A chunk's size, and extensions nobody reads (RFC 9112 §7.1.1). */
const CHUNK_LINE = /^([0-9a-f]{1,12})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"[\t !\x23-\x7e]*"))?)*$/i;

/**
 * - `head`: nothing but interim answers so far
 * - `bytes`: of a body whose length is known
 * - `rest`: of one that ends with the connection
 * - `size`, `chunk`, `chunk-end`, `trailers`: of a chunked one
 */
type State = 'head' | 'bytes' | 'rest' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

/** Reads one answer from bytes, however they are cut (RFC 9112). Body bytes pass as they arrive, uncopied. */
export class ResponseReader {
  #state: State = 'head';
  /** The beginning of a head or a line whose end has not come. */
  #held: Buffer = EMPTY;
  /** Of the body, or of the chunk. */
  #bytesLeft = 0;
  #trailerBytes = 0;

  readonly #sink: ResponseSink;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Whether the end of the connection may end the answer here. */
  get endsWithConnection(): boolean {
    return this.#state === 'rest' || this.#state === 'done';
  }

  /** Returns whether bytes came that are not of this answer. Throws {@link MalformedResponse}. */
  push(chunk: Buffer): boolean {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = EMPTY;
    let at = 0;
    while (at < bytes.length && !this.isDone) {
      const next = this.#read(bytes, at);
      if (next < 0) {
        if (bytes.length - at > MAX_HEAD_BYTES) throw new MalformedResponse();
        this.#held = bytes.subarray(at);
        return false;
      }
      at = next;
    }
    return at < bytes.length;
  }

  /** Returns where to read on; -1 if more has to come first. */
  #read(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'rest':
        this.#pass(bytes, at, bytes.length);
        return bytes.length;
      case 'bytes':
      case 'chunk': {
        const end = Math.min(bytes.length, at + this.#bytesLeft);
        this.#bytesLeft -= end - at;
        if (this.#bytesLeft === 0) this.#state = this.#state === 'bytes' ? 'done' : 'chunk-end';
        this.#pass(bytes, at, end);
        return end;
      }
      default:
        return this.#readLine(bytes, at);
    }
  }

  #pass(bytes: Buffer, at: number, end: number): void {
    this.#sink.onData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
  }

  #readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
    if (end < 0) {
      if (!VERSION.startsWith(bytes.toString('latin1', at, at + VERSION.length))) throw new MalformedResponse();
      return -1;
    }
    if (end - at > MAX_HEAD_BYTES) throw new MalformedResponse();
    const head = parseResponseHead(bytes.toString('latin1', at, end));
    if (head.status >= 200) this.#begin(head);
    // Nobody asked for another protocol.
    else if (head.status === 101) throw new MalformedResponse();
    return end + 4;
  }

  #begin(head: ResponseHead): void {
    const { framing } = head;
    if (framing === 'chunked') this.#state = 'size';
    else if (framing === 'until-close') this.#state = 'rest';
    else {
      this.#bytesLeft = framing;
      this.#state = framing === 0 ? 'done' : 'bytes';
    }
    this.#sink.onHead(head);
  }

  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    if (end < 0) return -1;
    if (end === at || bytes[end - 1] !== CR) throw new MalformedResponse();
    if (end - at > MAX_HEAD_BYTES) throw new MalformedResponse();
    this.#takeLine(bytes.toString('latin1', at, end - 1));
    return end + 1;
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case 'size': {
        const [, size] = CHUNK_LINE.exec(line) ?? [];
        if (size === undefined) throw new MalformedResponse();
        this.#bytesLeft = Number.parseInt(size, 16);
        this.#state = this.#bytesLeft === 0 ? 'trailers' : 'chunk';
        return;
      }
      case 'chunk-end':
        if (line !== '') throw new MalformedResponse();
        this.#state = 'size';
        return;
      default:
        // Trailers are passed over: what a client acts on stands in the head (RFC 9110 §6.5.1).
        this.#trailerBytes += line.length;
        if (line === '') this.#state = 'done';
        else if (this.#trailerBytes > MAX_HEAD_BYTES || !isFieldLine(line)) throw new MalformedResponse();
    }
  }
}
