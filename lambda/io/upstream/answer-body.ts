import { Readable } from 'node:stream';

/** As much may wait for a slow reader before the upstream is made to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

export interface AnswerBodyOwner {
  /** The reader has room again. */
  onWanted(): void;
  /** The reader has finished, or wants nothing more. */
  onClosed(): void;
}

/** The body of an upstream's answer as it arrives. */
export class AnswerBody extends Readable {
  /** All of it has arrived. */
  complete = false;

  readonly #owner: AnswerBodyOwner;

  constructor(owner: AnswerBodyOwner) {
    super({ highWaterMark: HIGH_WATER_BYTES });
    this.#owner = owner;
  }

  override _read(): void {
    this.#owner.onWanted();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#owner.onClosed();
    done(error);
  }

  finish(): void {
    this.complete = true;
    this.push(null);
  }
}
