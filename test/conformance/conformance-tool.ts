import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const REVISIONS = ['2026-07-28', '2025-11-25'] as const;
export type Revision = (typeof REVISIONS)[number];

export interface ScenarioResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** False for what a revision runs but does not require: extensions, scenarios added after its release. */
  readonly scored: boolean;
}

export interface ConformanceResult {
  readonly exitCode: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly output: string;
}

const SCENARIO = /^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/;
const UNSCORED = /^ {2}[✓✗] ([\w-]+) \(/;

/** Runs the official tool's server leg: every scenario a revision requires, at that revision's wire. */
export async function runConformance(root: string, revision: Revision, url: string): Promise<ConformanceResult> {
  const program = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const baseline = join(root, 'test/conformance/expected-failures.yaml');
  const child = spawn(
    process.execPath,
    [program, 'server', '--url', url, '--requirements', revision, '--expected-failures', baseline],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  return { exitCode, scenarios: parseSummary(output), output };
}

/** Reads the tool's summary: one line for each scenario, then those that do not count. */
export function parseSummary(output: string): ScenarioResult[] {
  const lines = output.slice(output.lastIndexOf('=== SUMMARY ===')).split('\n');
  const unscored = new Set(lines.map((line) => UNSCORED.exec(line)?.[1]));
  return lines.flatMap((line) => {
    const [, name, passed, failed] = SCENARIO.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, passed: Number(passed), failed: Number(failed), scored: !unscored.has(name) }];
  });
}
