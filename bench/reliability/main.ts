import { reportOf } from './report';
import { atExpiry, manyCycles, type Row, THROTTLED } from './scenarios';

const root = process.env['MCP_GATEWAY_ROOT'] ?? process.cwd();
const isQuick = process.argv.includes('--quick');
const isCyclesOnly = process.argv.includes('--cycles');
const [instances, callersEach] = isQuick ? [4, 20] : [8, 200];
const size = { root, instances, callersEach };
const GRACE_MS = 60_000;
const CYCLES = 'cycles: AWS throttled 30 %, answers of writes lost 5 %, provider failing 20 %, holders killed 1 %';
const cycles = {
  root,
  cycles: isQuick ? 200 : 10_000,
  connections: isQuick ? 20 : 40,
  killing: 0.01,
  failing: 0.2,
  faults: [...THROTTLED, { operation: 'UpdateItem', kind: 'reset', afterEffect: true, rate: 0.05 }] as const,
};

const CYCLE_SCENARIOS: readonly (() => Promise<Row>)[] = [
  () => manyCycles({ ...cycles, scenario: `${CYCLES}; grace of 60 s`, graceMs: GRACE_MS }),
  () => manyCycles({ ...cycles, scenario: `${CYCLES}; no grace`, graceMs: 0 }),
];

/** One after the other: each wants the machine for itself. */
const SCENARIOS: readonly (() => Promise<Row>)[] = [
  () => atExpiry({ ...size, scenario: 'nothing fails; no grace' }),
  () => atExpiry({ ...size, scenario: 'holder killed before the call; no grace', killAt: 'before the call' }),
  () =>
    atExpiry({
      ...size,
      scenario: 'holder killed after the answer; grace of 60 s',
      killAt: 'after the answer',
      graceMs: GRACE_MS,
    }),
  () => atExpiry({ ...size, scenario: 'holder killed after the write; no grace', killAt: 'after the write' }),
  () => atExpiry({ ...size, scenario: 'DynamoDB and KMS throttled 30 %; no grace', faults: THROTTLED }),
  () => atExpiry({ ...size, scenario: 'provider failing 50 %; grace of 60 s', failing: 0.5, graceMs: GRACE_MS }),
  ...CYCLE_SCENARIOS,
  () =>
    atExpiry({
      ...size,
      scenario: 'unavoidable: holder killed after the answer; no grace',
      killAt: 'after the answer',
      isLossExpected: true,
    }),
];

const rows: Row[] = [];
for (const scenario of isCyclesOnly ? CYCLE_SCENARIOS : SCENARIOS) {
  const row = await scenario();
  rows.push(row);
  console.error(`${row.scenario}: ${row.missed.length === 0 ? 'held' : `MISSED ${row.missed.join(', ')}`}`);
}
console.log(reportOf(rows));
process.exitCode = rows.every(({ missed }) => missed.length === 0) ? 0 : 1;
