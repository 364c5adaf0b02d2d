import { StringDecoder } from 'node:string_decoder';
import type { Terminal } from './command';
import { UsageError } from './usage-error';

/** More than any key, little enough to refuse a file piped by mistake. */
const LONGEST = 64 * 1024;

/** Everything on standard input, without the line break a shell or an editor puts at the end. */
export async function readPiped({ stdin }: Terminal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    size += (chunk as Uint8Array).length;
    if (size > LONGEST) {
      throw new UsageError('Standard input has more than 64 KB, which is no key', 'Pipe the key alone.');
    }
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** Asks on the terminal, and shows nothing of what is typed or pasted. */
export async function promptSecret({ stdin, stderr }: Terminal, label: string): Promise<string> {
  stderr.write(`${label} (not shown): `);
  stdin.setRawMode?.(true);
  const decoder = new StringDecoder('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const character of decoder.write(Buffer.from(chunk as Uint8Array))) {
        if (character === '\r' || character === '\n' || character === '\u0004') return typed;
        if (character === '\u0003') throw new UsageError('Interrupted', 'Nothing was stored.', 130);
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
        else if (character === '\u0015') typed = '';
        else if (typed.length < LONGEST) typed += character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write('\n');
  }
}
