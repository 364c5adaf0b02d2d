import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const REVISIONS = ['2026-07-28', '2025-11-25'] as const;
export type Revision = (typeof REVISIONS)[number];

export interface ScenarioResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** False for what a revision runs but does not require: extensions, scenarios added after its release. */
  readonly required: boolean;
}

/** One failed check, in the tool's own words. */
export interface FailedCheck {
  readonly scenario: string;
  readonly check: string;
  readonly problem: string;
}

export interface ConformanceResult {
  /** The tool's verdict, expected failures taken into account. */
  readonly exitCode: number;
  readonly scenarios: readonly ScenarioResult[];
  /** Of the required scenarios. */
  readonly failedChecks: readonly FailedCheck[];
  readonly output: string;
}

const PACKAGE = 'node_modules/@modelcontextprotocol/conformance';
const SCENARIO = /^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/;

/** Runs the official tool's server leg: every scenario a revision requires, at that revision's wire. */
export async function runConformance(root: string, revision: Revision, url: string): Promise<ConformanceResult> {
  const results = join(root, 'build/conformance', revision);
  rmSync(results, { recursive: true, force: true });
  const baseline = join(root, 'test/conformance/expected-failures.yaml');
  const program = join(root, PACKAGE, 'dist/index.js');
  const options = ['--requirements', revision, '--expected-failures', baseline, '--output-dir', results];
  const { exitCode, output } = await run([program, 'server', '--url', url, ...options]);

  const required = requiredScenarios(readFileSync(join(root, PACKAGE, 'requirements', `${revision}.yaml`), 'utf8'));
  const scenarios = parseSummary(output, required);
  return { exitCode, scenarios, failedChecks: failedChecks(results, required), output };
}

/** Reads the tool's summary: one line for each scenario. */
export function parseSummary(output: string, required: ReadonlySet<string>): ScenarioResult[] {
  const summary = output.slice(output.lastIndexOf('=== SUMMARY ==='));
  return summary.split('\n').flatMap((line) => {
    const [, name, passed, failed] = SCENARIO.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, passed: Number(passed), failed: Number(failed), required: required.has(name) }];
  });
}

/** The `server` list of a requirement set. */
export function requiredScenarios(yaml: string): ReadonlySet<string> {
  const [, list = ''] = /^server:\n((?: {2}- .+\n)+)/m.exec(yaml) ?? [];
  return new Set(Array.from(list.matchAll(/^ {2}- ([\w-]+)$/gm), ([, name = '']) => name));
}

function run(args: readonly string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

/** Each scenario leaves `server-<name>-<time>/checks.json`. */
function failedChecks(results: string, required: ReadonlySet<string>): FailedCheck[] {
  return readdirSync(results).flatMap((directory) => {
    const scenario = /^server-(.+?)-\d{4}-\d{2}-\d{2}T/.exec(directory)?.[1] ?? directory;
    if (!required.has(scenario)) return [];
    const checks = JSON.parse(readFileSync(join(results, directory, 'checks.json'), 'utf8')) as {
      id: string;
      status: string;
      errorMessage?: string;
    }[];
    return checks
      .filter((check) => check.status === 'FAILURE')
      .map((check) => ({ scenario, check: check.id, problem: check.errorMessage ?? '' }));
  });
}
