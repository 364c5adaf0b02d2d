// Builds dist/sdk (CommonJS, with types) and the command line program dist/cli/main.js. Packages stay external.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';

export async function buildSdk(root) {
  const bundle = (name, options) =>
    build({
      entryPoints: { [name]: join(root, `${name}.ts`) },
      outdir: join(root, 'dist'),
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      target: 'node20.19',
      format: 'cjs',
      packages: 'external',
      // `import()` stays: it loads ES-module-only packages too, and a missing one fails where it is used.
      supported: { 'dynamic-import': true },
      logLevel: 'warning',
      ...options,
    });
  await bundle('sdk/index');
  await bundle('cli/main', { banner: { js: '#!/usr/bin/env node' } });
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.sdk.json'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
