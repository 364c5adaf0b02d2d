import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { FunctionError, type FunctionName } from '../functions/invoker';
import { type RuntimeApiServer, startRuntimeApi } from './runtime-api-server';

export interface EnvironmentOptions {
  readonly fn: FunctionName;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** `index.mjs` of aws-lambda-ric. */
  readonly ric: string;
  readonly timeoutMs: number;
  readonly initTimeoutMs: number;
  readonly memoryMb: number;
  readonly onLog: (fn: FunctionName, line: string) => void;
}

export type OnResponse = (message: IncomingMessage) => void;

/**
 * One execution environment: a child process under AWS's runtime client, one invocation at a time.
 * After a time-out or a crash it is dead, and its owner starts another.
 */
export class ExecutionEnvironment {
  /** Resolves when the function's init is done; rejects with what init failed on. */
  readonly ready: Promise<void>;
  /** Resolves when the process has gone, for whatever reason. */
  readonly gone: Promise<void>;
  dead = false;
  private api: RuntimeApiServer | undefined;
  private child: ChildProcess | undefined;
  private onNext: () => void = () => undefined;
  private onDeath: (error: FunctionError) => void = () => undefined;

  constructor(private readonly options: EnvironmentOptions) {
    let left: () => void;
    this.gone = new Promise((resolve) => {
      left = resolve;
    });
    this.ready = this.start(() => left());
    this.ready.catch(() => this.kill());
  }

  /** Runs one event; resolves when the runtime is ready for the next one. */
  async invoke(event: object, onResponse: OnResponse): Promise<void> {
    const { fn, timeoutMs } = this.options;
    const api = this.api;
    if (this.dead || !api) throw new FunctionError('Runtime.ExitError', 'The environment is gone');
    const requestId = randomUUID();

    return new Promise((resolve, reject) => {
      let failure: FunctionError | undefined;
      const timer = setTimeout(() => {
        const seconds = (timeoutMs / 1000).toFixed(2);
        this.kill(new FunctionError('Sandbox.Timedout', `Task timed out after ${seconds} seconds`));
      }, timeoutMs);
      this.onDeath = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.onNext = () => {
        clearTimeout(timer);
        if (failure) reject(failure);
        else resolve();
      };
      api.dispatch({
        requestId,
        event: JSON.stringify(event),
        deadlineMs: Date.now() + timeoutMs,
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${fn}`,
        traceId: `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Sampled=0`,
        onResponse,
        onError: (error) => {
          failure = error;
        },
      });
    });
  }

  kill(reason = new FunctionError('Runtime.ExitError', 'The environment was shut down')): void {
    if (this.dead) return;
    this.dead = true;
    this.child?.kill('SIGKILL');
    // Whoever still reads an answer learns that it is cut.
    void this.api?.close();
    this.onDeath(reason);
  }

  private async start(left: () => void): Promise<void> {
    const { ric, dir, initTimeoutMs, memoryMb, onLog, fn } = this.options;
    let initialised: () => void = () => undefined;
    let failed: (error: FunctionError) => void = () => undefined;
    const init = new Promise<void>((resolve, reject) => {
      initialised = resolve;
      failed = reject;
    });
    this.onNext = initialised;
    this.onDeath = failed;
    this.api = await startRuntimeApi({ onNext: () => this.onNext(), onInitError: (error) => failed(error) });
    if (this.dead) {
      left();
      return this.api.close();
    }

    const heap = `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`;
    const child = spawn(process.execPath, [heap, ric], { cwd: dir, env: this.processEnv(this.api.address) });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => onLog(fn, line));
    }
    child.once('error', (error) => this.kill(new FunctionError('Runtime.ExitError', error.message)));
    child.once('close', (code, signal) => {
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      this.kill(new FunctionError('Runtime.ExitError', `Runtime exited with error: ${how}`));
      left();
    });

    const timer = setTimeout(() => {
      this.kill(new FunctionError('Sandbox.Timedout', `Init timed out after ${initTimeoutMs} ms`));
    }, initTimeoutMs);
    try {
      await init;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What Lambda sets, and nothing of this process: no PATH, no HOME, no NODE_OPTIONS. */
  private processEnv(address: string): Record<string, string> {
    const { fn, dir, env, memoryMb } = this.options;
    return {
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      ...env,
      AWS_LAMBDA_RUNTIME_API: address,
      LAMBDA_TASK_ROOT: dir,
      _HANDLER: 'index.handler',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: fn,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      TZ: ':UTC',
    };
  }
}
