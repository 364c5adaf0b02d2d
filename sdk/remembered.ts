/** Remembers what `load` gave for a while. Callers at the same time share one load; a failure is not remembered. */
export class Remembered<T> {
  readonly #load: () => Promise<T>;
  readonly #ttlMs: number;
  readonly #now: () => number;
  #current: { readonly value: Promise<T>; readonly until: number } | undefined;

  constructor(load: () => Promise<T>, ttlMs: number, now: () => number = () => performance.now()) {
    this.#load = load;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  get(): Promise<T> {
    if (this.#current && this.#now() < this.#current.until) return this.#current.value;
    const value = this.#load();
    const current = { value, until: this.#now() + this.#ttlMs };
    this.#current = current;
    value.catch(() => {
      if (this.#current === current) this.#current = undefined;
    });
    return value;
  }

  /** The next `get` loads again; a load under way does not come back afterwards. */
  forget(): void {
    this.#current = undefined;
  }
}
