import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../helpers/repository';
import { REVISIONS } from '../conformance-tool';
import { requiredSignIns, resultsOf } from './client-conformance';

test('finds the sign-in scenarios each revision requires', () => {
  const counts = REVISIONS.map((revision) => {
    const path = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/requirements', `${revision}.yaml`);
    return requiredSignIns(readFileSync(path, 'utf8')).length;
  });
  expect(counts).toEqual([25, 14]);
});

test('a required scenario that failed, ran no check, or did not run has failed; others do not count', () => {
  const output =
    'auth/a: noise\n=== SUITE SUMMARY ===\n\n✓ auth/a: 3 passed, 0 failed\n✗ auth/b: 1 passed, 2 failed\n✓ auth/c: 0 passed, 0 failed\n✗ other: 0 passed, 9 failed\n';
  expect(resultsOf(output, ['auth/a', 'auth/b', 'auth/c', 'auth/d'])).toEqual([
    { scenario: 'auth/a', passed: 3, failed: 0 },
    { scenario: 'auth/b', passed: 1, failed: 2 },
    { scenario: 'auth/c', passed: 0, failed: 1 },
    { scenario: 'auth/d', passed: 0, failed: 1 },
  ]);
});
