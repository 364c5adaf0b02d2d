import type { ServiceName } from './aws-service';

export interface Fault {
  /** Only calls of this operation; every operation if absent. */
  readonly operation?: string;
  readonly service?: ServiceName;
  /**
   * `throttle` and `error`: the service's own refusal and 5xx. `timeout`: no answer until the client
   * gives up. `reset`: the connection is cut. `delay`: the true answer, `delayMs` late. `condition`: a write's condition
   * does not hold, as if somebody else had been first; a call without one is answered.
   */
  readonly kind: 'throttle' | 'error' | 'timeout' | 'reset' | 'delay' | 'condition';
  /** How many calls it hits; without `times` and `rate`, every one until cleared. */
  readonly times?: number;
  /** Share of the calls it hits, 0 to 1; the same seed hits the same calls. */
  readonly rate?: number;
  readonly delayMs?: number;
  /** The call takes effect, then its answer is lost to the fault. */
  readonly afterEffect?: boolean;
}

interface ArmedFault {
  readonly fault: Fault;
  remaining: number;
}

/** Decides which call meets which fault; the first match in the order of injection wins. */
export class FaultInjector {
  readonly #random: () => number;
  #armed: ArmedFault[] = [];

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  inject(fault: Fault): void {
    this.#armed.push({ fault, remaining: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault this call meets. Uses it up. */
  next(service: ServiceName, operation: string): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.service !== undefined && fault.service !== service) continue;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (armed.remaining <= 0) continue;
      if (fault.rate !== undefined && this.#random() >= fault.rate) continue;
      armed.remaining -= 1;
      return fault;
    }
    return undefined;
  }
}

/** mulberry32: small, good enough to spread faults, and repeatable. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
