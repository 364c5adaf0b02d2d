import { AUTH_KEYS, type AuthItemKey, type GrantRecord, type SwitchRecord } from '../contract/auth-record';

/** Why a grant does not count. */
export type GrantProblem = 'unknown' | 'revoked' | 'expired' | 'switched_off';

/** A grant with the three switches that can end it. */
export interface GrantState {
  readonly grant: GrantRecord | undefined;
  readonly switches: readonly (SwitchRecord | undefined)[];
}

/** What {@link GrantState} is read from, in one round trip: the grant first, the switches behind it. */
export function grantStateKeys(subject: string, grantId: string, clientHash: string): readonly AuthItemKey[] {
  return [AUTH_KEYS.grant(subject, grantId), ...switchKeys(subject, clientHash)];
}

/** Everything that can be switched off and concerns one person's use of one client. */
export function switchKeys(subject: string, clientHash: string): readonly AuthItemKey[] {
  return [AUTH_KEYS.personSwitch(subject), AUTH_KEYS.clientSwitch(clientHash), AUTH_KEYS.gatewaySwitch()];
}

/** Whether a grant may be used for a call; `undefined` if it may. */
export function grantProblem({ grant, switches }: GrantState, nowMs: number): GrantProblem | undefined {
  if (grant === undefined) return 'unknown';
  if (grant.phase === 'revoked') return 'revoked';
  if (grant.endsAtMs <= nowMs) return 'expired';
  return switches.some((one) => isSwitchedOff(one, grant.createdAtMs)) ? 'switched_off' : undefined;
}

/** Whether a switch ends what was created at a moment. A block ends everything, now and later. */
export function isSwitchedOff(record: SwitchRecord | undefined, createdAtMs: number): boolean {
  return record !== undefined && (record.blocked || createdAtMs <= record.revokedBeforeMs);
}
