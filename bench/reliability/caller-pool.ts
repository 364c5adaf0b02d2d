import { type Instance, startInstance, stopInstance } from './instance-process';

export interface CallRequest {
  readonly subject: string;
  readonly patienceMs: number;
}

export interface CallOutcome {
  /** Of the platform's answer, or why there was none. */
  readonly status: number | string;
  /** How often the call had to be made again. */
  readonly retries: number;
  /** Calls that met a dead token, and after the one retry another. */
  readonly refusedTwice: number;
  readonly tookMs: number;
}

/** Instances of `mcp`, each with callers of its own. */
export interface CallerPool {
  /** Makes these calls at once in one instance. */
  call(instance: number, calls: readonly CallRequest[]): Promise<readonly CallOutcome[]>;
  close(): Promise<void>;
}

export async function callerPool(
  program: string,
  env: Readonly<Record<string, string>>,
  size: number,
): Promise<CallerPool> {
  const pending = new Map<number, (outcomes: readonly CallOutcome[]) => void>();
  let ids = 0;
  const start = () =>
    startInstance(
      program,
      env,
      ({ id, outcomes }) => {
        pending.get(id)?.(outcomes as readonly CallOutcome[]);
        pending.delete(id);
      },
      () => undefined,
    );
  const instances: Instance[] = await Promise.all(Array.from({ length: size }, start));
  return {
    call(instance, calls) {
      ids += 1;
      const id = ids;
      return new Promise((resolve) => {
        pending.set(id, resolve);
        instances[instance % size]?.send({ id, calls });
      });
    },
    async close() {
      await Promise.all(instances.map(stopInstance));
    },
  };
}
