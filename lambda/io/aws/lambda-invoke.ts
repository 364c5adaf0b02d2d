import { parseObject } from '../../core/json';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type AttemptOutcome, exchange } from '../exchange';
import { type AwsClientOptions, readCredentials } from './aws-client';
import { errorName, failureKind } from './aws-failure';
import { freshSockets } from './fresh-sockets';
import { LAMBDA, resolveEndpoint } from './services';
import { createSigner } from './sign-request';

export interface LambdaClient {
  /**
   * Runs a function by name or ARN and waits for its answer. It may run twice, so it must be one that may.
   * `deadlineMs` is a point in time (epoch ms) of the client's clock.
   */
  invokeFunction(name: string, payload: object, deadlineMs: number): Promise<Result<unknown, BackendFailure>>;
}

const MAX_ATTEMPTS = 3;
const BACKOFF_BASE_MS = 50;

/** Lambda's Invoke, over the same signed exchange as the other services. */
export function createLambdaClient(options: Omit<AwsClientOptions, 'attemptTimeoutMs'>): LambdaClient {
  const { env, now = Date.now, random = Math.random } = options;
  const region = env['AWS_REGION'] ?? '';
  const endpoint = resolveEndpoint(LAMBDA, region, env);
  const sockets = freshSockets(endpoint.secure, now);
  const sign = createSigner(LAMBDA.id, region);

  const attempt = async (name: string, body: string, timeoutMs: number): Promise<AttemptOutcome | undefined> => {
    const credentials = readCredentials(env);
    if (credentials === undefined) return undefined;
    const path = `${endpoint.path.replace(/\/$/, '')}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
    const target = { ...endpoint, path };
    const headers = sign({ endpoint: target, contentType: LAMBDA.contentType, body }, credentials, new Date(now()));
    return exchange({ target, agent: sockets.agent(), method: 'POST', headers, body, timeoutMs });
  };

  return {
    async invokeFunction(name, payload, deadlineMs) {
      const body = JSON.stringify(payload);
      for (let attempts = 1; ; attempts += 1) {
        const remainingMs = deadlineMs - now();
        if (remainingMs <= 0) return err(failure('unavailable', 'DeadlineExceeded'));
        const outcome = await attempt(name, body, remainingMs);
        if (outcome === undefined) return err(failure('denied', 'CredentialsMissing'));
        const judged = judge(outcome);
        if (judged.ok || judged.error.name === FUNCTION_ERROR) return judged;
        const { kind } = judged.error;
        if (attempts === MAX_ATTEMPTS || (kind !== 'throttled' && kind !== 'unavailable')) return judged;
        if (outcome.kind === 'broken' && outcome.reusedSocket && outcome.name !== 'TimeoutError') {
          // A connection the other side had closed while this environment was frozen: no reason to wait.
          sockets.dropIdle();
          continue;
        }
        const delayMs = random() * BACKOFF_BASE_MS * 4 ** attempts;
        if (now() + delayMs >= deadlineMs) return judged;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    },
  };
}

const FUNCTION_ERROR = 'FunctionError';

function judge(outcome: AttemptOutcome): Result<unknown, BackendFailure> {
  if (outcome.kind === 'broken') {
    return err(failure(outcome.name === 'AnswerTooLarge' ? 'invalid' : 'unavailable', outcome.name));
  }
  const { status, headers } = outcome;
  const body = parseObject(outcome.body);
  if (status !== 200) {
    const name = errorName(headers['x-amzn-errortype'], body, status);
    return err(failure(failureKind(name, status), name));
  }
  // The function ran and failed, or ran out of time. What it said is its own business, and may quote its input.
  if (headers['x-amz-function-error'] !== undefined) return err(failure('unavailable', FUNCTION_ERROR));
  return body === undefined ? err(failure('invalid', 'MalformedAnswer')) : ok(body);
}

function failure(kind: BackendFailure['kind'], name: string): BackendFailure {
  return { service: 'lambda', kind, name };
}
