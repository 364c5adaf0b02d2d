import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The repository: npm's own commands say where it is, anything else is run from it. */
export function projectRoot(): string {
  const root = process.env['MCP_GATEWAY_ROOT'] ?? process.cwd();
  if (existsSync(join(root, 'lambda/contract'))) return root;
  throw new Error(`${root} is not the cdk-mcp-gateway repository: run this from its root`);
}

/** Path of a file inside an installed package. */
export function packageFile(specifier: string): string {
  return createRequire(join(projectRoot(), 'package.json')).resolve(specifier);
}
