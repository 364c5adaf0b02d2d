import type { AwsError } from './aws-error';

export type JsonObject = Readonly<Record<string, unknown>>;
export type ServiceName = 'dynamodb' | 'kms' | 'secretsmanager';

/** One emulated service behind the shared port. */
export interface AwsService {
  readonly name: ServiceName;
  /** First half of `X-Amz-Target`. */
  readonly targetPrefix: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  readonly operations: ReadonlySet<string>;
  call(operation: string, input: JsonObject): Promise<object>;
  errorBody(error: AwsError): object;
  /** What the real service says when it throttles, and when it fails. */
  throttled(): AwsError;
  failed(): AwsError;
  /** Waits for what it has on disk. */
  close?(): Promise<void>;
}
