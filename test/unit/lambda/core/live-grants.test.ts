import type { GrantState } from '../../../../lambda/core/grant-state';
import { type GrantName, LiveGrants } from '../../../../lambda/core/live-grants';
import type { BackendFailure } from '../../../../lambda/core/ports';
import { err, ok, type Result } from '../../../../lambda/core/result';
import { testClock } from '../../../helpers/clock';
import { GRANT_ID, grantRecord, SUBJECT } from '../../../helpers/grant';

const DOWN: BackendFailure = { service: 'dynamodb', kind: 'unavailable', name: 'TimeoutError' };
const NAME: GrantName = { subject: SUBJECT, grantId: GRANT_ID, clientId: 'https://agent.example/client.json' };
const DEADLINE = Number.MAX_SAFE_INTEGER;

function setUp(cacheTtlMs: number) {
  const clock = testClock();
  const reads: GrantName[] = [];
  const source = {
    answer: ok({ grant: grantRecord(clock.now()), switches: [] }) as Result<GrantState, BackendFailure>,
  };
  const grants = new LiveGrants({
    cacheTtlMs,
    now: clock.now,
    states: {
      read: async (name) => {
        reads.push(name);
        return source.answer;
      },
    },
  });
  return { clock, reads, source, grants };
}

test('one read serves every call of its lifetime', async () => {
  const { grants, reads, clock } = setUp(250);
  expect(await grants.check(NAME, DEADLINE)).toEqual({ ok: true, value: undefined });
  clock.advance(249);
  await Promise.all(Array.from({ length: 32 }, () => grants.check(NAME, DEADLINE)));
  expect(reads).toEqual([NAME]);
});

test('a revoked grant is out after the lifetime of one read, to the millisecond', async () => {
  const { grants, source, clock } = setUp(250);
  await grants.check(NAME, DEADLINE);
  source.answer = ok({ grant: grantRecord(clock.now(), { phase: 'revoked' }), switches: [] });
  clock.advance(249);
  expect((await grants.check(NAME, DEADLINE)).ok).toBe(true);
  clock.advance(1);
  expect(await grants.check(NAME, DEADLINE)).toEqual({ ok: false, error: 'revoked' });
});

test('with a lifetime of 0 every call reads', async () => {
  const { grants, reads } = setUp(0);
  await grants.check(NAME, DEADLINE);
  await grants.check(NAME, DEADLINE);
  expect(reads).toHaveLength(2);
});

test('a grant ends at its time although its record is still remembered', async () => {
  const { grants, source, clock } = setUp(1_000);
  source.answer = ok({ grant: grantRecord(clock.now(), { endsAtMs: clock.now() + 10 }), switches: [] });
  expect((await grants.check(NAME, DEADLINE)).ok).toBe(true);
  clock.advance(10);
  expect(await grants.check(NAME, DEADLINE)).toEqual({ ok: false, error: 'expired' });
});

test('fails closed while the table cannot be read, and forgets that at once', async () => {
  const { grants, source, clock } = setUp(1_000);
  source.answer = err(DOWN);
  expect(await grants.check(NAME, DEADLINE)).toEqual({ ok: false, error: DOWN });
  source.answer = ok({ grant: grantRecord(clock.now()), switches: [] });
  expect((await grants.check(NAME, DEADLINE)).ok).toBe(true);
});

test("refuses a token of one client under another client's grant", async () => {
  const { grants } = setUp(1_000);
  expect(await grants.check({ ...NAME, clientId: 'https://evil.example/client.json' }, DEADLINE)).toEqual({
    ok: false,
    error: 'unknown',
  });
});

test('a client id with spaces is read as it is', async () => {
  const { grants, reads } = setUp(1_000);
  await grants.check({ ...NAME, clientId: 'a b  c' }, DEADLINE);
  expect(reads).toEqual([{ ...NAME, clientId: 'a b  c' }]);
});
