import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A directory of state files, used by one process at a time. */
export interface DataDirectory {
  file(name: string): string;
  release(): void;
}

export function openDataDirectory(path: string): DataDirectory {
  // Owner-only: it holds key material.
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = join(path, 'process.lock');
  takeLock(lock, path);
  return { file: (name) => join(path, name), release: () => rmSync(lock, { force: true }) };
}

/** Two processes over one set of files would each undo the other's changes. */
function takeLock(lock: string, path: string): void {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number(readFileSync(lock, 'utf8'));
  if (isRunning(holder)) {
    throw new Error(`${path} is in use by process ${holder}: stop it, or choose another data directory`);
  }
  // Left by a process that was killed.
  rmSync(lock, { force: true });
  takeLock(lock, path);
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
