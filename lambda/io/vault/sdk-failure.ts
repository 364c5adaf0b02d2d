import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { failureKind } from '../aws/aws-failure';

/** Runs an SDK call; of an exception only its name and status survive, since its message may quote the request. */
export async function attempt<T>(
  service: BackendFailure['service'],
  call: () => Promise<T>,
): Promise<Result<T, BackendFailure>> {
  try {
    return ok(await call());
  } catch (error) {
    const failure = sdkFailure(service, error as SdkError);
    if (failure === undefined) throw error;
    return err(failure);
  }
}

interface SdkError {
  readonly name: string;
  /** Node's, when the connection failed. */
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** `undefined` for what is no answer of AWS and no failed connection either: a mistake of ours. */
function sdkFailure(
  service: BackendFailure['service'],
  { name, code, $metadata }: SdkError,
): BackendFailure | undefined {
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) return { service, kind: failureKind(name, status), name: plain(name) };
  if (typeof code === 'string') return { service, kind: 'unavailable', name: plain(code) };
  const known = name === 'TimeoutError' || name === 'CredentialsProviderError';
  return known ? { service, kind: 'unavailable', name } : undefined;
}

function plain(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_]{2,63}$/.test(name) ? name : 'UnknownError';
}
