import type { AuthItemKey, SwitchRecord } from '../../contract/auth-record';
import type { SetSwitchRequest, SwitchKind, SwitchMetadata } from '../../contract/grants-api';
import type { AuthzTools } from '../authz/ports';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';

export interface SwitchChange {
  readonly kind: SwitchKind;
  readonly key: AuthItemKey;
  readonly id: string | undefined;
  readonly action: SetSwitchRequest['action'];
  readonly actor: string;
}

/** A switch that has been set does not wear off: only an administrator takes it back. */
const FOR_EVER_MS = 4_102_444_800_000;
const MAX_TRIES = 8;

/**
 * Grants carry the time of the instance that made them, a switch that of the instance that sets it. AWS keeps clocks
 * far closer, but a grant made just before by a clock that runs ahead must not look newer than the switch, and so
 * survive it. The price: whoever signs in again within these seconds is refused, and has to once more.
 */
const CLOCK_SKEW_MS = 2_000;

/** Sets a kill switch by one conditional write, whoever else sets it at the same moment. */
export async function setSwitch(
  change: SwitchChange,
  { store, now }: Pick<AuthzTools, 'store' | 'now'>,
): Promise<Result<SwitchRecord, BackendFailure>> {
  const lifetime = { validUntilMs: FOR_EVER_MS };
  const read = await store.read([change.key]);
  if (!read.ok) return read;
  let found = read.value[0];
  for (let tries = 1; ; tries += 1) {
    const next = afterChange(found?.record as SwitchRecord | undefined, change, now());
    const written = await (found === undefined
      ? store.create(change.key, next, lifetime)
      : store.replace(change.key, found.version, next, lifetime));
    if (!written.ok) return written;
    if (written.value.won) return ok(next);
    if (tries === MAX_TRIES) return err({ service: 'dynamodb', kind: 'unavailable', name: 'Contention' });
    found = written.value.kept;
  }
}

/** Taking a block back does not bring back what it ended, and a clock set back revives nothing. */
function afterChange(before: SwitchRecord | undefined, change: SwitchChange, nowMs: number): SwitchRecord {
  const { kind, id, action, actor } = change;
  const underBlockMs = before?.blocked ? nowMs : 0;
  const allowedAtMs = action === 'allow' ? nowMs : before?.allowedAtMs;
  return {
    kind,
    ...(id === undefined ? {} : { id }),
    ...(allowedAtMs === undefined ? {} : { allowedAtMs }),
    blocked: action === 'block' || (action === 'revoke' && before?.blocked === true),
    revokedBeforeMs: Math.max(before?.revokedBeforeMs ?? 0, action === 'allow' ? underBlockMs : nowMs + CLOCK_SKEW_MS),
    updatedAtMs: nowMs,
    updatedBy: actor,
  };
}

export function switchMetadata(record: SwitchRecord): SwitchMetadata {
  const { kind, id, blocked, revokedBeforeMs, updatedAtMs, updatedBy } = record;
  return {
    kind,
    ...(id === undefined ? {} : { id }),
    blocked,
    ...(revokedBeforeMs > 0 ? { revokedBefore: new Date(revokedBeforeMs).toISOString() } : {}),
    updatedAt: new Date(updatedAtMs).toISOString(),
    updatedBy,
  };
}
