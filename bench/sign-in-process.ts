import { join } from 'node:path';
import { startNode, type Target } from './processes';
import type { Sample } from './stats';

export const OPERATIONS = ['authorize', 'token', 'refresh'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** An authorization server, and what is asked of it. */
export interface SignInJob {
  readonly origin: string;
  /** Origin of the identity provider. */
  readonly idp: string;
  readonly resource: string;
  readonly scope: string;
  /** Of the staged `authz` function. */
  readonly directory?: string;
}

export interface RoundSize {
  readonly signIns: number;
  /** For each sign-in. */
  readonly refreshes: number;
  readonly limitMs: number;
}

export interface SignedIn {
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** One authorization server with a browser and a client around it, one request at a time, as in one Lambda environment. */
export interface SignInProcess {
  readonly process: Target;
  round(size: RoundSize): Promise<Record<Operation, Sample>>;
  /** One operation, by itself; resolves with what it used of a store in that process. */
  step(operation: Operation): Promise<{ readonly counts: Readonly<Record<string, number>> }>;
  signIn(): Promise<SignedIn>;
  /** From now on, where store and keys are in that process. */
  slow(delays: { readonly storeMs: number; readonly signMs: number }): Promise<void>;
}

export async function startSignIn(
  root: string,
  kind: 'authz' | 'oidc-provider',
  job: SignInJob,
  env: Readonly<Record<string, string>> = {},
): Promise<SignInProcess> {
  const script = join(root, 'bench/targets/sign-in.mjs');
  const process = await startNode(script, [kind, JSON.stringify(job)], { core: 'test', env });
  const call = remote(process, script);
  return {
    process,
    round: (size) => call('round', size) as Promise<Record<Operation, Sample>>,
    step: (operation) => call('step', operation) as Promise<{ counts: Record<string, number> }>,
    signIn: () => call('signIn') as Promise<SignedIn>,
    slow: async (delays) => {
      await call('slow', delays);
    },
  };
}

function remote({ child }: Target, script: string): (name: string, ...args: unknown[]) => Promise<unknown> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(value);
    else caller?.reject(new Error(error));
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${script} ended before it had answered`));
  });
  return (name, ...args) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      child.send({ id: last, name, args }, (error) => error && reject(error));
    });
}
