import type { ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer } from '../../contract/refresher-api';
import type { ConnectionState } from '../connections/ports';
import { judgeConnection, type RefreshRequest } from './judge-connection';
import { BACKEND_MS, LEASE_MS, type RefreshDeps } from './refresh-deps';
import { refreshUnderLease } from './refresh-under-lease';

/** How long a caller waits for whoever refreshes: for one that dies, and for its successor to begin. */
const PATIENCE_MS = 20_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 250;

/**
 * Gets a connection a new token: exactly one of any number of callers asks the provider, the others wait for what it
 * stores.
 *
 * May die anywhere and run any number of times at once. Whoever holds the lease asks; a lease ends by itself. What the
 * provider gave is stored before anybody is told of it, by a write that holds only if the version is the one the
 * refresh token was read from.
 */
export async function refreshConnection(
  request: RefreshRequest,
  deps: RefreshDeps,
  patienceMs = PATIENCE_MS,
): Promise<RefresherAnswer> {
  const { subject, provider } = request;
  const { store, now, random, sleep } = deps;
  const leaseId = deps.randomId();
  const untilMs = now() + patienceMs;
  for (;;) {
    const read = await store.read(subject, provider, now() + BACKEND_MS);
    if (read.ok) {
      const answer = judgeConnection(read.value, request, now());
      if (answer !== undefined) return answer;
      const held = await takeLease(read.value, leaseId, deps);
      if (held !== undefined) return refreshUnderLease(held, request, deps);
    }
    const pauseMs = SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
    if (now() + pauseMs > untilMs) return { outcome: 'unavailable', problem: 'provider_unavailable' };
    await sleep(pauseMs);
  }
}

/** A connection nobody else refreshes as long as the lease lasts. */
export interface HeldConnection {
  readonly record: ConnectionRecord;
  readonly salt: string | undefined;
  readonly leaseId: string;
  readonly leaseUntilMs: number;
  /** An earlier attempt may have got the provider's answer, and not have lived to store it. */
  readonly isUnsettled: boolean;
}

async function takeLease(
  { connection, salt }: ConnectionState,
  id: string,
  { store, now }: RefreshDeps,
): Promise<HeldConnection | undefined> {
  if (connection === undefined) return undefined;
  const { subject, provider, version, lease: earlier } = connection;
  const nowMs = now();
  const held = { salt: salt?.salt, leaseId: id };
  // Taken by us, and the answer that said so got lost.
  if (earlier?.id === id) {
    const isUnsettled = connection.facts.unsettled === true;
    return { ...held, record: connection, leaseUntilMs: earlier.untilMs, isUnsettled };
  }
  if (earlier !== undefined && earlier.untilMs > nowMs) return undefined;
  const leaseUntilMs = nowMs + LEASE_MS;
  const leased = await store.lease(subject, provider, version, { id, untilMs: leaseUntilMs }, nowMs);
  if (!leased.ok || leased.value === undefined) return undefined;
  // A lease that was there and has ended: its holder died, nobody knows where.
  const isUnsettled = leased.value.facts.unsettled === true || earlier !== undefined;
  return { ...held, record: leased.value, leaseUntilMs, isUnsettled };
}
