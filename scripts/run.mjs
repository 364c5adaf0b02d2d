// The entry of `npm start`, `npm test`, `npm run bench`, `build` and `check`: makes each of them complete in itself.
// Needs Node 20.19 or newer and npm; everything behind it runs on Node 24.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24, npm } from './node24.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...args] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer and run this command again`);
  process.exit(1);
}

installDependencies();
const node = node24(root);
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, MCP_GATEWAY_ROOT: root };

const tasks = await import('./tasks.mjs');
const run = tasks.TASKS[task];
if (!run) {
  console.error(`Unknown task ${JSON.stringify(task)}: one of ${Object.keys(tasks.TASKS).join(', ')}`);
  process.exit(2);
}
process.exitCode = await run({ root, node, args, env, exec });

/** Runs Node 24 on a script in the foreground; resolves with its exit code. Signals reach the child by the terminal. */
function exec(script, scriptArgs = [], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script, ...scriptArgs], {
      cwd: root,
      env: { ...env, ...options.env },
      stdio: 'inherit',
    });
    const forward = (signal) => child.kill(signal);
    const ignore = () => {
      // Ctrl-C reaches the child from the terminal; it decides how to end.
    };
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** `npm ci` when node_modules is not what the lock file says. */
function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.lock-sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing dependencies from npm (first run, about a minute)');
  npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}
