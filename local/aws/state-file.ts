import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * One service's state: in memory, and in a file if a path is given.
 *
 * A change is made on a copy, then written beside the file and renamed over it, then kept: whatever
 * interrupts it, the file holds the state before or after, and a change that failed left no trace.
 * All of it is synchronous, so Ctrl-C falls before or after, too.
 */
export class StateFile<T extends object> {
  readonly #path: string | undefined;
  #state: T;

  constructor(path: string | undefined, empty: T) {
    this.#path = path;
    this.#state = (path === undefined ? undefined : readState<T>(path)) ?? empty;
  }

  get state(): Readonly<T> {
    return this.#state;
  }

  change<R>(apply: (draft: T) => R): R {
    const draft = structuredClone(this.#state);
    const result = apply(draft);
    if (this.#path !== undefined) writeState(this.#path, draft);
    this.#state = draft;
    return result;
  }
}

function readState<T>(path: string): T | undefined {
  // Left by a process killed between write and rename.
  rmSync(`${path}.new`, { force: true });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Error(`${path} is not JSON: restore it, or remove the data directory to start afresh`);
  }
}

/** Owner-only: these files hold key material. */
function writeState(path: string, state: object): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeFileSync(file, JSON.stringify(state));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
