import { AUTH_KEYS, type GrantRecord, type RevocationReason } from '../../contract/auth-record';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import type { AuthzTools } from './ports';

export interface Revocation {
  readonly reason: RevocationReason;
  /** Subject or IAM principal; the client's id where it gave the grant up itself. */
  readonly by: string;
}

/**
 * How long a revoked grant stays visible: longer than any sign-in that could bring it back and any token that names
 * it, long enough to be seen in a list.
 */
const TOMBSTONE_MS = 7 * 86_400_000;

/** A busy grant is refreshed while it is revoked: each lost race means that one such write got through. */
const MAX_TRIES = 8;

/**
 * Ends a grant, whatever happens to it at the same moment. Already over: nothing changes.
 *
 * @returns the grant as it was found; `undefined` if there is none
 */
export async function revokeGrant(
  { store, now }: Pick<AuthzTools, 'store' | 'now'>,
  subject: string,
  grantId: string,
  { reason, by }: Revocation,
): Promise<Result<GrantRecord | undefined, BackendFailure>> {
  const key = AUTH_KEYS.grant(subject, grantId);
  const read = await store.read([key]);
  if (!read.ok) return read;
  let found = read.value[0];
  for (let tries = 1; found !== undefined; tries += 1) {
    const grant = found.record as GrantRecord;
    if (grant.phase === 'revoked') return ok(grant);
    const nowMs = now();
    const revoked: GrantRecord = { ...grant, phase: 'revoked', revoked: { atMs: nowMs, by, reason } };
    const written = await store.replace(key, found.version, revoked, { validUntilMs: nowMs + TOMBSTONE_MS });
    if (!written.ok) return written;
    if (written.value.won) return ok(grant);
    if (tries === MAX_TRIES)
      return { ok: false, error: { service: 'dynamodb', kind: 'unavailable', name: 'Contention' } };
    found = written.value.kept;
  }
  return ok(undefined);
}
