import type { AwsError } from './aws-error';

export type JsonObject = Readonly<Record<string, unknown>>;
export type ServiceName = 'dynamodb' | 'kms' | 'secretsmanager' | 'lambda';

/** An answer that is more than a JSON object. */
export class HttpAnswer {
  constructor(
    readonly headers: Readonly<Record<string, string>>,
    readonly body: string,
    readonly status = 200,
  ) {}
}

/** One emulated service behind the shared port. */
export interface AwsService {
  readonly name: ServiceName;
  /** First half of `X-Amz-Target`; absent where the path says what is asked. */
  readonly targetPrefix?: string;
  /** Of requests and answers. */
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1' | 'application/json';
  readonly operations: ReadonlySet<string>;
  /** For services that are asked by path: the operation, and what path and headers say of its input. */
  route?(
    path: string,
    headers: ReadonlyMap<string, string>,
  ): { readonly operation: string; readonly input: JsonObject } | undefined;
  call(operation: string, input: JsonObject, body?: Buffer): Promise<object>;
  errorBody(error: AwsError): object;
  /** What the real service says when it throttles, and when it fails. */
  throttled(): AwsError;
  failed(): AwsError;
  /** Waits for what it has on disk. */
  close?(): Promise<void>;
}
