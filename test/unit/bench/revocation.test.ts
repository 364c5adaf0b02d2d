import { aftermath, longestAt, type TimedCall } from '../../../bench/revocation';

const call = (startedMs: number, answeredMs: number, isAccepted = true): TimedCall => ({
  startedMs,
  answeredMs,
  isAccepted,
});

describe('aftermath', () => {
  test('is the last accepted call of all instances, from the answer of the revocation', () => {
    const quick = [call(80, 90), call(95, 99), call(102, 104, false)];
    const slow = [call(80, 90), call(110, 140), call(150, 160, false)];
    expect(aftermath([quick, slow], 100)).toEqual({ lastStartMs: 10, lastAnswerMs: 40 });
  });

  test('is negative where nothing was accepted any more when the answer came', () => {
    expect(aftermath([[call(80, 90), call(95, 99, false)]], 100)).toEqual({ lastStartMs: -20, lastAnswerMs: -10 });
  });

  test('counts a call accepted again behind a refused one', () => {
    const calls = [call(80, 90), call(101, 102, false), call(500, 510), call(520, 530, false)];
    expect(aftermath([calls], 100).lastStartMs).toBe(400);
  });

  const SHOWS_NOTHING = 'an instance was not warm when the grant was revoked, or never refused a call';

  test('fails where an instance had accepted nothing yet', () => {
    const warm = [call(80, 90), call(101, 102, false)];
    expect(() => aftermath([warm, [call(101, 102, false)]], 100)).toThrow(SHOWS_NOTHING);
  });

  test('fails where an instance still accepts at the end', () => {
    expect(() => aftermath([[call(80, 90), call(101, 102)]], 100)).toThrow(SHOWS_NOTHING);
  });

  test('fails where an instance was never called', () => {
    expect(() => aftermath([[]], 100)).toThrow(SHOWS_NOTHING);
  });
});

test('the longest call at a moment is one that was under way then, whatever came of it', () => {
  const calls = [[call(0, 90), call(95, 110)], [call(99, 130, false)], [call(101, 900)]];
  expect(longestAt(calls, 100)).toBe(31);
  expect(longestAt(calls, 92)).toBe(0);
});
