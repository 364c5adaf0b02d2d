import type { RefresherAnswer } from '../../contract/refresher-api';
import type { OpenConnection } from './person-credentials';
import type { RefresherPort } from './refresher-port';

/** What became of a token that does not do. */
export type Renewal = 'ready' | 'over' | 'unavailable';

const TOUCH_EVERY_MS = 3_600_000;
/** Connections whose last use this instance has told. */
const MAX_TOUCHED = 10_000;

/** What one instance asks of the refresher: one question at a time for each token, however many calls wait for it. */
export class Renewals {
  readonly #flights = new Map<string, Promise<Renewal>>();
  readonly #touched = new Map<string, number>();

  readonly #refresher: RefresherPort;

  readonly #now: () => number;

  constructor(refresher: RefresherPort, now: () => number) {
    this.#refresher = refresher;
    this.#now = now;
  }

  /** `landed` runs once, before anybody who waits goes on. */
  renew(
    { record }: OpenConnection,
    reason: 'expired' | 'refused',
    deadlineMs: number,
    landed: () => void,
  ): Promise<Renewal> {
    const { subject, provider, version } = record;
    const key = JSON.stringify([subject, provider, version, reason]);
    const flight =
      this.#flights.get(key) ??
      this.#refresher.ask({ action: 'refresh', subject, provider, version, reason }, deadlineMs).then(
        (answer) => {
          this.#flights.delete(key);
          landed();
          return answer.ok ? renewalOf(answer.value) : 'unavailable';
        },
        (error: unknown) => {
          this.#flights.delete(key);
          throw error;
        },
      );
    this.#flights.set(key, flight);
    return flight;
  }

  /** Has the last use noted, at most once an hour. Nobody waits for it, and no call fails by it. */
  touch({ record }: OpenConnection, deadlineMs: number): void {
    const { subject, provider, lastUsedAtMs = 0 } = record;
    const key = JSON.stringify([subject, provider]);
    const now = this.#now();
    if (now - Math.max(lastUsedAtMs, this.#touched.get(key) ?? 0) < TOUCH_EVERY_MS) return;
    this.#touched.delete(key);
    this.#touched.set(key, now);
    const [oldest] = this.#touched.keys();
    if (this.#touched.size > MAX_TOUCHED && oldest !== undefined) this.#touched.delete(oldest);
    this.#refresher.ask({ action: 'touch', subject, provider }, deadlineMs).catch(() => undefined);
  }
}

function renewalOf({ outcome }: RefresherAnswer): Renewal {
  if (outcome === 'ready') return 'ready';
  return outcome === 'broken' || outcome === 'missing' ? 'over' : 'unavailable';
}
