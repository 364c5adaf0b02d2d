import type { FetchedDocument, FetchRefusal } from '../authz/ports';
import { type FetchTarget, readFetchTarget } from './fetch-target';

/** What the fetcher function is asked. */
export interface FetchRequest {
  readonly url: string;
  /** @default MAX_DOCUMENT_BYTES, which is also the most */
  readonly maxBytes?: number;
}

export type FetchAnswer = FetchedDocument | { readonly refused: FetchRefusal };

export interface FetchGateDeps {
  /** Fetches from an address whose form has been checked; where it leads has not. */
  readonly fetch: (target: FetchTarget, maxBytes: number) => Promise<FetchAnswer>;
  readonly now: () => number;
}

export const MAX_DOCUMENT_BYTES = 65_536;
/** Documents are cached by who asks, so honest use is a few per minute. Per warm instance. */
const BURST = 20;
const PER_SECOND = 2;

/** Decides whether to fetch at all: the same address once at a time, all of them no faster than a fixed rate. */
export class FetchGate {
  readonly #flights = new Map<string, Promise<FetchAnswer>>();
  readonly #deps: FetchGateDeps;
  #permits = BURST;
  #countedAtMs: number;

  constructor(deps: FetchGateDeps) {
    this.#deps = deps;
    this.#countedAtMs = deps.now();
  }

  /** `request`: whatever came; only a {@link FetchRequest} is served. */
  async serve(request: unknown): Promise<FetchAnswer> {
    const { url, maxBytes = MAX_DOCUMENT_BYTES } = (request ?? {}) as Partial<Record<keyof FetchRequest, unknown>>;
    const target = readFetchTarget(url);
    if (target === undefined || !isSize(maxBytes)) return { refused: 'address_not_allowed' };
    const most = Math.min(maxBytes, MAX_DOCUMENT_BYTES);
    const key = `${most} ${target.hostname}${target.path}`;
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    if (!this.#isPermitted()) return { refused: 'rate_limited' };
    const flight = this.#deps.fetch(target, most).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  #isPermitted(): boolean {
    const nowMs = this.#deps.now();
    // A clock set back gives nothing, and takes nothing.
    const gained = (Math.max(0, nowMs - this.#countedAtMs) / 1_000) * PER_SECOND;
    this.#permits = Math.min(BURST, this.#permits + gained);
    this.#countedAtMs = nowMs;
    if (this.#permits < 1) return false;
    this.#permits -= 1;
    return true;
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
