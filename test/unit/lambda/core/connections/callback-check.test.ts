import fc from 'fast-check';
import { codeOfCallback } from '../../../../../lambda/core/connections/callback-check';
import { ok } from '../../../../../lambda/core/result';

const STATE = 'right-state';
const ISSUER = 'https://login.acme.example';

const aName = fc.constantFrom(
  'code',
  'state',
  'iss',
  'error',
  'response',
  'id_token',
  'access_token',
  '__proto__',
  'x',
);
const aValue = fc.constantFrom('', STATE, ISSUER, `${ISSUER}/`, 'code-1', 'access_denied', 'https://evil.example');
const aCallback = fc.dictionary(aName, fc.array(aValue, { maxLength: 2 }));
const anExpectation = fc.record({
  state: fc.constantFrom(STATE, ''),
  issuer: fc.constantFrom(undefined, ISSUER),
  sendsIssuer: fc.boolean(),
});

test('a code comes out only of a callback with one right state, one code and the right issuer, or none', () => {
  fc.assert(
    fc.property(aCallback, anExpectation, (callback, expected) => {
      const code = codeOfCallback(callback, expected);
      if (!code.ok) return;
      expect(callback['state']).toEqual([expected.state]);
      expect(expected.state).not.toBe('');
      expect(callback['code']).toEqual([code.value]);
      const issuers = callback['iss'] ?? [];
      expect(issuers.length === 0 ? !expected.sendsIssuer : issuers[0] === expected.issuer).toBe(true);
      expect(callback['error'] ?? []).toEqual([]);
    }),
    { numRuns: 5_000 },
  );
});

test('what a platform adds of its own does no harm', () => {
  const callback = { code: ['c'], state: [STATE], scope: ['a b', 'c'], authuser: ['0'], session_state: ['x'] };
  expect(codeOfCallback(callback, { state: STATE, issuer: undefined, sendsIssuer: false })).toEqual(ok('c'));
});
