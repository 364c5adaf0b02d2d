import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { LocalGatewayOptions } from '../../../local/gateway';
import type { GatewayCommands, Started } from './gateway-program';

const ROOT = join(__dirname, '../../..');

export type LogLine = Readonly<Record<string, unknown>>;

type Remote = { [K in keyof GatewayCommands]: (...args: Parameters<GatewayCommands[K]>) => Promise<Returned<K>> };
type Returned<K extends keyof GatewayCommands> = Awaited<ReturnType<GatewayCommands[K]>>;

/** A gateway in a child process: front door, functions and AWS, with everything it wrote kept. */
export interface GatewayProcess extends Started {
  readonly commands: Omit<Remote, 'start' | 'close'>;
  /** URL of the endpoint of one upstream. */
  endpoint(upstream: string): string;
  /** Everything written to stdout and stderr so far. */
  logs(): string;
  /** The log lines written so far. */
  logLines(): LogLine[];
  /** The first log line with this value; waits for it, since a log arrives after the answer it speaks of. */
  logged(field: string, value: unknown): Promise<LogLine>;
  close(): Promise<void>;
}

export async function startGatewayProcess(options: LocalGatewayOptions): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['--enable-source-maps', await bundle()], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], MCP_GATEWAY_ROOT: ROOT },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  const logs = () => Buffer.concat(output).toString('utf8');
  const logLines = () =>
    logs()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  const call = remoteCaller(child, logs);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  };

  try {
    const started = (await call('start', [options])) as Started;
    const remote =
      (name: string) =>
      (...args: unknown[]) =>
        call(name, args);
    return {
      ...started,
      commands: {
        config: remote('config'),
        count: remote('count'),
        resetCounts: remote('resetCounts'),
        inject: remote('inject'),
        clearFaults: remote('clearFaults'),
        invoke: remote('invoke'),
      } as GatewayProcess['commands'],
      endpoint: (upstream) => `${started.url}/mcp/${upstream}`,
      logs,
      logLines,
      logged: (field, value) =>
        new Promise((resolve) => {
          const look = () => {
            const line = logLines().find((candidate) => candidate[field] === value);
            if (!line) return;
            child.stdout?.off('data', look);
            resolve(line);
          };
          child.stdout?.on('data', look);
          look();
        }),
      close: async () => {
        await call('close', []);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function remoteCaller(child: ChildProcess, logs: () => string) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', (message: { id: number; value?: unknown; error?: string }) => {
    const caller = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) caller?.resolve(message.value);
    else caller?.reject(new Error(message.error));
  });
  child.once('exit', (code) => {
    for (const caller of waiting.values())
      caller.reject(new Error(`the gateway process ended with ${code}: ${logs()}`));
  });
  return (name: string, args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ id: last, name, args }, (error) => error && reject(error));
    });
}

let bundled: Promise<string> | undefined;

/** Made once by each test worker: a program that starts while its file is written again ends at once, and says nothing. */
function bundle(): Promise<string> {
  bundled ??= makeBundle();
  return bundled;
}

async function makeBundle(): Promise<string> {
  const outfile = join(ROOT, `build/programs/test-gateway-${process.env['JEST_WORKER_ID'] ?? 'main'}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'test/e2e/harness/gateway-program.ts')],
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
