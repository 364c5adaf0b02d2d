import { atExpiry, manyCycles, type Row, THROTTLED } from '../../bench/reliability/scenarios';
import { ROOT } from '../helpers/repository';

/** Instances of both functions as processes of their own; `npm run reliability` does the same eight times as large. */
const SIZE = { root: ROOT, instances: 3, callersEach: 20 };
const GRACE_MS = 60_000;

const held = (row: Row) => ({ answered: row.answered, refreshes: row.refreshes, missed: row.missed });
const ONCE = { answered: 60, refreshes: 1, missed: [] };

test('sixty at one expiry in three instances: the platform is asked once, and all are answered', async () => {
  expect(held(await atExpiry({ ...SIZE, scenario: 'undisturbed' }))).toEqual(ONCE);
});

test('the same while a third of what AWS is asked is throttled', async () => {
  expect(held(await atExpiry({ ...SIZE, scenario: 'throttled', faults: THROTTLED }))).toEqual(ONCE);
});

test('the same while the platform fails every second time, also after it has given a successor', async () => {
  const scenario = { ...SIZE, scenario: 'failing', failing: 0.5, graceMs: GRACE_MS };
  expect(held(await atExpiry(scenario))).toEqual(ONCE);
}, 120_000);

test('the same where the holder is killed before it asks the platform', async () => {
  expect(held(await atExpiry({ ...SIZE, scenario: 'killed', killAt: 'before the call' }))).toEqual(ONCE);
}, 120_000);

test('the same where it is killed with the answer in its hands, by a platform with a grace', async () => {
  const scenario = { ...SIZE, scenario: 'killed', killAt: 'after the answer', graceMs: GRACE_MS } as const;
  expect(held(await atExpiry(scenario))).toEqual(ONCE);
}, 120_000);

test('the same where it is killed as soon as it has stored the answer', async () => {
  expect(held(await atExpiry({ ...SIZE, scenario: 'killed', killAt: 'after the write' }))).toEqual(ONCE);
}, 120_000);

test('killed with the answer in its hands, by a platform without a grace: told as what it is, and no storm', async () => {
  const scenario = { ...SIZE, scenario: 'killed', killAt: 'after the answer', isLossExpected: true } as const;
  const { missed, invalidGrant, lost } = await atExpiry(scenario);
  expect({ missed, invalidGrant, lost }).toEqual({ missed: [], invalidGrant: 1, lost: 1 });
}, 120_000);

test('a hundred refreshes in a row, with all of it at once: no refresh token is lost', async () => {
  const row = await manyCycles({
    root: ROOT,
    scenario: 'cycles',
    cycles: 100,
    connections: 10,
    graceMs: GRACE_MS,
    killing: 0.01,
    failing: 0.2,
    faults: [...THROTTLED, { operation: 'UpdateItem', kind: 'reset', afterEffect: true, rate: 0.05 }],
  });
  expect(row.refreshes).toBeGreaterThanOrEqual(100);
  expect({ missed: row.missed, lost: row.lost }).toEqual({ missed: [], lost: 0 });
}, 120_000);
