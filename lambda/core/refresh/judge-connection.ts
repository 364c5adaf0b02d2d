import type { ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import type { ConnectionState } from '../connections/ports';

export type RefreshRequest = Extract<RefresherRequest, { readonly action: 'refresh' }>;

/** A token that is refused so soon after it came is not refused for its age: the next one would be, too. */
const FRESH_MS = 30_000;
/** Whatever a provider says of a token's life, it is asked for no more of them than this: some say 0. */
const SHORTEST_LIFE_MS = 1_000;

/** What there is to say without asking the provider, if anything. */
export function judgeConnection(
  { connection, providerSwitch }: ConnectionState,
  request: Pick<RefreshRequest, 'version' | 'reason'>,
  nowMs: number,
): RefresherAnswer | undefined {
  if (connection === undefined) return { outcome: 'missing' };
  if (connection.status === 'broken') return brokenAnswer(connection);
  // Nobody calls a provider the operator has switched off, nor its token endpoint.
  if (providerSwitch?.blocked) return { outcome: 'unavailable', problem: 'provider_refused' };
  // Another version is a newer one, or that of a later connection; never one to go back to.
  if (connection.version !== request.version && !hasExpired(connection, nowMs)) return readyAnswer(connection);
  return waitsUntil(connection, nowMs) ?? notAgainSoSoon(connection, request, nowMs);
}

/** Everybody honours the pause that somebody's failure began. */
export function waitsUntil(connection: ConnectionRecord, nowMs: number): RefresherAnswer | undefined {
  const { retryAtMs, facts } = connection;
  if (retryAtMs === undefined || retryAtMs <= nowMs) return undefined;
  return { outcome: 'unavailable', problem: facts.lastError?.code ?? 'provider_unavailable', retryAtMs };
}

/** Neither an upstream that answers 401 to everything nor a token that never lasts must make every call a refresh. */
function notAgainSoSoon(
  connection: ConnectionRecord,
  { reason }: Pick<RefreshRequest, 'reason'>,
  nowMs: number,
): RefresherAnswer | undefined {
  const { refreshedAtMs } = connection.facts;
  if (refreshedAtMs === undefined) return undefined;
  const ageMs = nowMs - refreshedAtMs;
  const freshMs = reason === 'refused' && !hasExpired(connection, nowMs) ? FRESH_MS : SHORTEST_LIFE_MS;
  if (ageMs < 0 || ageMs >= freshMs) return undefined;
  if (reason === 'expired') return readyAnswer(connection);
  return { outcome: 'unavailable', problem: 'provider_refused', retryAtMs: refreshedAtMs + freshMs };
}

export function readyAnswer({ version }: ConnectionRecord): RefresherAnswer {
  return { outcome: 'ready', version };
}

export function brokenAnswer({ facts }: ConnectionRecord): RefresherAnswer {
  return { outcome: 'broken', problem: facts.lastError?.code ?? 'refresh_token_refused' };
}

/** A token without a known end has not; whether it still does, the next call shows. */
export function hasExpired({ tokenExpiresAtMs }: ConnectionRecord, nowMs: number): boolean {
  return tokenExpiresAtMs !== undefined && tokenExpiresAtMs <= nowMs;
}
