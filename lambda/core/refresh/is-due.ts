import type { ProviderConfig } from '../../config/gateway-config';
import type { ConnectionRecord } from '../../contract/connection-record';

const WEEK_MS = 7 * 24 * 3_600_000;

/** What does not open so often is left to its person. */
const UNREADABLE_AFTER = 5;

/** Whether the sweep is to refresh a connection that nobody asks for. */
export function isDue(record: ConnectionRecord, provider: ProviderConfig | undefined, nowMs: number): boolean {
  const { status, refresh, lease, retryAtMs, facts } = record;
  if (provider === undefined || status !== 'active' || refresh === undefined) return false;
  if (lease !== undefined) {
    // Its holder has died: the provider may give a successor again, if it is asked soon.
    return lease.untilMs <= nowMs;
  }
  if (retryAtMs !== undefined && retryAtMs > nowMs) return false;
  // It will not open by itself; whoever calls is offered a link.
  if (facts.lastError?.code === 'unreadable' && facts.failures >= UNREADABLE_AFTER) return false;
  if (facts.failures > 0) return true;
  const ageMs = nowMs - (facts.refreshedAtMs ?? facts.connectedAtMs);
  return ageMs >= keepAliveMs(provider);
}

/**
 * Half of the time after which an unused refresh token dies; where nobody says whether it does, a week. Where there are
 * none, what looks like one is left alone.
 */
function keepAliveMs({ facts }: ProviderConfig): number {
  const refresh = facts.oauth?.refresh;
  if (refresh?.issued === false) return Number.POSITIVE_INFINITY;
  return refresh?.idleSeconds === undefined ? WEEK_MS : (refresh.idleSeconds * 1000) / 2;
}
