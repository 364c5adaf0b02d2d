import { connect, type Socket } from 'node:net';

/** A complete HTTP answer as the load generator sees it. */
export interface Answer {
  readonly status: number;
  /** Header block, as received. */
  readonly head: string;
  readonly parts: readonly Buffer[];
  readonly bytes: number;
}

export function bodyText(answer: Answer): string {
  return Buffer.concat(answer.parts).toString();
}

const HEAD_END = '\r\n\r\n';

/**
 * One keep-alive connection that sends prepared bytes and waits for the whole answer.
 *
 * `http.request` costs 60 µs a call, as much as the pipe it would measure: at
 * concurrency 32 the load generator, not the process under test, would be the limit.
 */
export class Connection {
  private waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  private parser = new AnswerParser();

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('connection closed before the answer was complete')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends one request; calls on one connection must not overlap. */
  exchange(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    try {
      const answer = this.parser.push(chunk);
      if (!answer) return;
      const { waiting } = this;
      this.waiting = undefined;
      this.parser = new AnswerParser();
      waiting?.resolve(answer);
    } catch (error) {
      this.fail(error as Error);
      this.socket.destroy();
    }
  }

  private fail(error: Error): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(error);
  }
}

/** Incremental reader of one HTTP/1.1 answer, of fixed length or chunked. */
export class AnswerParser {
  private pending: Buffer = Buffer.alloc(0);
  private head: string | undefined;
  private status = 0;
  private chunked = false;
  /** Bytes still to come of the body, or of the current chunk. */
  private left = 0;
  private inChunk = false;
  private bytes = 0;
  private readonly parts: Buffer[] = [];

  /** The answer, once its last byte is in. */
  push(chunk: Buffer): Answer | undefined {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    if (this.head === undefined && !this.readHead()) return undefined;
    const complete = this.chunked ? this.readChunks() : this.readFixed();
    return complete ? { status: this.status, head: this.head ?? '', parts: this.parts, bytes: this.bytes } : undefined;
  }

  private readHead(): boolean {
    const end = this.pending.indexOf(HEAD_END);
    if (end < 0) return false;
    this.head = this.pending.toString('latin1', 0, end);
    this.pending = this.pending.subarray(end + HEAD_END.length);
    this.status = Number(this.head.slice(9, 12));
    this.chunked = /\r\ntransfer-encoding: *chunked/i.test(this.head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.head);
    if (!this.chunked && !length && this.status !== 204) {
      throw new Error(`an answer ${this.status} has neither a length nor chunks`);
    }
    this.left = length && !this.chunked ? Number(length[1]) : 0;
    return true;
  }

  private readFixed(): boolean {
    this.take();
    return this.left === 0;
  }

  private readChunks(): boolean {
    for (;;) {
      if (this.inChunk) {
        this.take();
        if (this.left > 0 || this.pending.length < 2) return false;
        this.pending = this.pending.subarray(2);
        this.inChunk = false;
      }
      const line = this.pending.indexOf('\r\n');
      if (line < 0) return false;
      this.left = Number.parseInt(this.pending.toString('latin1', 0, line), 16);
      if (Number.isNaN(this.left)) throw new Error('a chunk has no size');
      // No trailers: nothing we measure sends them.
      if (this.left === 0) return this.pending.length >= line + 4;
      this.pending = this.pending.subarray(line + 2);
      this.inChunk = true;
    }
  }

  private take(): void {
    const part = this.pending.subarray(0, this.left);
    if (part.length === 0) return;
    this.parts.push(part);
    this.bytes += part.length;
    this.left -= part.length;
    this.pending = this.pending.subarray(part.length);
  }
}
