import { setTimeout as delay } from 'node:timers/promises';

interface Closable {
  close(): Promise<void>;
}

/** Everything that was started, to be ended in the opposite order, whenever the end comes. */
export class Undo {
  readonly #steps: (() => unknown)[] = [];
  #opening = new Set<Promise<unknown>>();

  add(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Counts what is still being opened, so that an interruption in between leaves nothing behind. */
  async opened<T extends Closable>(opening: Promise<T>): Promise<T> {
    const counted = opening.then(
      (thing) => this.add(() => thing.close()),
      () => undefined,
    );
    this.#opening.add(counted);
    const thing = await opening;
    await counted;
    return thing;
  }

  async all(timeoutMs: number): Promise<void> {
    const limit = new AbortController();
    await Promise.race([this.#run(), delay(timeoutMs, undefined, { signal: limit.signal }).catch(() => undefined)]);
    limit.abort();
  }

  async #run(): Promise<void> {
    await Promise.all(this.#opening);
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`While stopping: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}
