import type { SwitchRecord } from '../../../../lambda/contract/auth-record';
import { grantProblem, isSwitchedOff } from '../../../../lambda/core/grant-state';
import { grantRecord } from '../../../helpers/grant';

const NOW = Date.UTC(2026, 10, 1);
const grant = grantRecord(NOW);

function switchRecord(changes: Partial<SwitchRecord>): SwitchRecord {
  return {
    kind: 'person',
    blocked: false,
    revokedBeforeMs: 0,
    updatedAtMs: NOW,
    updatedBy: 'arn:aws:iam::123456789012:user/admin',
    ...changes,
  };
}

test('a grant in use counts', () => {
  expect(grantProblem({ grant, switches: [undefined, undefined, undefined] }, NOW)).toBeUndefined();
});

test.each([
  ['unknown', undefined],
  ['revoked', grantRecord(NOW, { phase: 'revoked' })],
  ['expired', grantRecord(NOW, { endsAtMs: NOW })],
])('refuses a grant that is %s', (problem, found) => {
  expect(grantProblem({ grant: found, switches: [] }, NOW)).toBe(problem);
});

test.each([0, 1, 2])('refuses a grant whose switch %i is off, wherever it stands', (place) => {
  const switches = [undefined, undefined, undefined].map((_, at) =>
    at === place ? switchRecord({ blocked: true }) : undefined,
  );
  expect(grantProblem({ grant, switches }, NOW)).toBe('switched_off');
});

test('a revocation ends what was made until its very moment, and nothing made after it', () => {
  const record = switchRecord({ revokedBeforeMs: grant.createdAtMs });
  expect(isSwitchedOff(record, grant.createdAtMs)).toBe(true);
  expect(isSwitchedOff(record, grant.createdAtMs + 1)).toBe(false);
});

test('a block ends what is made after it, too', () => {
  expect(isSwitchedOff(switchRecord({ blocked: true }), NOW + 1_000_000)).toBe(true);
});
