import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { type FunctionName, stageFunction } from './stage-function';

/**
 * Hands out a function's code with its configuration beside it.
 *
 * The folder is private to this process (a guessable one in the shared temp folder could be filled by another
 * user) and is gone once CDK has copied it to the cloud assembly.
 */
export function withStagedCode<T>(
  scope: Construct,
  name: FunctionName,
  config: GatewayConfig,
  use: (code: Code) => T,
): T {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), `cdk-mcp-gateway-${name}-`));
  // With staging disabled the template points to the folder itself.
  const copied = !scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT);
  try {
    stageFunction(name, config, dir);
    // By content, so that the same sources give the same template everywhere. CDK's own fingerprint caches by
    // inode, size and time, which folders that come and go can share.
    return use(Code.fromAsset(dir, { assetHash: contentHash(dir) }));
  } finally {
    if (copied) rmSync(dir, { recursive: true });
  }
}

function contentHash(dir: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(dir).sort()) {
    const content = readFileSync(join(dir, file));
    hash.update(`${file}:${content.length}:`).update(content);
  }
  return hash.digest('hex');
}
