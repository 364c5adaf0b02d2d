import { FunctionError } from '../functions/invoker';
import { type EnvironmentOptions, ExecutionEnvironment, type OnResponse } from './execution-environment';

/** The environments of one function: the most recently used idle one first, a new one up to the limit, else wait. */
export class EnvironmentPool {
  private readonly idle: ExecutionEnvironment[] = [];
  private readonly all = new Set<ExecutionEnvironment>();
  private readonly waiting: (() => void)[] = [];
  private closed = false;

  constructor(
    private readonly options: EnvironmentOptions,
    private readonly most: number,
  ) {}

  async warm(count: number): Promise<void> {
    const fresh = Array.from({ length: Math.min(count, this.most) }, () => this.add());
    await Promise.all(fresh.map((environment) => environment.ready));
    this.idle.push(...fresh);
  }

  async invoke(event: object, signal: AbortSignal, onResponse: OnResponse): Promise<void> {
    const environment = await this.take(signal);
    try {
      await environment.ready;
      await environment.invoke(event, onResponse);
    } finally {
      this.release(environment);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
    const open = [...this.all];
    for (const environment of open) environment.kill();
    await Promise.all(open.map((environment) => environment.gone));
  }

  private async take(signal: AbortSignal): Promise<ExecutionEnvironment> {
    for (;;) {
      if (this.closed) throw new FunctionError('Runtime.ExitError', 'The functions were shut down');
      if (signal.aborted) {
        // A caller that has gone while it waited never reaches the function; its turn goes to the next.
        this.waiting.shift()?.();
        signal.throwIfAborted();
      }
      const environment = this.idle.pop();
      if (environment && !environment.dead) return environment;
      if (!environment && this.all.size < this.most) return this.add();
      if (!environment) await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private release(environment: ExecutionEnvironment): void {
    if (!environment.dead) this.idle.push(environment);
    this.waiting.shift()?.();
  }

  private add(): ExecutionEnvironment {
    const environment = new ExecutionEnvironment(this.options);
    this.all.add(environment);
    void environment.gone.then(() => {
      this.all.delete(environment);
      this.waiting.shift()?.();
    });
    return environment;
  }
}
