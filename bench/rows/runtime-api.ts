import { hasLambdaRuntime, type LambdaCase, lambdaCases } from '../lambda-cases';
import { startEnvironment } from '../lambda-environment';
import { type Callable, load } from '../load';
import { interleaved, type Row, row, summarise } from '../stats';
import type { BenchContext, GroupResult } from './context';

const CASES = ['nothing', 'mcp', 'naive'];

/** Warm calls under AWS's runtime client, one at a time as in Lambda: event in, last byte of the answer out. */
export async function runtimeApiRows(bench: BenchContext): Promise<GroupResult> {
  if (!(await hasLambdaRuntime(bench))) return { rows: [], ratios: [] };
  bench.say('warm calls behind the Runtime API');
  const { quick } = bench.options;
  const cases = (await lambdaCases(bench)).filter(({ name }) => CASES.includes(name));
  const contenders = await Promise.all(cases.map((one) => startContender(bench.root, one)));
  const round = { concurrency: 1, durationMs: quick ? 150 : 600, warmupCalls: 20 };
  for (const { calls } of contenders) await load(calls, { ...round, durationMs: quick ? 150 : 1500 });
  const samples = await interleaved(contenders, quick ? 1 : 7, ({ calls }) => load(calls, round));
  const rows: Row[] = [...samples].map(([{ name, environment }, rounds]) =>
    row(`Runtime API: ${name}`, 1, summarise(rounds), environment.rssMb()),
  );
  for (const { environment } of contenders) await environment.stop();
  return { rows, ratios: [] };
}

async function startContender(root: string, { name, staged, event, expect }: LambdaCase) {
  const environment = await startEnvironment({ root, ...staged });
  const calls: Callable = {
    cpuUs: () => environment.cpuUs(),
    open: async () => ({
      async call() {
        const { body } = await environment.invoke(event);
        if (!body.includes(expect)) throw new Error(`the ${name} function answered ${body.slice(0, 500)}`);
      },
      close: () => undefined,
    }),
  };
  return { name: name === 'mcp' ? 'ours (mcp)' : name, environment, calls };
}
