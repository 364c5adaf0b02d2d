import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Revision } from '../conformance-tool';

export interface ClientResult {
  readonly scenario: string;
  readonly passed: number;
  readonly failed: number;
}

export interface ClientConformance {
  /** Of the sign-in scenarios a revision requires; one that did not run at all has failed. */
  readonly results: readonly ClientResult[];
  readonly output: string;
}

const PACKAGE = 'node_modules/@modelcontextprotocol/conformance';
const RESULT = /^[✓✗] ([\w/-]+): (\d+) passed, (\d+) failed/;

/** Runs the official tool's client leg against the SDK: how it finds, registers with and signs in at whatever server. */
export async function runClientConformance(root: string, revision: Revision): Promise<ClientConformance> {
  const driver = await bundleDriver(root);
  const results = join(root, 'build/conformance', `client-${revision}`);
  rmSync(results, { recursive: true, force: true });
  const program = join(root, PACKAGE, 'dist/index.js');
  const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(driver)}`;
  const output = await run([program, 'client', '--command', command, '--requirements', revision, '-o', results]);
  const required = requiredSignIns(readFileSync(join(root, PACKAGE, 'requirements', `${revision}.yaml`), 'utf8'));
  return { results: resultsOf(output, required), output };
}

/** `auth/…` of the `client` list of a requirement set. The others test the official client, which is not ours. */
export function requiredSignIns(yaml: string): readonly string[] {
  const [, list = ''] = /^client:\n((?: {2}- .+\n)+)/m.exec(yaml) ?? [];
  return Array.from(list.matchAll(/^ {2}- (auth\/[\w-]+)$/gm), ([, name = '']) => name);
}

/** Reads the tool's summary: one line for each scenario. */
export function resultsOf(output: string, required: readonly string[]): readonly ClientResult[] {
  const summary = output.slice(output.lastIndexOf('=== SUITE SUMMARY ==='));
  const lines = new Map(
    summary.split('\n').flatMap((line) => {
      const [, scenario, passed, failed] = RESULT.exec(line) ?? [];
      return scenario === undefined ? [] : [[scenario, { passed: Number(passed), failed: Number(failed) }] as const];
    }),
  );
  return required.map((scenario) => {
    const { passed, failed } = lines.get(scenario) ?? { passed: 0, failed: 1 };
    return { scenario, passed, failed: passed === 0 ? Math.max(failed, 1) : failed };
  });
}

async function bundleDriver(root: string): Promise<string> {
  const outfile = join(root, 'build/programs/test-conformance-client-driver.mjs');
  await build({
    entryPoints: [join(root, 'test/conformance/client/driver.ts')],
    outfile,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}

/** Its exit code tells of extensions and of scenarios without a sign-in as well, so that only the output counts. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
