import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorizationUrlIn } from './authorization-tool';
import { parseSummary, REVISIONS, requiredScenarios } from './conformance-tool';

const packageDir = join(__dirname, '../../node_modules/@modelcontextprotocol/conformance');
const requirements = (revision: string) =>
  requiredScenarios(readFileSync(join(packageDir, 'requirements', `${revision}.yaml`), 'utf8'));

test('reads the frozen requirement sets: 37 server scenarios of 2026-07-28, 30 of 2025-11-25', () => {
  expect(REVISIONS.map((revision) => requirements(revision).size)).toEqual([37, 30]);
});

test('reads the tool’s summary and tells required scenarios from the others', () => {
  const output =
    'noise\n=== SUMMARY ===\n✓ tools-list: 4 passed, 0 failed\n✗ tasks-lifecycle: 1 passed, 8 failed\n\nTotal: 5';
  expect(parseSummary(output, new Set(['tools-list']))).toEqual([
    { name: 'tools-list', passed: 4, failed: 0, required: true },
    { name: 'tasks-lifecycle', passed: 1, failed: 8, required: false },
  ]);
});

test('every expected failure is a required scenario of some revision, and has its reason above it', () => {
  const baseline = readFileSync(join(__dirname, 'expected-failures.yaml'), 'utf8');
  const entries = Array.from(baseline.matchAll(/^ {2}- ([\w-]+)/gm), ([, name = '']) => name);
  const known = new Set(REVISIONS.flatMap((revision) => [...requirements(revision)]));
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter((name) => !known.has(name))).toEqual([]);
  expect(baseline).toMatch(/^server:\n(( {2}# .+\n)+( {2}- [\w:-]+\n)+)+$/m);
});

test('reads the address a person is to open once its line is complete, and no other server’s', () => {
  const issuer = 'http://127.0.0.1:4000';
  const printed = `Access the following URL\n${issuer}/authorize?client_id=a&state=b`;
  expect(authorizationUrlIn(printed, issuer)).toBeUndefined();
  expect(authorizationUrlIn(`${printed}c\nWaiting`, issuer)).toBe(`${issuer}/authorize?client_id=a&state=bc`);
  expect(authorizationUrlIn(`${printed}c\nWaiting`, 'http://127.0.0.1:4')).toBeUndefined();
});
