// Runs a CDK app written in TypeScript: `node scripts/cdk-app.mjs bin/app.ts`. What `cdk.json` calls.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildFunctions } from './build-functions.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = process.argv[2] ?? 'bin/app.ts';
const outfile = join(root, 'build/apps', `${entry.replace(/\.ts$/, '').replaceAll('/', '-')}.cjs`);

if (!existsSync(join(root, 'assets/mcp/index.mjs'))) await buildFunctions(root);
await build({
  entryPoints: [join(root, entry)],
  outfile,
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Apps import the construct as customers do; here that means its source.
  alias: { 'cdk-mcp-gateway': join(root, 'lib/index.ts') },
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
});
await import(pathToFileURL(outfile));
