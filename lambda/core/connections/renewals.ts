import type { RefresherAnswer } from '../../contract/refresher-api';
import type { OpenConnection } from './person-credentials';
import type { RefresherPort } from './refresher-port';

/** What became of a token that does not do. */
export type Renewal = 'ready' | 'over' | 'unavailable';

const TOUCH_EVERY_MS = 3_600_000;
/** A refused token is not tried again for so long at most, whatever a platform says of its pause. */
const LONGEST_REFUSAL_MS = 60_000;
/** Connections this instance remembers something of. */
const MAX_REMEMBERED = 10_000;

/** What one instance asks of the refresher: one question at a time for each token, however many calls wait for it. */
export class Renewals {
  readonly #flights = new Map<string, Promise<Renewal>>();
  readonly #touched = new Map<string, number>();
  readonly #refusedUntil = new Map<string, number>();

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
    const key = flightKey(record, reason);
    const flight =
      this.#flights.get(key) ??
      this.#refresher.ask({ action: 'refresh', subject, provider, version, reason }, deadlineMs).then(
        (answer) => {
          this.#flights.delete(key);
          landed();
          if (!answer.ok) return 'unavailable';
          this.#note(key, reason, answer.value);
          return renewalOf(answer.value);
        },
        (error: unknown) => {
          this.#flights.delete(key);
          throw error;
        },
      );
    this.#flights.set(key, flight);
    return flight;
  }

  /** An upstream has refused this token, and the platform gives no other for the time being: it need not be tried again. */
  isRefused({ record }: OpenConnection): boolean {
    return this.#now() < (this.#refusedUntil.get(flightKey(record, 'refused')) ?? 0);
  }

  /** Has the last use noted, at most once an hour. Nobody waits for it, and no call fails by it. */
  touch({ record }: OpenConnection, deadlineMs: number): void {
    const { subject, provider, lastUsedAtMs = 0 } = record;
    const key = JSON.stringify([subject, provider]);
    const now = this.#now();
    if (now - Math.max(lastUsedAtMs, this.#touched.get(key) ?? 0) < TOUCH_EVERY_MS) return;
    remember(this.#touched, key, now);
    this.#refresher.ask({ action: 'touch', subject, provider }, deadlineMs).catch(() => undefined);
  }

  /** Only a platform that fails: what it will not give for other reasons says nothing of the token. */
  #note(key: string, reason: 'expired' | 'refused', answer: RefresherAnswer): void {
    if (reason !== 'refused' || answer.outcome !== 'unavailable' || answer.problem !== 'provider_unavailable') return;
    remember(this.#refusedUntil, key, Math.min(answer.retryAtMs ?? 0, this.#now() + LONGEST_REFUSAL_MS));
  }
}

function flightKey({ subject, provider, version }: OpenConnection['record'], reason: string): string {
  return JSON.stringify([subject, provider, version, reason]);
}

/** The oldest is forgotten first. */
function remember(map: Map<string, number>, key: string, value: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}

function renewalOf({ outcome }: RefresherAnswer): Renewal {
  if (outcome === 'ready') return 'ready';
  return outcome === 'broken' || outcome === 'missing' ? 'over' : 'unavailable';
}
