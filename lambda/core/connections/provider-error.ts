import type { ProviderProblem } from './provider-port';

/** The provider's part of the blame. What it says of waiting is kept, within a day. */
const MAX_RETRY_AFTER_MS = 86_400_000;

const KINDS: Readonly<Record<string, ProviderProblem['kind']>> = {
  invalid_grant: 'refused',
  access_denied: 'refused',
  invalid_client: 'misconfigured',
  unauthorized_client: 'misconfigured',
  invalid_scope: 'misconfigured',
  server_error: 'unavailable',
  temporarily_unavailable: 'unavailable',
};

/** Words only. What has digits or goes on for long may be the very token it is about. */
const PLAIN_CODE = /^[a-z]{2,20}(?:[_-][a-z]{2,20}){0,5}$/i;

/** What an OAuth error code means, whatever the status it came with: Atlassian refuses a refresh token by 403. */
export function problemOfCode(code: string): ProviderProblem {
  const kind = Object.hasOwn(KINDS, code) ? KINDS[code] : undefined;
  return { kind: kind ?? 'invalid', cause: PLAIN_CODE.test(code) ? code.toLowerCase() : 'unknown_error' };
}

/** The problem that a status alone tells: the provider is not able to answer now. Nothing it says then is final. */
export function problemOfStatus(
  status: number,
  retryAfter: string | undefined,
  nowMs: number,
): ProviderProblem | undefined {
  const isTooMany = status === 429;
  if (!isTooMany && status !== 408 && status !== 425 && status < 500) return undefined;
  const retryAfterMs = readRetryAfter(retryAfter, nowMs);
  return {
    kind: 'unavailable',
    cause: `status_${status}`,
    // A limit and "too early" stand before the work; a gateway's 504 behind it.
    ...(isTooMany || status === 425 ? {} : { mayHaveHappened: true }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1_000 : new Date(text).getTime() - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : undefined;
}
