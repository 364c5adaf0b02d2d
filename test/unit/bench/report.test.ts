import { ratiosTable, resultsJson, rowsTable } from '../../../bench/report';
import { atLeast, atMost, exactly } from '../../../bench/stats';

test('figures stand in columns, and what was not measured is a dash', () => {
  const row = {
    name: 'direct',
    concurrency: 1,
    p50Us: 66.04,
    p99Us: 1234,
    cpuUs: undefined,
    rps: Number.NaN,
    rssMb: 8,
  };
  expect(rowsTable([row])).toBe(
    ['        c  p50 µs  p99 µs  CPU µs  req/s  RSS MB', 'direct  1    66.0   1,234       –      –    8.00'].join('\n'),
  );
});

test('a ratio shows its bound, its verdict and where it comes from', () => {
  const ratios = [atMost('hop', 1.5, 1.25, '150 / 100'), atLeast('CPU', 5, 4), exactly('reads', 1, 1)];
  expect(
    ratiosTable(ratios)
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/)),
  ).toEqual([
    ['measured', 'target', 'from'],
    ['hop', '1.50', '≤ 1.25', 'MISS', '150 / 100'],
    ['CPU', '5.00', '≥ 4', 'pass'],
    ['reads', '1.00', '= 1', 'pass'],
  ]);
});

test('JSON keeps four digits and says null for no number', () => {
  const row = { name: 'a', concurrency: 1, p50Us: 12.34567, p99Us: Number.NaN, cpuUs: undefined, rps: 1, rssMb: 1 };
  const results = { when: '', machine: '', node: '', quick: false, notes: [], rows: [row], ratios: [] };
  expect(JSON.parse(resultsJson(results)).rows).toEqual([
    { name: 'a', concurrency: 1, p50Us: 12.35, p99Us: null, cpuUs: null, rps: 1, rssMb: 1 },
  ]);
});
