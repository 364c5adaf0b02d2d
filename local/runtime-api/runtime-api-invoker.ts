import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FunctionError, type FunctionInvoker, type FunctionName, type StreamedAnswer } from '../functions/invoker';
import { readStreamHead } from '../functions/stream-head';
import { EnvironmentPool } from './environment-pool';
import type { EnvironmentOptions } from './execution-environment';
import { streamedResponse } from './streamed-response';

export interface RuntimeApiOptions {
  /** Function name -> directory that holds `index.mjs` and `gateway.json`. */
  readonly functionDirs: Partial<Record<FunctionName, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** Most environments per function; a request beyond waits. @default 1 */
  readonly environments?: number;
  /** Environments initialised before this resolves, as provisioned concurrency. @default 1 */
  readonly warm?: number;
  /** @default 900000, Lambda's ceiling */
  readonly timeoutMs?: number;
  /** @default 10000, as Lambda's */
  readonly initTimeoutMs?: number;
  /** @default 1024 */
  readonly memoryMb?: number;
  /** @default where scripts/lambda-runtime.mjs installs it */
  readonly ric?: string;
  /** Hears what the functions print. */
  readonly onLog?: (fn: FunctionName, line: string) => void;
}

/** Runs the staged bundles as Lambda does: AWS's own runtime client, in child processes, behind a Runtime API. */
export async function runtimeApiInvoker(options: RuntimeApiOptions): Promise<FunctionInvoker> {
  const ric = options.ric ?? installedRic();
  if (!existsSync(ric)) {
    throw new FunctionError('Runtime.NotInstalled', `${ric} is missing: run "node scripts/lambda-runtime.mjs" first`);
  }
  const pools = new Map<FunctionName, EnvironmentPool>();
  for (const [fn, dir] of Object.entries(options.functionDirs)) {
    const environment: EnvironmentOptions = {
      fn: fn as FunctionName,
      dir,
      env: options.env,
      ric,
      timeoutMs: options.timeoutMs ?? 900_000,
      initTimeoutMs: options.initTimeoutMs ?? 10_000,
      memoryMb: options.memoryMb ?? 1024,
      onLog: options.onLog ?? (() => undefined),
    };
    pools.set(fn as FunctionName, new EnvironmentPool(environment, options.environments ?? 1));
  }
  const close = async () => {
    await Promise.all([...pools.values()].map((pool) => pool.close()));
  };
  try {
    await Promise.all([...pools.values()].map((pool) => pool.warm(options.warm ?? 1)));
  } catch (error) {
    await close();
    throw error;
  }

  const run = (
    fn: FunctionName,
    event: object,
    signal: AbortSignal,
    onResponse: (message: IncomingMessage) => void,
  ) => {
    const pool = pools.get(fn);
    if (!pool) throw new FunctionError('Runtime.HandlerNotFound', `No ${fn} function is loaded`);
    return pool.invoke(event, signal, onResponse);
  };

  return {
    async invokeBuffered(fn, event, signal) {
      let answer: Promise<string> | undefined;
      await run(fn, event, signal, (message) => {
        answer = text(streamedResponse(message));
        answer.catch(() => undefined);
      });
      const json = await answer;
      if (json === undefined) throw new FunctionError('Runtime.NoResponse', 'The runtime gave no response');
      return JSON.parse(json);
    },

    invokeStreaming(fn, event, signal) {
      return new Promise<StreamedAnswer>((resolve, reject) => {
        let answered: StreamedAnswer | undefined;
        const done = run(fn, event, signal, (message) => {
          readStreamHead(streamedResponse(message)).then((answer) => {
            answered = answer;
            resolve(answer);
          }, reject);
        });
        done.catch((error) => {
          // Before the head the caller hears it; behind the head the answer is cut.
          answered?.body.destroy(error);
          reject(error);
        });
      });
    },

    close,
  };
}

function installedRic(): string {
  const root = process.env['MCP_GATEWAY_ROOT'] ?? process.cwd();
  return join(root, 'test/lambda-runtime/node_modules/aws-lambda-ric/index.mjs');
}
