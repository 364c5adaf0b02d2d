import { PassThrough, Readable, Writable } from 'node:stream';
import type { Terminal } from '../../../cli/command';
import { runCli } from '../../../cli/run-cli';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line; `typed`: at a terminal, where somebody types this. */
export async function runIn(
  argv: readonly string[],
  { typed, onError = () => undefined }: { typed?: string; onError?: (text: string) => void } = {},
): Promise<Outcome> {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        if (name === 'err') onError(String(chunk));
        done();
      },
    });
  const stdin: Terminal['stdin'] =
    typed === undefined ? Readable.from([]) : Object.assign(new PassThrough(), { isTTY: true });
  if (typed !== undefined) (stdin as PassThrough).end(typed);
  const code = await runCli(argv, { stdin, stdout: sink('out'), stderr: sink('err'), env: {} });
  return { code, ...written };
}
