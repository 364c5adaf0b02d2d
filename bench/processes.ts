import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** Which core: `test` for the process under test, `rest` for load generator, upstreams and backends. */
export type Core = 'test' | 'rest';

const cores = findCores();
const children = new Set<ChildProcess>();
const stopping = new WeakSet<ChildProcess>();

export const pinning = cores
  ? `process under test on core ${cores.test}, everything else on core ${cores.rest}`
  : 'not pinned (no taskset, or a single core)';

/** A child that tells its port by message, or listens on one it was given. */
export interface Target {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
  cpuUs(): number | undefined;
  rssMb(): number | undefined;
  stop(): Promise<void>;
}

export interface SpawnOptions {
  readonly core?: Core;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  /** A program that is not ours listens here; ours choose a port and tell it by message. */
  readonly port?: number;
  /** Where stdout goes: a file, or away. A pipe would have the load generator read it. */
  readonly stdout?: number | 'ignore' | 'pipe';
  /** The channel our own programs tell their port by. @default true */
  readonly channel?: boolean;
}

/** Starts a Node program, pinned, with an environment of its own: what the shell exports distorts starts. */
export async function startNode(
  script: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): Promise<Target> {
  const child = spawnNode(script, args, options);
  const stderr = collect(child.stderr);
  const exited = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${script} ended (${code ?? signal}): ${stderr()}`)));
  });
  exited.catch((error) => {
    if (!stopping.has(child)) console.error(`bench: ${error.message}`);
  });
  const port = await Promise.race([
    exited,
    options.port === undefined ? firstMessage(child) : listening(options.port, exited),
  ]);
  const pid = child.pid as number;
  return { pid, port, child, cpuUs: () => cpuUs(pid), rssMb: () => rssMb(pid), stop: () => stop(child) };
}

export function spawnNode(script: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const command = [process.execPath, ...(options.nodeArgs ?? []), script, ...args];
  const core = cores?.[options.core ?? 'rest'];
  const [program, ...rest] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(program as string, rest, {
    // Children of ours end when stdin or the channel does, so none outlives a killed bench.
    stdio: ['pipe', options.stdout ?? 'ignore', 'pipe', options.channel === false ? 'ignore' : 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...options.env },
  });
  child.stdin?.on('error', () => undefined);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Moves this process, with all its threads, away from the core of the process under test. */
export function pinSelf(): void {
  if (cores) pin(process.pid, 'rest');
}

/** Moves a running process, with all its threads. */
export function pin(pid: number, core: Core): void {
  if (cores) execFileSync('taskset', ['-acp', String(cores[core]), String(pid)], { stdio: 'ignore' });
}

export async function stopAll(): Promise<void> {
  await Promise.all([...children].map(stop));
}

/** For an exit that cannot wait. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  stopping.add(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin?.end();
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await exited;
  clearTimeout(timer);
}

/** CPU time of a process so far, all threads, in ticks of 10 ms; Linux only. */
export function cpuUs(pid: number): number | undefined {
  const fields = procFile(pid, 'stat')?.split(') ')[1]?.split(' ');
  return fields ? (Number(fields[11]) + Number(fields[12])) * 10_000 : undefined;
}

/** Resident memory; with `anon` without mapped files, which other processes share. */
export function rssMb(pid: number, kind: 'VmRSS' | 'RssAnon' = 'VmRSS'): number | undefined {
  const kb = procFile(pid, 'status')?.match(new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm'))?.[1];
  if (kb) return Number(kb) / 1024;
  if (process.platform === 'linux' || process.platform === 'win32') return undefined;
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function findCores(): Readonly<Record<Core, number>> | undefined {
  if (!existsSync('/usr/bin/taskset') && !existsSync('/bin/taskset')) return undefined;
  const list = procFile(process.pid, 'status')?.match(/^Cpus_allowed_list:\s+(\S+)$/m)?.[1] ?? '';
  const allowed = list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return from === undefined || to === undefined ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const [rest, test] = allowed;
  return rest === undefined || test === undefined ? undefined : { rest, test };
}

/** A port that is free now, for programs that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function listening(port: number, exited: Promise<never>): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await Promise.race([
      exited,
      new Promise<boolean>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1' });
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      }),
    ]);
    if (open) return port;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port} after 10 s`);
}

async function firstMessage(child: ChildProcess): Promise<number> {
  const [message] = await once(child, 'message');
  return (message as { port: number }).port;
}

/** Drains a stream and keeps its end, for the message when the child fails. */
function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk) => {
    text = (text + chunk).slice(-2000);
  });
  return () => text.trim();
}
