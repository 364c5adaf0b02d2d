import { parseObject } from '../../core/json';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type AttemptOutcome, exchange } from '../exchange';
import { errorName, failureKind, mayBeClockSkew } from './aws-failure';
import { freshSockets } from './fresh-sockets';
import { type AwsService, type Env, resolveEndpoint } from './services';
import { type AwsCredentials, createSigner } from './sign-request';

export interface AwsClientOptions {
  /** `process.env` at the entry. Region and endpoint are read once, credentials on every call. */
  readonly env: Env;
  readonly now?: () => number;
  /** 0 to 1, spreads retries. */
  readonly random?: () => number;
  readonly attemptTimeoutMs?: number;
}

export interface AwsClient {
  /** Calls one idempotent operation; `deadlineMs` is a point in time (epoch ms) of the client's clock. */
  call(operation: string, input: object, deadlineMs: number): Promise<Result<Record<string, unknown>, BackendFailure>>;
}

const MAX_ATTEMPTS = 4;
const ATTEMPT_TIMEOUT_MS = 1_500;
const BACKOFF_BASE_MS = 25;
const BACKOFF_CAP_MS = 1_000;
/** AWS tolerates five minutes; below one, a refusal has another reason. */
const MIN_SKEW_MS = 60_000;

/** A refusal, and when asking again makes sense. */
interface Refusal {
  readonly failure: BackendFailure;
  readonly again: 'never' | 'later' | 'at once';
}

export function createAwsClient(service: AwsService, options: AwsClientOptions): AwsClient {
  const { env, now = Date.now, random = Math.random, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS } = options;
  const region = env['AWS_REGION'];
  if (!region) throw new Error('AWS_REGION is not set: Lambda sets it; elsewhere set it to the region of the stack');
  const endpoint = resolveEndpoint(service, region, env);
  const sockets = freshSockets(endpoint.secure, now);
  const sign = createSigner(service.id, region);
  let clockOffsetMs = 0;

  const send = (operation: string, body: string, credentials: AwsCredentials, timeoutMs: number) => {
    const { contentType, targetPrefix, pathOf } = service;
    const target = pathOf ? { ...endpoint, path: endpoint.path.replace(/\/$/, '') + pathOf(operation) } : endpoint;
    const unsigned = { endpoint: target, contentType, target: targetPrefix && `${targetPrefix}.${operation}`, body };
    const headers = sign(unsigned, credentials, new Date(now() + clockOffsetMs));
    return exchange({ target, agent: sockets.agent(), method: 'POST', headers, body, timeoutMs });
  };

  const fail = (kind: BackendFailure['kind'], name: string): BackendFailure => ({ service: service.id, kind, name });

  const refuse = (
    kind: BackendFailure['kind'],
    name: string,
    again: Refusal['again'] = kind === 'throttled' || kind === 'unavailable' ? 'later' : 'never',
  ) => err<Refusal>({ failure: fail(kind, name), again });

  const judge = (outcome: AttemptOutcome): Result<Record<string, unknown>, Refusal> => {
    if (outcome.kind === 'broken') {
      if (outcome.name === 'AnswerTooLarge') return refuse('invalid', outcome.name);
      const stale = outcome.reusedSocket && outcome.name !== 'TimeoutError';
      if (stale) sockets.dropIdle();
      return refuse('unavailable', outcome.name, stale ? 'at once' : 'later');
    }
    const { status, headers } = outcome;
    const body = parseObject(outcome.body);
    // A function that ran and failed is told by a header only; what it said may quote its input.
    const problem = headers['x-amzn-errortype'] ?? headers['x-amz-function-error'];
    if (status === 200 && problem === undefined) return body ? ok(body) : refuse('invalid', 'MalformedAnswer');
    const name = errorName(problem, body, status);
    const kind = failureKind(name, status);
    return refuse(kind, name, mayBeClockSkew(name) && correctClock(headers.date) ? 'at once' : undefined);
  };

  /** Whether the server's clock showed that ours was wrong; from then on requests are signed by the server's. */
  const correctClock = (date: string | undefined): boolean => {
    const measured = Date.parse(date ?? '') - now();
    if (!(Math.abs(measured - clockOffsetMs) > MIN_SKEW_MS)) return false;
    clockOffsetMs = measured;
    return true;
  };

  return {
    async call(operation, input, deadlineMs) {
      const credentials = readCredentials(env);
      if (!credentials) return err(fail('denied', 'CredentialsMissing'));
      const body = JSON.stringify(input);
      let failure = fail('unavailable', 'DeadlineExceeded');
      let backoffs = 0;
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const remainingMs = deadlineMs - now();
        if (remainingMs <= 0) return err(failure);
        const judged = judge(await send(operation, body, credentials, Math.min(attemptTimeoutMs, remainingMs)));
        if (judged.ok) return judged;
        failure = judged.error.failure;
        if (judged.error.again === 'never' || attempt === MAX_ATTEMPTS) return err(failure);
        if (judged.error.again === 'at once') continue;
        const delayMs = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 4 ** backoffs);
        backoffs += 1;
        if (now() + delayMs >= deadlineMs) return err(failure);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
      return err(failure);
    },
  };
}

export function readCredentials(env: Env): AwsCredentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
