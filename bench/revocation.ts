/** One call of one instance, on the machine's monotonic clock. */
export interface TimedCall {
  /** When the event was handed to the instance. */
  readonly startedMs: number;
  /** When the last byte of the answer was there. */
  readonly answeredMs: number;
  readonly isAccepted: boolean;
}

/** What one revocation left behind, counted from the moment the administrator had its answer; negative is before it. */
export interface Aftermath {
  readonly lastStartMs: number;
  readonly lastAnswerMs: number;
}

/**
 * Says of all instances what the last accepted call was. An instance that accepted nothing before, or refused nothing
 * after, shows nothing: its figures would look better than any gateway's.
 */
export function aftermath(instances: readonly (readonly TimedCall[])[], revokedMs: number): Aftermath {
  for (const calls of instances) {
    const wasWarm = calls.some((call) => call.isAccepted && call.answeredMs < revokedMs);
    if (!wasWarm || calls.at(-1)?.isAccepted !== false) {
      throw new Error('an instance was not warm when the grant was revoked, or never refused a call');
    }
  }
  const accepted = instances.flat().filter((call) => call.isAccepted);
  return {
    lastStartMs: Math.max(...accepted.map((call) => call.startedMs)) - revokedMs,
    lastAnswerMs: Math.max(...accepted.map((call) => call.answeredMs)) - revokedMs,
  };
}

/** The longest of the calls under way at a moment; 0 if there was none. */
export function longestAt(instances: readonly (readonly TimedCall[])[], momentMs: number): number {
  const underWay = instances.flat().filter((call) => call.startedMs <= momentMs && call.answeredMs > momentMs);
  return Math.max(0, ...underWay.map((call) => call.answeredMs - call.startedMs));
}
