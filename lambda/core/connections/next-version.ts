import type { ConnectionFacts } from '../../contract/connection-record';

/**
 * The version that `put` stores, and that its contents are therefore sealed for. A connection begins at the epoch ms of
 * its making, not at 1: whoever still holds what they read or opened of an earlier one, disconnected since, must not
 * take its successor for it.
 */
export function nextVersion(expected: number, facts: Pick<ConnectionFacts, 'connectedAtMs'>): number {
  return expected === 0 ? facts.connectedAtMs : expected + 1;
}
