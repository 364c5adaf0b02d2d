/** How often each operation arrived, refused and failed calls included: a retry costs, whatever its answer. */
export class CallCounter {
  readonly #counts = new Map<string, number>();

  record(operation: string): void {
    this.#counts.set(operation, this.count(operation) + 1);
  }

  count(operation?: string): number {
    if (operation !== undefined) return this.#counts.get(operation) ?? 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.#counts.clear();
  }
}
