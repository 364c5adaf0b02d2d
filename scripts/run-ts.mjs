// Bundles one TypeScript program of ours (packages stay external) so that Node can run it: local/, bench/.
import { join } from 'node:path';
import { build } from 'esbuild';

export async function bundleProgram(root, entry) {
  const outfile = join(root, 'build/programs', `${entry.replace(/\.ts$/, '').replaceAll('/', '-')}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  return outfile;
}
