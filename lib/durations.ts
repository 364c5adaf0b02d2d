import type { Duration } from 'aws-cdk-lib';

/** Duration rounds to whole units on its own terms; the parser says what is allowed. */
export function milliseconds(duration: Duration | undefined, unit = 1): unknown {
  if (duration === undefined) return undefined;
  return duration.isUnresolved() ? duration.formatTokenToNumber() : duration.toMilliseconds({ integral: false }) / unit;
}

export function seconds(duration: Duration | undefined): unknown {
  return milliseconds(duration, 1000);
}

export function days(duration: Duration | undefined): unknown {
  return milliseconds(duration, 86_400_000);
}
