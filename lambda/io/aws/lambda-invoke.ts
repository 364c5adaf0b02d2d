import type { BackendFailure } from '../../core/ports';
import type { Result } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { LAMBDA } from './services';

export interface LambdaClient {
  /**
   * Runs a function by name or ARN and waits for its answer. It may run twice, so it must be one that may.
   * `deadlineMs` is a point in time (epoch ms) of the client's clock.
   */
  invokeFunction(
    name: string,
    payload: object,
    deadlineMs: number,
  ): Promise<Result<Record<string, unknown>, BackendFailure>>;
}

/** Lambda's Invoke, over the same client as the other services. A function takes as long as it takes. */
export function createLambdaClient(options: Omit<AwsClientOptions, 'attemptTimeoutMs'>): LambdaClient {
  return { invokeFunction: createAwsClient(LAMBDA, { ...options, attemptTimeoutMs: Infinity }).call };
}
