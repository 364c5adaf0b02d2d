import { err, ok } from '../../../../lambda/core/result';
import { Sessions } from '../../../../lambda/core/sessions';
import { failureOf } from '../../../helpers/fake-vault';

const KEY = Buffer.alloc(32, 1);

function sessionsOf(
  answers = [ok(KEY)] as Awaited<ReturnType<ConstructorParameters<typeof Sessions>[0]['loadKey']>>[],
  issuer = 'https://issuer.example',
) {
  const calls = { loadKey: 0 };
  const sessions = new Sessions({
    issuer,
    gatewayUrl: 'https://mcp.example',
    randomBytes: (size) => Buffer.alloc(size, 9),
    loadKey: async () => {
      const answer = answers[Math.min(calls.loadKey, answers.length - 1)];
      calls.loadKey += 1;
      if (answer === undefined) throw new Error('the test gave no answer');
      return answer;
    },
  });
  return { calls, sessions };
}

test('a sealed session comes back as the upstream’s own, on any instance with the same key', async () => {
  const { sessions } = sessionsOf();
  await sessions.open({}, 'legacy', 'shop', 'alice');
  const sealed = sessions.seal('shop', 'alice', 'upstream-1');
  const { sessions: other } = sessionsOf();
  expect(await other.open({ 'mcp-session-id': sealed }, 'legacy', 'shop', 'alice')).toEqual(ok('upstream-1'));
});

test.each([
  ['another person', 'shop', 'mallory'],
  ['another upstream', 'mail', 'alice'],
])('refuses the session to %s as if it did not exist', async (_, upstream, subject) => {
  const { sessions } = sessionsOf();
  await sessions.warm();
  const sealed = sessions.seal('shop', 'alice', 'upstream-1');
  expect(await sessions.open({ 'mcp-session-id': sealed }, 'legacy', upstream, subject)).toEqual(
    err({ reason: 'session_not_found' }),
  );
});

test('refuses the session to someone whom a later issuer calls alike', async () => {
  const { sessions } = sessionsOf();
  await sessions.warm();
  const sealed = sessions.seal('shop', 'alice', 'upstream-1');
  const { sessions: moved } = sessionsOf([ok(KEY)], 'https://other.example');
  expect(await moved.open({ 'mcp-session-id': sealed }, 'legacy', 'shop', 'alice')).toEqual(
    err({ reason: 'session_not_found' }),
  );
});

test('refuses an upstream’s bare session id, which a client cannot have from us', async () => {
  const { sessions } = sessionsOf();
  expect(await sessions.open({ 'mcp-session-id': 'upstream-1' }, 'legacy', 'shop', 'alice')).toEqual(
    err({ reason: 'session_not_found' }),
  );
});

test('the stateless revision has no sessions: the header is ignored, and no key is read', async () => {
  const { calls, sessions } = sessionsOf();
  expect(await sessions.open({ 'mcp-session-id': 'anything' }, 'modern', 'shop', 'alice')).toEqual(ok(undefined));
  expect(calls.loadKey).toBe(0);
});

test('reads the key once', async () => {
  const { calls, sessions } = sessionsOf();
  await sessions.warm();
  await sessions.open({}, 'legacy', 'shop', 'alice');
  await sessions.open({}, 'legacy', 'shop', 'bob');
  expect(calls.loadKey).toBe(1);
});

test('refuses a call while the key cannot be read, and recovers', async () => {
  const down = failureOf('secretsmanager', 'throttled', 'ThrottlingException');
  const { sessions } = sessionsOf([err(down), err(down), ok(KEY)]);
  await sessions.warm();
  expect(await sessions.open({}, 'legacy', 'shop', 'alice')).toEqual(
    err({ reason: 'vault_unavailable', failure: down }),
  );
  expect(await sessions.open({}, 'legacy', 'shop', 'alice')).toEqual(ok(undefined));
});

test('does not promise that waiting helps where the key may not be read', async () => {
  const denied = failureOf('secretsmanager', 'denied', 'AccessDeniedException');
  const { sessions } = sessionsOf([err(denied)]);
  expect(await sessions.open({}, 'legacy', 'shop', 'alice')).toEqual(err({ reason: 'vault_denied', failure: denied }));
});

test('fails to seal before it has opened: a session under no key would be anyone’s', () => {
  expect(() => sessionsOf().sessions.seal('shop', 'alice', 'x')).toThrow('open() comes before seal()');
});
