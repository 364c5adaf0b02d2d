// Compiles lib/ and what it shares with lambda/ to dist/, for TypeScript and, by jsii, for the other languages of the CDK.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiReport } from './api-report.mjs';

const SOURCES = ['lib', 'lambda/contract', 'lambda/config'];
const SETTINGS = ['package.json', 'tsconfig.jsii.json'];

/** Does nothing when dist/ is of the same sources. Resolves with whether the API is the one in api.txt; `updateApi` writes it there. */
export async function buildLib(root, { node = process.execPath, updateApi = false } = {}) {
  const stamp = join(root, 'build/lib.sha256');
  const sources = sourceHash(root);
  const fresh =
    existsSync(join(root, '.jsii')) &&
    existsSync(join(root, 'dist/lib/index.js')) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === sources;
  if (!fresh) {
    for (const folder of SOURCES) rmSync(join(root, 'dist', folder), { recursive: true, force: true });
    runJsii(root, node);
    mkdirSync(join(root, 'build'), { recursive: true });
    writeFileSync(stamp, sources);
  }
  const committed = join(root, 'api.txt');
  const report = apiReport(root);
  if (updateApi) writeFileSync(committed, report);
  return { apiUnchanged: readFileSync(committed, 'utf8') === report };
}

function runJsii(root, node) {
  const jsii = join(root, 'node_modules/jsii/bin/jsii');
  // The peer range starts below the version we develop with, on purpose.
  const args = [jsii, '--tsconfig', 'tsconfig.jsii.json', '--silence-warnings', 'missing-dev-dependency'];
  try {
    execFileSync(node, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1' },
    });
  } catch (error) {
    throw new Error(`jsii refuses lib/:\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

function sourceHash(root) {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  for (const file of [...files.sort(), ...SETTINGS]) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
