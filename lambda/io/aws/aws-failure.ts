import type { BackendFailure } from '../../core/ports';

type FailureKind = BackendFailure['kind'];

const THROTTLED =
  /^(Throttl|TooManyRequests|RequestThrottled|RequestLimitExceeded|LimitExceeded|ProvisionedThroughputExceeded)/;
const UNAVAILABLE =
  /^(Internal|ServiceUnavailable|DependencyTimeout|KeyUnavailable|KMSInternal|RequestTimeout(Exception)?$|TransactionInProgress)/;
/** Refusals that a wrong clock causes, among other things. */
const OF_CLOCK =
  'RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|InvalidSignature|SignatureDoesNotMatch|AuthFailure';
const MAY_BE_CLOCK = new RegExp(`^(${OF_CLOCK})`);
/** A disabled key and a key pending deletion stay so until someone acts. */
const DENIED = new RegExp(
  `^(AccessDenied|UnrecognizedClient|ExpiredToken|MissingAuthentication|Disabled|KMSInvalidState|DecryptionFailure|${OF_CLOCK})`,
);
const NOT_FOUND = /^(ResourceNotFound|NotFound)/;

/** Says what an AWS error name and status mean to us. */
export function failureKind(name: string, status: number): FailureKind {
  if (THROTTLED.test(name) || status === 429) return 'throttled';
  if (NOT_FOUND.test(name)) return 'not_found';
  if (DENIED.test(name)) return 'denied';
  if (UNAVAILABLE.test(name) || status >= 500) return 'unavailable';
  return status === 401 || status === 403 ? 'denied' : 'invalid';
}

/** An answer that is not what the service promises. */
export function malformed(service: BackendFailure['service'], what: string): BackendFailure {
  return { service, kind: 'invalid', name: `Malformed${what}` };
}

export function mayBeClockSkew(name: string): boolean {
  return MAY_BE_CLOCK.test(name);
}

/**
 * The error name of a JSON-protocol answer: from the header, or from `__type`, each possibly with a
 * namespace before or a URL behind. Anything that is not a plain name is replaced by the status, so that
 * no text of the other side's choosing travels further.
 */
export function errorName(
  header: string | readonly string[] | undefined,
  body: Readonly<Record<string, unknown>> | undefined,
  status: number,
): string {
  const raw = String(header ?? body?.['__type'] ?? body?.['code'] ?? '');
  const name = raw.split(':')[0]?.split('#').at(-1) ?? '';
  return /^[A-Za-z][A-Za-z0-9]{2,63}$/.test(name) ? name : `Http${status}`;
}
