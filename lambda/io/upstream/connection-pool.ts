import type { HttpTarget } from '../http-target';
import { Connection, type ConnectionKeeper } from './connection';

/** Many servers close after five seconds idle; a frozen environment does not notice. */
const MAX_IDLE_MS = 4_000;
const MAX_IDLE = 256;
const RESTED_MS = 200;

/**
 * Connections to one upstream. Timers do not run while an environment is frozen, so that the age of a connection is
 * looked at, by the wall clock, when it is to be used: the one last used first.
 */
export class ConnectionPool implements ConnectionKeeper {
  tlsSession: Buffer | undefined;

  readonly #target: HttpTarget;
  readonly #now: () => number;
  readonly #idle: Connection[] = [];

  constructor(target: HttpTarget, now: () => number) {
    this.#target = target;
    this.#now = now;
  }

  take(): Connection {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (this.#ageOf(idle) < Math.min(MAX_IDLE_MS, idle.keepAliveMs) && idle.isReusable) return idle;
      idle.destroy();
    }
    return new Connection(this.#target, this);
  }

  /** Whether the connection that would be taken has waited so long that its end may have come meanwhile. */
  get hasRested(): boolean {
    const idle = this.#idle.at(-1);
    return idle !== undefined && this.#ageOf(idle) >= RESTED_MS;
  }

  /** Keeps a connection whose call is over, if another may use it. */
  giveBack(connection: Connection): void {
    if (connection.keepAliveMs === 0 || !connection.isReusable || this.#idle.length >= MAX_IDLE) {
      connection.destroy();
      return;
    }
    connection.rest(this.#now());
    this.#idle.push(connection);
    const oldest = this.#idle[0] as Connection;
    if (this.#ageOf(oldest) >= MAX_IDLE_MS) oldest.destroy();
  }

  /** One of them turned out to be dead, so the others probably are. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  #ageOf({ idleSinceMs }: Connection): number {
    return Math.abs(this.#now() - idleSinceMs);
  }

  onGone(connection: Connection): void {
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
  }
}
