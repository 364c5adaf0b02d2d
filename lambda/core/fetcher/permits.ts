export interface PermitRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bucket of permits that fills at a fixed rate. */
export class Permits {
  readonly #rate: PermitRate;
  #left: number;
  #countedAtMs: number;

  constructor(rate: PermitRate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#countedAtMs = nowMs;
  }

  isAny(nowMs: number): boolean {
    // A clock set back gives nothing, and takes nothing.
    const gained = (Math.max(0, nowMs - this.#countedAtMs) / 1_000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.burst, this.#left + gained);
    this.#countedAtMs = nowMs;
    return this.#left >= 1;
  }

  take(): void {
    this.#left -= 1;
  }
}
