import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { printable } from '../sdk/printable';
import type { Invocation } from './command';
import { UsageError } from './usage-error';

/** Asks for one word before something that hits many; where nobody is asked, `--yes` has to say it. */
export async function confirm({ terminal, options }: Invocation, consequence: string, word: string): Promise<void> {
  if (options['yes'] === true) return;
  if (terminal.stdin.isTTY !== true) {
    throw new UsageError(`${consequence} Nobody is asked here, and --yes was not given`, 'Add --yes.');
  }
  terminal.stderr.write(printable(`${consequence}\n`));
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    // Ctrl-C and Ctrl-D close it without an answer.
    const closed = once(prompt, 'close').then(() => '');
    const typed = await Promise.race([prompt.question(`Type ${word} to go on: `), closed]);
    if (typed.trim() !== word) throw new UsageError('Not confirmed', 'Nothing was changed.', 130);
  } finally {
    prompt.close();
  }
}
