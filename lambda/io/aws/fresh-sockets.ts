import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';

/** AWS closes idle connections after tens of seconds; a frozen environment does not notice. */
const MAX_IDLE_MS = 4_000;
/** Looking at every idle socket for every call would cost more than it finds. */
const LOOK_EVERY_MS = 250;

export interface FreshSockets {
  /** The keep-alive agent, without the idle sockets that may be dead by now. */
  agent(): HttpAgent;
  /** Drops every idle socket: one of them turned out to be dead, so the others probably are. */
  dropIdle(): void;
}

/**
 * A keep-alive agent for an environment that is frozen between invocations. Timers do not run
 * while frozen, so an agent's own idle timeout fires too late: after the first request has
 * already been written to a connection the peer closed minutes ago. The age of a socket is
 * therefore looked at, by the wall clock, before each use.
 */
export function freshSockets(secure: boolean, now: () => number): FreshSockets {
  const agent: HttpAgent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, scheduling: 'lifo' });
  const idleSince = new WeakMap<Socket, number>();
  let lookedAt = -Infinity;
  agent.on('free', (socket: Socket) => idleSince.set(socket, now()));

  const drop = (isStale: (socket: Socket) => boolean): void => {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets?.filter(isStale) ?? []) socket.destroy();
    }
  };
  return {
    agent() {
      const at = now();
      if (Math.abs(at - lookedAt) >= LOOK_EVERY_MS) {
        lookedAt = at;
        drop((socket) => (idleSince.get(socket) ?? 0) <= at - MAX_IDLE_MS);
      }
      return agent;
    },
    dropIdle: () => drop(() => true),
  };
}
