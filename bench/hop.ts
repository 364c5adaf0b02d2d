import { openSync } from 'node:fs';
import { join } from 'node:path';
import { httpCalls } from './callers';
import type { Callable } from './load';
import type { Target } from './processes';
import type { BenchContext } from './rows/context';
import type { StageOptions, Staging } from './staging';

/** A gateway as calls are sent to it: its functions, the path of its endpoint, and what a call carries. */
export interface Gateway extends Pick<Staging, 'stage' | 'path'> {
  readonly headers: Readonly<Record<string, string>>;
}

export interface OursHop {
  readonly process: Target;
  readonly path: string;
  readonly calls: Callable;
}

/** The real handler as an HTTP hop, in a process of its own. */
export async function startHop(bench: BenchContext, gateway: Gateway, options: StageOptions): Promise<OursHop> {
  const { path, headers } = gateway;
  const { directory, env } = await gateway.stage(options);
  const stdout = openSync(join(bench.home, 'audit.log'), 'a');
  const process = await bench.target('ours-hop.mjs', [directory], { core: 'test', env, stdout });
  return { process, path, calls: httpCalls({ port: process.port, path, era: 'modern', process, headers }) };
}
