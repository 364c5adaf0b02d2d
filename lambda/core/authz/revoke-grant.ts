import { AUTH_KEYS, type GrantRecord, type RevocationReason } from '../../contract/auth-record';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import type { AuthzTools, Lifetime, Stored } from './ports';

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
  tools: Pick<AuthzTools, 'store' | 'now'>,
  subject: string,
  grantId: string,
  revocation: Revocation,
): Promise<Result<GrantRecord | undefined, BackendFailure>> {
  const read = await tools.store.read([AUTH_KEYS.grant(subject, grantId)]);
  if (!read.ok) return read;
  const found = read.value[0];
  if (found === undefined) return ok(undefined);
  const grant = found.record as GrantRecord;
  if (grant.origin !== 'consent' && revocation.reason !== 'client') {
    const others = await endOthers(grant, revocation, tools);
    if (!others.ok) return others;
  }
  return end(grant, found, revocation, tools);
}

/** One agent has several grants where it gave one up itself: who ends one of them means the agent. */
async function endOthers(
  { standsInFor, ...grant }: GrantRecord,
  revocation: Revocation,
  tools: Pick<AuthzTools, 'store' | 'now'>,
): Promise<Result<undefined, BackendFailure>> {
  const { subject } = grant.person;
  const usualId = standsInFor ?? grant.grantId;
  if (standsInFor !== undefined) {
    // That one first: as long as it is not ended, the next request goes on with it.
    const usual = await tools.store.read([AUTH_KEYS.grant(subject, usualId)]);
    if (!usual.ok) return usual;
    const ended = await end({ ...grant, grantId: usualId }, usual.value[0], revocation, tools);
    if (!ended.ok) return ended;
  }
  const listed = await tools.store.list(AUTH_KEYS.person(subject), 'grant#');
  if (!listed.ok) return listed;
  for (const stored of listed.value) {
    const other = stored.record as GrantRecord;
    if (other.standsInFor !== usualId || other.grantId === grant.grantId || other.phase === 'revoked') continue;
    const ended = await end(other, stored, revocation, tools);
    if (!ended.ok) return ended;
  }
  return ok(undefined);
}

/** `grant` is what is ended where nothing is stored. */
async function end(
  grant: GrantRecord,
  stored: Stored<unknown> | undefined,
  { reason, by }: Revocation,
  { store, now }: Pick<AuthzTools, 'store' | 'now'>,
): Promise<Result<GrantRecord, BackendFailure>> {
  const key = AUTH_KEYS.grant(grant.person.subject, grant.grantId);
  let found = stored;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const before = (found?.record as GrantRecord | undefined) ?? grant;
    if (found !== undefined && isOver(before, reason)) return ok(before);
    const nowMs = now();
    const revoked: GrantRecord = { ...before, phase: 'revoked', revoked: { atMs: nowMs, by, reason } };
    const written = await (found === undefined
      ? store.create(key, revoked, tombstoneLifetime(revoked, reason, nowMs))
      : store.replace(key, found.version, revoked, tombstoneLifetime(revoked, reason, nowMs)));
    if (!written.ok) return written;
    if (written.value.won) return ok(before);
    found = written.value.kept;
  }
  return { ok: false, error: { service: 'dynamodb', kind: 'unavailable', name: 'Contention' } };
}

/**
 * What a client gave up itself where nobody is asked is remembered while tokens name it: it may do so all day long, and
 * the person's list must not fill up until it cannot be read, and nothing in it be ended, any more.
 */
function tombstoneLifetime({ origin, endsAtMs }: GrantRecord, reason: RevocationReason, nowMs: number): Lifetime {
  if (origin === 'consent' || reason !== 'client') return { validUntilMs: nowMs + TOMBSTONE_MS };
  return { validUntilMs: endsAtMs, keepUntilMs: endsAtMs };
}

/** What a client gave up itself it could begin anew where nobody is asked; a person's or administrator's end is more. */
function isOver({ phase, origin, revoked }: GrantRecord, reason: RevocationReason): boolean {
  return phase === 'revoked' && (origin === 'consent' || revoked?.reason !== 'client' || reason === 'client');
}
