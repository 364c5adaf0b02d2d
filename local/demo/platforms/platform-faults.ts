/** What a program may ask of a platform. */
export type PlatformEndpoint = 'token' | 'refresh' | 'revoke' | 'identity' | 'mcp' | 'other';

/**
 * How an answer goes wrong. `status`: an HTTP error with a body of choice. `reset`: the connection breaks. `silence`:
 * nothing comes, ever. `slow_body`: head and half a body, and then nothing.
 */
export interface PlatformFault {
  readonly endpoint: PlatformEndpoint;
  readonly kind: 'status' | 'reset' | 'silence' | 'slow_body';
  /** @default 503 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default '' */
  readonly body?: string;
  /** How many requests it meets. @default 1 */
  readonly times?: number;
  /** Share of the requests it meets, instead of a number of times: evenly spread, so that a run repeats. */
  readonly rate?: number;
  /** What was asked is done all the same; only the answer is lost. */
  readonly afterEffect?: boolean;
}

/** Faults on their way, oldest first. */
export class PlatformFaults {
  #waiting: { readonly fault: PlatformFault; left: number; owed: number }[] = [];

  inject(fault: PlatformFault): void {
    const left = fault.times ?? (fault.rate === undefined ? 1 : Number.POSITIVE_INFINITY);
    this.#waiting.push({ fault, left, owed: 0 });
  }

  clear(): void {
    this.#waiting = [];
  }

  next(endpoint: PlatformEndpoint): PlatformFault | undefined {
    for (const waiting of this.#waiting) {
      if (waiting.fault.endpoint !== endpoint || waiting.left === 0) continue;
      waiting.owed += waiting.fault.rate ?? 1;
      if (waiting.owed < 1) continue;
      waiting.owed -= 1;
      waiting.left -= 1;
      return waiting.fault;
    }
    return undefined;
  }
}
