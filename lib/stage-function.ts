import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { CONFIG_FILE } from '../lambda/contract/env';

/** The functions that are delivered prebuilt in `assets/<name>/index.mjs`. */
export type FunctionName =
  | 'mcp'
  | 'authorizer'
  | 'vault'
  | 'authz'
  | 'fetcher'
  | 'grants'
  | 'keys'
  | 'connect'
  | 'refresher'
  | 'rotation';

const PACKAGE = 'cdk-mcp-gateway';

/** Copies a prebuilt bundle with its chunks to `outDir` and writes its configuration beside it. Source maps stay behind. */
export function stageFunction(name: FunctionName, config: GatewayConfig, outDir: string): void {
  const bundle = bundleFile(name);
  if (!existsSync(bundle)) {
    throw new Error(`${bundle} is missing: run "npm run build" in a checkout, or reinstall ${PACKAGE}`);
  }
  mkdirSync(outDir, { recursive: true });
  for (const file of readdirSync(dirname(bundle)).filter((entry) => entry.endsWith('.mjs'))) {
    copyFileSync(join(dirname(bundle), file), join(outDir, file));
  }
  writeFileSync(join(outDir, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
}

/** Path of a prebuilt bundle, whether this file runs from source, from dist/ or from a bundled program in build/. */
export function bundleFile(name: FunctionName): string {
  return join(packageRoot(), 'assets', name, 'index.mjs');
}

function packageRoot(): string {
  // An ES module has no __dirname; our own programs are such modules, started from within the package.
  const start = typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? '.');
  for (let dir = start; ; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === PACKAGE) return dir;
    if (dirname(dir) === dir) {
      throw new Error(`${PACKAGE} cannot find its own files above ${start}: do not bundle it into your CDK app`);
    }
  }
}
