import type { Departure } from '../../core/departure';
import { err, ok, type Result } from '../../core/result';
import { type UpstreamAnswer, UpstreamFailure } from '../../core/upstream-call';
import { callWatch } from '../call-watch';
import { AnswerBody, type AnswerBodyOwner } from './answer-body';
import type { Connection, ConnectionUser } from './connection';
import type { ConnectionPool } from './connection-pool';
import { MalformedResponse, type ResponseHead } from './response-head';

/** A kept connection broke before any answer. */
export const STALE = Symbol('stale');

export type Sent = Result<UpstreamAnswer, UpstreamFailure> | typeof STALE;

/** All in ms. `budgetMs` may be over already. */
export interface Limits {
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly budgetMs: number;
}

/** One request and its answer on one connection, within its time and for as long as somebody wants it. */
export class Exchange implements ConnectionUser, AnswerBodyOwner {
  readonly #pool: ConnectionPool;
  readonly #limits: Limits;
  readonly #departure: Departure;
  readonly #startedAt = performance.now();
  #settle!: (sent: Sent) => void;
  #connection: Connection | undefined;
  #body: AnswerBody | undefined;
  #place: number | undefined;
  #heardAt = this.#startedAt;
  #heardBytes = -1;

  constructor(pool: ConnectionPool, limits: Limits, departure: Departure) {
    this.#pool = pool;
    this.#limits = limits;
    this.#departure = departure;
  }

  run(head: string, body: Buffer | string): Promise<Sent> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#place = callWatch.begin(this.#look);
      this.#departure.watch(this.#abort);
      // Nobody is there any more: nothing is sent.
      if (this.#place === undefined) return;
      this.#connection = this.#pool.take();
      this.#connection.send(head, body, this);
    });
  }

  onHead({ status, headers, keepAliveMs }: ResponseHead): void {
    (this.#connection as Connection).keepAliveMs = keepAliveMs;
    this.#body = new AnswerBody(this);
    // It may fail before anybody reads it, and is read as failed then.
    this.#body.on('error', () => undefined);
    this.#settle(ok({ status, headers, body: this.#body }));
  }

  onData(bytes: Buffer): void {
    if (this.#body?.push(bytes) === false) this.#connection?.pause();
  }

  onEnd(): void {
    const connection = this.#connection;
    this.#release();
    if (connection !== undefined) this.#pool.giveBack(connection);
    this.#body?.finish();
  }

  onLost(error: Error | undefined): void {
    const connection = this.#connection as Connection;
    if (connection.hasServed && !connection.hasHeard && isReset(error)) {
      this.#release();
      this.#settle(STALE);
    } else if (error instanceof MalformedResponse) this.#fail('not_http');
    // Once connected, an upstream may have acted on the call, and the caller must be told so.
    else this.#fail(connection.isOpen ? 'connection_lost' : 'unreachable');
  }

  onWanted(): void {
    this.#connection?.resume();
  }

  onClosed(): void {
    this.#connection?.destroy();
    this.#release();
  }

  readonly #abort = () => this.#fail('connection_lost');

  readonly #look = (now: number) => {
    const { connectTimeoutMs, idleTimeoutMs, budgetMs } = this.#limits;
    const isOpen = this.#connection?.isOpen === true;
    const bytes = this.#connection?.movedBytes ?? 0;
    // Bytes wait for a slow client: it is not the upstream that is silent.
    if (!isOpen || bytes !== this.#heardBytes || this.#body?.readableLength) this.#heardAt = now;
    this.#heardBytes = bytes;
    if (now - this.#startedAt >= budgetMs) this.#fail('total_timeout');
    else if (!isOpen && now - this.#startedAt >= connectTimeoutMs) this.#fail('connect_timeout');
    else if (now - this.#heardAt >= idleTimeoutMs) this.#fail('idle_timeout');
  };

  #fail(kind: UpstreamFailure['kind']): void {
    const failure = new UpstreamFailure(kind);
    this.#connection?.destroy();
    this.#release();
    if (this.#body === undefined) this.#settle(err(failure));
    else this.#body.destroy(failure);
  }

  #release(): void {
    this.#connection = undefined;
    if (this.#place === undefined) return;
    callWatch.end(this.#place);
    this.#place = undefined;
    this.#departure.unwatch(this.#abort);
  }
}

/** `undefined`: it simply ended. */
function isReset(error: NodeJS.ErrnoException | undefined): boolean {
  return error === undefined || error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
