import { readAnswer, readRpcError } from '../../../../helpers/answers';
import { failureOf } from '../../../../helpers/fake-vault';
import { modern, ORIGIN, personScene } from '../../../../helpers/person-scene';

const CALL = modern('tools/call', { name: 'whoami', arguments: {} });

const usedTokens = (s: ReturnType<typeof personScene>) => s.sent.map(({ headers }) => headers['authorization']);
const reasonOf = async (s: ReturnType<typeof personScene>, subject?: string) =>
  (await readRpcError(await s.serve(CALL, undefined, subject))).error.data['reason'];
/** That the person was asked, and why. */
const needs = async (s: ReturnType<typeof personScene>, subject?: string) => {
  const result = JSON.parse(await readAnswer(await s.serve(CALL, undefined, subject))).result;
  return [result.resultType, s.trail.failure];
};
const asked = (problem: string) => ['input_required', { reason: 'connection_needed', problem }];

test('a call carries the token of whoever calls', async () => {
  const s = personScene();
  await s.connect({ token: 'gho_alice' });
  await s.connect({ subject: 'bob', token: 'gho_bob' });
  await s.serve(CALL);
  await s.serve(CALL, undefined, 'bob');
  expect(usedTokens(s)).toEqual(['Bearer gho_alice', 'Bearer gho_bob']);
});

test('the token of a person is taken out of the answer', async () => {
  const s = personScene();
  await s.connect({ token: 'gho_alice' });
  const { body } = await s.serve(CALL);
  expect(body.kind === 'stream' ? body.needles.map(String) : []).toContain('gho_alice');
});

test('costs one read and one unwrapping when cold, nothing for the time to live, then one read', async () => {
  const s = personScene();
  await s.connect();
  await Promise.all(Array.from({ length: 32 }, () => s.serve(CALL)));
  expect([s.connections.calls, s.unwrapped.count]).toEqual([['read'], 1]);
  s.clock.advance(999);
  await s.serve(CALL);
  expect(s.connections.calls).toEqual(['read']);
  s.clock.advance(1);
  await s.serve(CALL);
  expect([s.connections.calls, s.unwrapped.count]).toEqual([['read', 'read'], 1]);
});

test('a new version after a refresh costs one read and no unwrapping', async () => {
  const s = personScene();
  await s.connect({ token: 'gho_1st_token' });
  await s.serve(CALL);
  await s.connect({ token: 'gho_2nd_token' });
  s.clock.advance(1000);
  await s.serve(CALL);
  expect(usedTokens(s)).toEqual(['Bearer gho_1st_token', 'Bearer gho_2nd_token']);
  expect([s.connections.calls, s.unwrapped.count]).toEqual([['read'], 1]);
});

test('with a time to live of 0 every call reads', async () => {
  const s = personScene({ cacheTtlMs: 0 });
  await s.connect();
  await s.serve(CALL);
  await s.serve(CALL);
  expect(s.connections.calls).toEqual(['read', 'read']);
});

test.each([0, 250, 1000])('a connection removed is out of use after a time to live of %d ms', async (cacheTtlMs) => {
  const s = personScene({ cacheTtlMs });
  await s.connect();
  await s.serve(CALL);
  s.clock.advance(Math.max(0, cacheTtlMs - 1));
  await s.serve(CALL);
  await s.connections.remove('alice', 'github', s.connections.peek('alice', 'github')?.version ?? 0);
  s.clock.advance(1);
  expect(await needs(s)).toEqual(asked('missing'));
  expect(s.sent).toHaveLength(2);
});

test('a connection made a moment ago works at once: a "no" is not remembered', async () => {
  const s = personScene();
  expect(await needs(s)).toEqual(asked('missing'));
  await s.connect();
  await s.serve(CALL);
  expect(s.sent).toHaveLength(1);
});

test('asks the person again where the connection is broken', async () => {
  const s = personScene();
  await s.connect({ status: 'broken' });
  expect(await needs(s)).toEqual(asked('broken'));
});

test('fails where the platform is switched off, without a link that could not help', async () => {
  const s = personScene();
  await s.connect();
  await s.connections.switchProvider('github', { blocked: true, updatedAtMs: 1, updatedBy: 'admin' });
  expect(await reasonOf(s)).toBe('connection_blocked');
  await s.connections.switchProvider('github', { blocked: false, updatedAtMs: 2, updatedBy: 'admin' });
  await s.serve(CALL);
  expect(s.sent).toHaveLength(1);
});

test('what was shredded opens nowhere, though the data key is still in memory', async () => {
  const s = personScene({ cacheTtlMs: 0 });
  await s.connect();
  await s.serve(CALL);
  await s.connections.removeSalt('alice');
  expect(await needs(s)).toEqual(asked('unreadable'));
  expect(s.sent).toHaveLength(1);
});

test('refuses an envelope copied from another person', async () => {
  const s = personScene({ cacheTtlMs: 0 });
  await s.connect({ subject: 'bob', token: 'gho_bob' });
  await s.connect({ token: 'gho_alice' });
  await s.serve(CALL, undefined, 'bob');
  const bob = s.connections.peek('bob', 'github');
  const alice = s.connections.peek('alice', 'github');
  if (!alice || !bob) throw new Error('both are connected');
  s.connections.plant({ ...alice, call: bob.call });
  expect(await needs(s)).toEqual(asked('unreadable'));
  expect(usedTokens(s)).toEqual(['Bearer gho_bob']);
});

test('refuses an envelope of an earlier version put back', async () => {
  const s = personScene({ cacheTtlMs: 0 });
  await s.connect({ token: 'gho_1st_token' });
  const first = s.connections.peek('alice', 'github');
  await s.connect({ token: 'gho_2nd_token' });
  const second = s.connections.peek('alice', 'github');
  if (!first || !second) throw new Error('connected twice');
  s.connections.plant({ ...second, call: first.call });
  expect(await needs(s)).toEqual(asked('unreadable'));
});

test.each([['text'], [''], ['{"v":1}']])('refuses %j where an envelope should be, without asking KMS', async (call) => {
  const s = personScene();
  await s.connect();
  const record = s.connections.peek('alice', 'github');
  if (!record) throw new Error('connected');
  s.connections.plant({ ...record, call });
  expect(await needs(s)).toEqual(asked('unreadable'));
  expect(s.unwrapped.count).toBe(0);
});

test('a token is not carried to an upstream that has moved to another origin', async () => {
  const s = personScene();
  await s.connect({ origins: [`${ORIGIN}:444`, 'https://hub.example.attacker.example'] });
  expect(await needs(s)).toEqual(asked('elsewhere'));
  expect(s.sent).toEqual([]);
});

test('fails closed while the vault does not answer, and says so', async () => {
  const s = personScene({ cacheTtlMs: 0 });
  await s.connect();
  s.connections.fail(failureOf('dynamodb', 'throttled', 'ThrottlingException'));
  expect(await reasonOf(s)).toBe('vault_unavailable');
  await s.serve(CALL);
  expect(s.sent).toHaveLength(1);
});

test('an operator key of the same name is never taken for a person’s account', async () => {
  const s = personScene();
  expect(await needs(s)).toEqual(asked('missing'));
  expect(s.sent).toEqual([]);
});
