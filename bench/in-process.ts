import { once } from 'node:events';
import { join } from 'node:path';
import { mcpHeaders, toolCall } from './calls';
import type { Gateway } from './hop';
import { spawnNode } from './processes';
import type { BenchContext } from './rows/context';
import type { StageOptions } from './staging';
import type { Sample } from './stats';

export type InProcessSamples = ReadonlyMap<'ours' | 'direct', readonly Sample[]>;

/** Runs the handler, and direct calls in turn with it, in a process of their own. */
export async function measureInProcess(
  bench: BenchContext,
  options: StageOptions & { readonly env?: Readonly<Record<string, string>> },
  gateway?: Gateway,
): Promise<InProcessSamples> {
  const ours = gateway ?? (await bench.ours());
  const staged = await ours.stage(options);
  const message = toolCall('modern', 1);
  const { quick } = bench.options;
  const job = {
    path: ours.path,
    headers: { host: 'gateway.bench.test', ...mcpHeaders('modern', message), ...ours.headers },
    body: JSON.stringify(message),
    warmupCalls: 10_000,
    warmupMs: quick ? 150 : 3000,
    rounds: quick ? 2 : 15,
    roundMs: quick ? 100 : 150,
  };
  const script = join(bench.root, 'bench/targets/ours-in-process.mjs');
  const child = spawnNode(script, [staged.directory, options.upstreamUrl, JSON.stringify(job)], {
    core: 'test',
    env: { ...staged.env, ...options.env },
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the in-process measurement ended early: ${stderr}`);
  });
  const [rounds] = (await Promise.race([once(child, 'message'), failed])) as [Record<'ours' | 'direct', number[][]>];
  failed.catch(() => undefined);
  child.kill();
  const samples = (latencies: number[][]) => latencies.map((latenciesUs) => sample(latenciesUs));
  return new Map([
    ['ours', samples(rounds.ours)],
    ['direct', samples(rounds.direct)],
  ]);
}

function sample(latenciesUs: readonly number[]): Sample {
  return { latenciesUs, elapsedMs: latenciesUs.reduce((sum, us) => sum + us, 0) / 1000, cpuUs: undefined };
}
