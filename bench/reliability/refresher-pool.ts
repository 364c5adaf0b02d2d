import { type Instance, startInstance, stopInstance } from './instance-process';

/** Where in a refresh its holder may be killed. */
export type Step = 'before the call' | 'after the answer' | 'after the write';

export interface RefresherPool {
  /** As Lambda runs a function: an instance to each invocation, a new one where all are busy. */
  invoke(payload: unknown): Promise<unknown>;
  readonly kills: number;
  /** Every event that the instances have logged, by its name. */
  readonly events: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

interface Invocation {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `isToDie`: asked at each step of each refresh. */
export function refresherPool(
  program: string,
  env: () => Readonly<Record<string, string>>,
  isToDie: (step: Step) => boolean,
): RefresherPool {
  const idle: Instance[] = [];
  const all = new Set<Instance>();
  const running = new Map<Instance, Invocation>();
  const events = new Map<string, number>();
  let kills = 0;
  let isClosed = false;

  const start = () =>
    startInstance(
      program,
      env(),
      (message, instance) => {
        const { step, event, answer, error } = message;
        if (step !== undefined) {
          const die = isToDie(step as Step);
          if (die) kills += 1;
          // SIGKILL: nothing of it runs any more, no lease is given back.
          if (die) instance.child.kill('SIGKILL');
          else instance.send({ id: message.id });
          return;
        }
        if (event !== undefined) {
          events.set(String(event), (events.get(String(event)) ?? 0) + 1);
          return;
        }
        const invocation = running.get(instance);
        running.delete(instance);
        idle.push(instance);
        if (error === undefined) invocation?.resolve(answer);
        else invocation?.reject(new Error(String(error)));
      },
      (instance) => {
        all.delete(instance);
        running.get(instance)?.reject(new Error('the instance was killed'));
        running.delete(instance);
      },
    );

  return {
    async invoke(payload) {
      if (isClosed) throw new Error('closed');
      const instance = idle.pop() ?? (await start());
      all.add(instance);
      return new Promise((resolve, reject) => {
        running.set(instance, { resolve, reject });
        instance.send({ id: 0, payload });
      });
    },
    get kills() {
      return kills;
    },
    events,
    async close() {
      isClosed = true;
      await Promise.all([...all].map(stopInstance));
    },
  };
}
