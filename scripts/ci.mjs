// Runs every gate one after the other, goes on after a failure, and closes with the sum of all tests and gates.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, 'build/jest-report.json');
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

/** The first is the README's own test command; it installs dependencies, Node 24 and the Lambda runtime client. */
const GATES = [
  ['tests', ['npm', 'test', '--', '--json', `--outputFile=${report}`]],
  ['format and lint', ['npm', 'run', '--silent', 'lint']],
  ['types', ['npm', 'run', '--silent', 'check']],
  ['build: jsii, SDK, CLI, API file unchanged', ['npm', 'run', '--silent', 'build']],
  ['npx cdk synth', ['npx', 'cdk', 'synth', '--quiet']],
  ['MCP conformance', ['npm', 'run', '--silent', 'conformance']],
  ['first run: npm start', ['npm', 'start', '--silent', '--', '--once', '--json']],
  ['reliability, at a smaller size', ['npm', 'run', '--silent', 'reliability', '--', '--quick']],
  ['bench starts, measures and ends', ['npm', 'run', '--silent', 'bench', '--', '--quick']],
];

let passed = 0;
let failed = 0;
for (const [name, [command, ...args]] of GATES) {
  const startedAt = Date.now();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', timeout: 40 * 60_000 });
  const isOk = status === 0;
  console.log(`== ${name}: ${isOk ? 'ok' : `FAILED (${status})`} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  if (isOk) passed += 1;
  else failed += 1;
}

if (existsSync(report)) {
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  passed += numPassedTests;
  failed += numFailedTests + (numFailedTests === 0 ? numFailedTestSuites : 0);
} else {
  console.log('the tests left no report');
  failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);
