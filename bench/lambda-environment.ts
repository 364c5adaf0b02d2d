import { once } from 'node:events';
import { join } from 'node:path';
import { readStreamHead } from '../local/functions/stream-head';
import { startRuntimeApi } from '../local/runtime-api/runtime-api-server';
import { streamedResponse } from '../local/runtime-api/streamed-response';
import { cpuUs, rssMb, spawnNode } from './processes';

export interface EnvironmentOptions {
  readonly root: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Invoked {
  readonly body: string;
  /** Until the last byte of the answer. */
  readonly answeredMs: number;
}

/** One execution environment under AWS's own runtime client, with a stop-watch. */
export interface LambdaEnvironment {
  readonly pid: number;
  /** From starting the process to its first request for an invocation. */
  readonly initMs: number;
  readonly initCpuUs: number | undefined;
  cpuUs(): number | undefined;
  rssMb(): number | undefined;
  /** Runs one event, until the runtime is ready for the next one. */
  invoke(event: object): Promise<Invoked>;
  stop(): Promise<void>;
}

export async function startEnvironment(options: EnvironmentOptions): Promise<LambdaEnvironment> {
  let onNext: () => void = () => undefined;
  let onFailure: (error: Error) => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    onNext = resolve;
    onFailure = reject;
  });
  const api = await startRuntimeApi({ onNext: () => onNext(), onInitError: (error) => onFailure(error) });
  const startedAt = performance.now();
  const child = spawnNode(join(options.root, 'test/lambda-runtime/node_modules/aws-lambda-ric/index.mjs'), [], {
    core: 'test',
    env: { ...options.env, ...lambdaVariables(api.address, options.directory) },
    channel: false,
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const gone = once(child, 'exit');
  gone.then(() => onFailure(new Error(`the runtime ended: ${stderr.slice(-2000)}`)));
  await ready;
  const initMs = performance.now() - startedAt;
  const pid = child.pid as number;
  let count = 0;
  return {
    pid,
    initMs,
    initCpuUs: cpuUs(pid),
    cpuUs: () => cpuUs(pid),
    rssMb: () => rssMb(pid),
    async invoke(event) {
      const before = performance.now();
      const finished = new Promise<void>((resolve, reject) => {
        onNext = resolve;
        onFailure = reject;
      });
      const answer = new Promise<string>((resolve, reject) => {
        finished.catch(reject);
        api.dispatch({
          requestId: `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
          event: JSON.stringify(event),
          deadlineMs: Date.now() + 60_000,
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
          traceId: 'Root=1-00000000-000000000000000000000000;Sampled=0',
          onResponse: (message) => read(message).then(resolve, reject),
          onError: reject,
        });
      });
      const body = await answer;
      const answeredMs = performance.now() - before;
      // The runtime asks for the next event right behind its answer; only then may it get one.
      await finished;
      return { body, answeredMs };
    },
    async stop() {
      child.kill('SIGKILL');
      await gone;
      await api.close();
    },
  };
}

async function read(message: Parameters<typeof streamedResponse>[0]): Promise<string> {
  const isStreamed = message.headers['lambda-runtime-function-response-mode'] === 'streaming';
  const body = isStreamed ? (await readStreamHead(streamedResponse(message))).body : message;
  return Buffer.concat(await body.toArray()).toString();
}

function lambdaVariables(address: string, directory: string): Record<string, string> {
  return {
    AWS_LAMBDA_RUNTIME_API: address,
    LAMBDA_TASK_ROOT: directory,
    _HANDLER: 'index.handler',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
    AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
    TZ: ':UTC',
  };
}
