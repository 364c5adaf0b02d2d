import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import type { StartingGun } from './racer';
import { ROOT } from './repository';

/** Processes that do the same thing at once, as warm instances of a function do. */
export interface Racers {
  /** Runs a flow so many times at once, spread over all processes; gives what each run gave, in their order. */
  race<T>(flow: string, input: unknown, runs: number): Promise<T[]>;
  close(): Promise<void>;
}

/** `program`: path of a file that calls `runRacer`, from the root of the repository. */
export async function startRacers(
  program: string,
  env: Readonly<Record<string, string | undefined>>,
  processes = 4,
): Promise<Racers> {
  const file = await bundle(program);
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, ['--enable-source-maps', file], {
      env: { ...env, PATH: process.env['PATH'] },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  const close = async () => {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((child) => once(child, 'exit'));
    for (const child of running) if (child.connected) child.disconnect();
    await Promise.all(ended);
  };
  try {
    await Promise.all(children.map(nextAnswer));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async race<T>(flow: string, input: unknown, runs: number) {
      const shares = children.map((child, at) => ({
        child,
        runs: Array.from({ length: runs }, (_, run) => run).filter((run) => run % processes === at),
      }));
      const answers = shares.map(({ child }) => nextAnswer(child));
      for (const share of shares) {
        share.child.send({ flow, input, runs: share.runs } satisfies StartingGun);
      }
      const values = await Promise.all(answers);
      const all: T[] = [];
      shares.forEach((share, at) => {
        share.runs.forEach((run, place) => {
          all[run] = values[at]?.[place] as T;
        });
      });
      return all;
    },
    close,
  };
}

function nextAnswer(child: ChildProcess): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a racing process ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message: { readonly values?: readonly unknown[]; readonly error?: string }) => {
      child.off('exit', onExit);
      if (message.values === undefined) reject(new Error(`a racing process failed: ${message.error}`));
      else resolve(message.values);
    });
  });
}

/** One bundle for each test worker: two of them must not write the same file. */
async function bundle(program: string): Promise<string> {
  const name = `${basename(program, '.ts')}-${process.env['JEST_WORKER_ID'] ?? 'main'}`;
  const outfile = join(ROOT, `build/programs/${name}.mjs`);
  await build({
    entryPoints: [join(ROOT, program)],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  return outfile;
}
