// Installs AWS's own Lambda runtime client for test/lambda-runtime. Its native part is compiled, once, in about a minute.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './node24.mjs';

/** What its build calls; node-gyp itself needs python3. */
const TOOLS = [['cmake', 'cmake3'], ['g++'], ['make'], ['tar'], ['xz'], ['python3']];

/**
 * Makes the runtime client available, or says why it cannot be.
 * @returns {{ available: boolean, reason?: string }}
 */
export function installLambdaRuntime(root) {
  const found = lambdaRuntime(root);
  if (found.available) return found;
  if (process.platform !== 'linux') return { available: false, reason: 'its native part builds on Linux only' };
  const missing = TOOLS.filter((names) => !names.some(onPath)).map(([name]) => name);
  if (missing.length > 0) return { available: false, reason: `its build needs ${missing.join(', ')}` };

  console.error("Building AWS's Lambda runtime client for the tests (first run, about a minute)");
  const node = node24(root);
  const home = dirname(dirname(node));
  // Headers of the Node it will run under, from that Node's own package; otherwise node-gyp downloads them.
  const headers = existsSync(join(home, 'include/node/node_api.h')) ? { npm_config_nodedir: home } : {};
  const { status, error, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: join(root, 'test/lambda-runtime'),
    env: { ...process.env, ...headers, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) {
    const why = error?.message ?? stderr.trim().split('\n').slice(-3).join(' ');
    return { available: false, reason: `its build failed: ${why}` };
  }
  writeFileSync(stampFile(root), lockHash(root));
  return lambdaRuntime(root);
}

/** Whether the locked version is there, compiled; installs nothing. */
export function lambdaRuntime(root) {
  const addon = join(root, 'test/lambda-runtime/node_modules/aws-lambda-ric/rapid-client.node');
  const stamp = stampFile(root);
  if (existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(root)) {
    return { available: true };
  }
  return { available: false, reason: 'it is not installed: run "node scripts/lambda-runtime.mjs"' };
}

function stampFile(root) {
  return join(root, 'test/lambda-runtime/node_modules/.lock-sha256');
}

function lockHash(root) {
  const lock = readFileSync(join(root, 'test/lambda-runtime/package-lock.json'));
  return createHash('sha256').update(lock).digest('hex');
}

function onPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, name)));
}

if (import.meta.url && process.argv[1] === fileURLToPath(import.meta.url)) {
  const { available, reason } = installLambdaRuntime(dirname(dirname(fileURLToPath(import.meta.url))));
  if (!available) {
    console.error(`AWS's Lambda runtime client is not available: ${reason}`);
    process.exitCode = 1;
  }
}
