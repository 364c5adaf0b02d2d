import { type PermitRate, Permits } from './permits';

/** Documents are cached by who asks, so honest use is a few per minute. Per warm instance. */
const OF_ALL: PermitRate = { burst: 20, perSecond: 2 };
/** Less: addresses invented below one host must leave something to the others. */
const OF_A_HOST: PermitRate = { burst: 10, perSecond: 1 };
/** Strangers choose the hosts. Who makes us forget one has used up what all hosts have in common long before. */
const MAX_HOSTS = 200;

/** A share of what may be fetched: so much in all, and less for each host. */
export class FetchShare {
  readonly #all: Permits;
  readonly #hosts = new Map<string, Permits>();

  constructor(nowMs: number) {
    this.#all = new Permits(OF_ALL, nowMs);
  }

  /** Takes a permit, if there is one. */
  take(hostname: string, nowMs: number): boolean {
    const ofHost = this.#hosts.get(hostname) ?? new Permits(OF_A_HOST, nowMs);
    if (!ofHost.isAny(nowMs) || !this.#all.isAny(nowMs)) return false;
    ofHost.take();
    this.#all.take();
    // The one asked longest ago comes first, and goes first.
    this.#hosts.delete(hostname);
    this.#hosts.set(hostname, ofHost);
    const [oldest] = this.#hosts.keys();
    if (this.#hosts.size > MAX_HOSTS && oldest !== undefined) this.#hosts.delete(oldest);
    return true;
  }
}
