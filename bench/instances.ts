import { once } from 'node:events';
import { join } from 'node:path';
import { hasLambdaRuntime } from './lambda-cases';
import { type Invoked, startEnvironment } from './lambda-environment';
import { startNode } from './processes';
import type { BenchContext } from './rows/context';
import type { Staged } from './staging';

/** A warm instance of a function: a process of its own, one invocation at a time. */
export interface Instance {
  invoke(event: object): Promise<Invoked>;
  stop(): Promise<void>;
}

export type StartInstance = (staged: Staged, mode: 'stream' | 'buffered') => Promise<Instance>;

/** Instances under AWS's runtime client where that can be had, else under the least that can call a handler. */
export async function instanceStarter(bench: BenchContext): Promise<StartInstance> {
  if (await hasLambdaRuntime(bench)) return (staged) => startEnvironment({ root: bench.root, ...staged });
  const script = join(bench.root, 'bench/targets/function-instance.mjs');
  return async ({ directory, env }, mode) => {
    const { child, stop } = await startNode(script, [directory, mode], { core: 'test', env });
    return {
      async invoke(event) {
        const before = performance.now();
        const answered = once(child, 'message');
        child.send(event);
        const [{ body }] = (await answered) as [{ body: string }];
        return { body, answeredMs: performance.now() - before };
      },
      stop,
    };
  };
}
