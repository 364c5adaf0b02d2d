import type { FetchedDocument, FetchRefusal } from '../authz/ports';
import { FetchShare } from './fetch-share';
import { type FetchTarget, readFetchTarget } from './fetch-target';

/** What the fetcher function is asked. */
export interface FetchRequest {
  readonly url: string;
  /** @default MAX_DOCUMENT_BYTES, which is also the most */
  readonly maxBytes?: number;
  /** It gave a document before: strangers who invent addresses do not use up what is left for this one. */
  readonly wasGood?: boolean;
}

export type FetchAnswer = FetchedDocument | { readonly refused: FetchRefusal };

export interface FetchGateDeps {
  /** Fetches from an address whose form has been checked; where it leads has not. */
  readonly fetch: (target: FetchTarget, maxBytes: number) => Promise<FetchAnswer>;
  readonly now: () => number;
}

export const MAX_DOCUMENT_BYTES = 65_536;

/** Decides whether to fetch at all: the same address once at a time, all of them no faster than fixed rates. */
export class FetchGate {
  readonly #flights = new Map<string, Promise<FetchAnswer>>();
  readonly #deps: FetchGateDeps;
  /** Addresses never seen before share this one, */
  readonly #unseen: FetchShare;
  /** and those that gave a document before share that one: nobody who invents addresses is among them. */
  readonly #good: FetchShare;

  constructor(deps: FetchGateDeps) {
    this.#deps = deps;
    this.#unseen = new FetchShare(deps.now());
    this.#good = new FetchShare(deps.now());
  }

  /** `request`: whatever came; only a {@link FetchRequest} is served. */
  async serve(request: unknown): Promise<FetchAnswer> {
    const asked = (request ?? {}) as Partial<Record<keyof FetchRequest, unknown>>;
    const { url, maxBytes = MAX_DOCUMENT_BYTES, wasGood } = asked;
    const target = readFetchTarget(url);
    if (target === undefined || !isSize(maxBytes)) return { refused: 'address_not_allowed' };
    const most = Math.min(maxBytes, MAX_DOCUMENT_BYTES);
    const key = `${most} ${target.hostname}${target.path}`;
    const flying = this.#flights.get(key);
    if (flying !== undefined) return flying;
    const share = wasGood === true ? this.#good : this.#unseen;
    if (!share.take(target.hostname, this.#deps.now())) return { refused: 'rate_limited' };
    const flight = this.#deps.fetch(target, most).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
