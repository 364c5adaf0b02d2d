import { type ChildProcess, spawn } from 'node:child_process';

/** What a process of ours is told, and what it tells. */
export interface Message {
  readonly id: number;
  readonly [member: string]: unknown;
}

/** A process that stands for one instance of a function. */
export interface Instance {
  readonly child: ChildProcess;
  send(message: Message): void;
}

/** Starts an instance. It ends by itself when its parent does: the channel closes. */
export function startInstance(
  program: string,
  env: Readonly<Record<string, string>>,
  onMessage: (message: Message, instance: Instance) => void,
  onExit: (instance: Instance) => void,
): Promise<Instance> {
  const child = spawn(process.execPath, ['--enable-source-maps', program], {
    env: { ...env, PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // One that has been killed takes no message: its exit is the answer.
  const instance: Instance = { child, send: (message) => void child.send(message, () => undefined) };
  child.on('exit', () => onExit(instance));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${program} ended before it began`)));
    child.once('message', () => {
      child.on('message', (message: Message) => onMessage(message, instance));
      resolve(instance);
    });
  });
}

export async function stopInstance({ child }: Instance): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.connected) child.disconnect();
  await ended;
}
