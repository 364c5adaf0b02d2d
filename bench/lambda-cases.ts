import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { CONFIG_FILE } from '../lambda/contract/env';
import { authorizeEvent, functionEvents } from './lambda-event';
import type { BenchContext } from './rows/context';
import type { Staged } from './staging';

export const BARE = 'mcp, nothing to warm up';

export interface LambdaCase {
  readonly name: string;
  readonly staged: Staged;
  readonly bundle: string;
  readonly event: object;
  /** Part of a right answer. */
  readonly expect: string;
}

/** Installs AWS's runtime client on first use; says so where that is not possible. */
export async function hasLambdaRuntime(bench: BenchContext): Promise<boolean> {
  const scripts = pathToFileURL(join(bench.root, 'scripts/lambda-runtime.mjs')).href;
  const { installLambdaRuntime } = (await import(scripts)) as typeof import('../scripts/lambda-runtime.mjs');
  const { available, reason } = installLambdaRuntime(bench.root);
  if (!available) bench.say(`skipped, AWS's Lambda runtime client is not available: ${reason}`);
  return available;
}

/**
 * A staged function that finds nothing to warm up: no upstream, no issuer that listens, no credentials.
 * Its init is what a naive handler's is, loading and wiring; what ours does beyond that shortens the first call.
 */
async function withoutWarmUp(bench: BenchContext): Promise<Staged> {
  const ours = await bench.ours();
  const { directory, env } = await ours.stage({ upstreamUrl: 'http://127.0.0.1:1/mcp' });
  const file = join(directory, CONFIG_FILE);
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.upstreams = [];
  config.auth.jwksUri = 'http://127.0.0.1:1/jwks';
  writeFileSync(file, JSON.stringify(config));
  return { directory, env: { ...env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' } };
}

/** The functions that are started cold, and called warm, under the runtime client. */
export async function lambdaCases(bench: BenchContext): Promise<LambdaCase[]> {
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/mcp`;
  const ours = await bench.ours();
  const mcp = await ours.stage({ upstreamUrl });
  const authorizer = await ours.stage({ upstreamUrl }, 'authorizer');
  const vault = await ours.stage({ upstreamUrl }, 'vault');
  const bare = await withoutWarmUp(bench);
  const events = functionEvents(ours.path, ours.headers);
  const naive = {
    directory: mkdtempSync(join(bench.home, 'naive-')),
    env: { ...mcp.env, ...ours.naiveEnv(upstreamUrl) },
  };
  await bundleNaive(bench.root, naive.directory);
  const empty = { directory: mkdtempSync(join(bench.home, 'empty-')), env: {} };
  writeFileSync(join(empty.directory, 'index.mjs'), "export const handler = async () => 'nothing';\n");
  const inDirectory = ({ directory }: Staged, file = 'index.mjs') => join(directory, file);
  const own = await bench.ownIssuer();
  const authz = await own.stageAuthz();
  return [
    { name: 'nothing', staged: empty, bundle: inDirectory(empty), event: {}, expect: 'nothing' },
    { name: 'mcp', staged: mcp, bundle: inDirectory(mcp), event: events.mcp, expect: '"text":"ok"' },
    { name: BARE, staged: bare, bundle: inDirectory(bare), event: events.mcp, expect: 'jsonrpc' },
    {
      name: 'authorizer',
      staged: authorizer,
      bundle: inDirectory(authorizer),
      event: events.authorizer,
      expect: '"Allow"',
    },
    { name: 'vault', staged: vault, bundle: inDirectory(vault), event: events.vault, expect: 'configured' },
    {
      name: 'authz',
      staged: authz,
      bundle: inDirectory(authz),
      event: authorizeEvent(own.client, own.job),
      expect: `"Location":"${own.job.idp}/authorize?`,
    },
    { name: 'naive', staged: naive, bundle: inDirectory(naive, 'index.js'), event: events.mcp, expect: '"text":"ok"' },
  ];
}

/** As CDK's NodejsFunction would bundle it, dependencies included, minified as ours. */
async function bundleNaive(root: string, directory: string): Promise<void> {
  await build({
    entryPoints: [join(root, 'bench/naive/naive.lambda.ts')],
    outfile: join(directory, 'index.js'),
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'warning',
  });
}
