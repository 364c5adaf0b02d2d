import { formatLine } from './log';

let lines = '';
let written: Promise<void> | undefined;

/**
 * Writes a line together with the others of this turn of the event loop: under load, a write for each costs as much as
 * half a call. Resolves when it is out. A handler that waits for that loses none: until it returns, Lambda neither
 * freezes nor ends its environment.
 */
export function auditLine(fields: Readonly<Record<string, unknown>>): Promise<void> {
  lines += formatLine(fields);
  written ??= new Promise((resolve) => {
    setImmediate(() => {
      flush();
      resolve();
    });
  });
  return written;
}

function flush(): void {
  const all = lines;
  lines = '';
  written = undefined;
  if (all !== '') process.stdout.write(all);
}

// A crash within the turn.
process.on('exit', flush);
