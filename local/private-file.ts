import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file only its owner may read. A crash leaves the old file or the new one, never half of one. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.tmp`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  // An unfinished file left by a crash keeps its old mode through writeFileSync.
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, path);
}
