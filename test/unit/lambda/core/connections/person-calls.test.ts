import { ok } from '../../../../../lambda/core/result';
import { readAnswer, readRpcError } from '../../../../helpers/answers';
import { failureOf } from '../../../../helpers/fake-vault';
import { grantRecord } from '../../../../helpers/grant';
import { json, modern, type PersonScene, personScene } from '../../../../helpers/person-scene';

const CALL = modern('tools/call', { name: 'whoami', arguments: {} });
const DONE = '{"jsonrpc":"2.0","id":7,"result":{"content":[]}}';
const HOUR_MS = 3_600_000;

const usedTokens = (s: PersonScene) => s.sent.map(({ headers }) => headers['authorization']);
const reasonOf = async (s: PersonScene) => (await readRpcError(await s.serve(CALL))).error.data['reason'];
const refreshes = (s: PersonScene) => s.asked.filter(({ action }) => action === 'refresh');
/** The refresher stores a new token, and says so. */
const refreshing = (s: PersonScene, token = 'gho_2nd_token') => {
  s.refresh = async ({ action }) => {
    if (action === 'touch') return ok({ outcome: 'done' });
    await s.connect({ token, expiresInMs: HOUR_MS });
    return ok({ outcome: 'ready', version: s.connections.peek('alice', 'github')?.version ?? 0 });
  };
};
/** The upstream takes only this token. */
const taking = (s: PersonScene, token: string) => {
  s.answers = [({ headers }) => (headers['authorization'] === `Bearer ${token}` ? json(200, DONE) : json(401, ''))];
};

describe('a token that has ended', () => {
  test.each([
    ['ended', -1],
    ['ends within a minute', 59_999],
    ['ends in a minute', 60_000],
  ])('is renewed before the call: %s', async (_, expiresInMs) => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token', expiresInMs });
    const version = s.connections.peek('alice', 'github')?.version;
    refreshing(s);
    expect((await s.serve(CALL)).status).toBe(200);
    expect(usedTokens(s)).toEqual(['Bearer gho_2nd_token']);
    expect(refreshes(s)).toEqual([
      { action: 'refresh', subject: 'alice', provider: 'github', version, reason: 'expired' },
    ]);
  });

  test('is used while it has more than a minute', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token', expiresInMs: 60_001 });
    await s.serve(CALL);
    expect([usedTokens(s), refreshes(s)]).toEqual([['Bearer gho_1st_token'], []]);
  });

  test('ends while its record is remembered, too', async () => {
    const s = personScene({ cacheTtlMs: 300_000 });
    await s.connect({ token: 'gho_1st_token', expiresInMs: 100_000 });
    await s.serve(CALL);
    refreshing(s);
    s.clock.advance(40_000);
    await s.serve(CALL);
    expect(usedTokens(s)).toEqual(['Bearer gho_1st_token', 'Bearer gho_2nd_token']);
  });

  test('is renewed once for 200 calls at once, and read once after', async () => {
    const s = personScene();
    await s.connect({ expiresInMs: -1 });
    refreshing(s);
    await Promise.all(Array.from({ length: 200 }, () => s.serve(CALL)));
    expect(refreshes(s)).toHaveLength(1);
    expect(new Set(usedTokens(s))).toEqual(new Set(['Bearer gho_2nd_token']));
    expect(s.connections.calls.filter((operation) => operation === 'read')).toEqual(['read']);
  });

  test('is used to its end while the platform does not answer', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token', expiresInMs: 30_000 });
    s.refresh = async () => ok({ outcome: 'unavailable', problem: 'provider_unavailable' });
    await s.serve(CALL);
    expect(usedTokens(s)).toEqual(['Bearer gho_1st_token']);
    s.clock.advance(30_000);
    expect(await reasonOf(s)).toBe('connection_unavailable');
    expect(s.sent).toHaveLength(1);
  });

  test.each([
    ['disconnected', (s: PersonScene) => s.connections.erase('alice', 'github'), 'connection_needed'],
    [
      'switched off',
      (s: PersonScene) => s.connections.switchProvider('github', { blocked: true, updatedAtMs: 0, updatedBy: 'ops' }),
      'connection_blocked',
    ],
  ])('is not used to its end where it was %s while the platform kept everybody waiting', async (_, end, reason) => {
    const s = personScene({ cacheTtlMs: 60_000 });
    await s.connect({ token: 'gho_1st_token', expiresInMs: 50_000 });
    s.refresh = async () => {
      s.clock.advance(2_000);
      await end(s);
      s.clock.advance(10_000);
      return ok({ outcome: 'unavailable', problem: 'provider_refused' });
    };
    await s.serve(CALL);
    expect([s.trail.failure?.['reason'], s.sent]).toEqual([reason, []]);
  });

  test('is not renewed for an agent whose grant was ended while the platform kept it waiting', async () => {
    const now = Date.now();
    const own = grantRecord(now, { client: { ...grantRecord(now).client, clientId: 'agent' } });
    let phase: 'active' | 'revoked' = 'active';
    const s = personScene({ states: { read: async () => ok({ grant: { ...own, phase }, switches: [] }) } });
    await s.connect({ expiresInMs: -1 });
    refreshing(s);
    const { refresh } = s;
    s.refresh = async (request) => {
      phase = 'revoked';
      s.clock.advance(5_000);
      return refresh(request);
    };
    expect(await reasonOf(s)).toBe('unauthorized');
    expect(s.sent).toEqual([]);
  });

  test('fails so, too, where the refresher itself does not answer', async () => {
    const s = personScene();
    await s.connect({ expiresInMs: -1 });
    s.refresh = async () => ({ ok: false, error: failureOf('lambda', 'unavailable', 'TimeoutError') });
    const answer = await s.serve(CALL);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect((await readRpcError(answer)).error).toEqual({
      code: -32603,
      message: 'The connection to GitHub cannot be renewed at the moment',
      data: {
        reason: 'connection_unavailable',
        help: 'Send the request again later; the gateway goes on trying.',
        requestId: 'aws-1',
      },
    });
  });

  test('is not asked for before the time the refresher was told to wait for', async () => {
    const s = personScene({ cacheTtlMs: 0 });
    await s.connect({ expiresInMs: -1, retryAtMs: s.clock.now() + 5000 });
    expect(await reasonOf(s)).toBe('connection_unavailable');
    expect(refreshes(s)).toEqual([]);
    refreshing(s);
    s.clock.advance(5000);
    expect((await s.serve(CALL)).status).toBe(200);
  });

  test('asks the person where it cannot be renewed any more', async () => {
    const s = personScene();
    await s.connect({ expiresInMs: -1 });
    s.refresh = async () => {
      await s.connect({ status: 'broken' });
      return ok({ outcome: 'broken', problem: 'refresh_token_refused' });
    };
    expect(JSON.parse(await readAnswer(await s.serve(CALL))).result.resultType).toBe('input_required');
    expect(s.trail.failure).toEqual({ reason: 'connection_needed', problem: 'broken' });
  });

  test('is no matter to a call whose grant is over', async () => {
    const s = personScene({ states: { read: async () => ok({ grant: undefined, switches: [] }) } });
    await s.connect();
    expect(await reasonOf(s)).toBe('unauthorized');
    expect(s.sent).toEqual([]);
  });
});

describe('a token the upstream refuses', () => {
  test('is read anew first: one replaced a moment ago costs no failed call and no renewal', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    await s.serve(CALL);
    await s.connect({ token: 'gho_2nd_token' });
    taking(s, 'gho_2nd_token');
    expect((await s.serve(CALL)).status).toBe(200);
    expect(usedTokens(s)).toEqual(['Bearer gho_1st_token', 'Bearer gho_1st_token', 'Bearer gho_2nd_token']);
    expect(refreshes(s)).toEqual([]);
  });

  test('is renewed if it is the newest, and the call sent once more, byte for byte', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    const version = s.connections.peek('alice', 'github')?.version;
    refreshing(s);
    taking(s, 'gho_2nd_token');
    expect((await s.serve(CALL)).status).toBe(200);
    expect(refreshes(s)).toEqual([
      { action: 'refresh', subject: 'alice', provider: 'github', version, reason: 'refused' },
    ]);
    expect(s.sent.map(({ body }) => body)).toEqual([CALL.body, CALL.body]);
  });

  test('is renewed once for 50 calls refused at once', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    refreshing(s);
    taking(s, 'gho_2nd_token');
    const answers = await Promise.all(Array.from({ length: 50 }, () => s.serve(CALL)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes(s)).toHaveLength(1);
  });

  test('leads to the person when the renewed one is refused, too: no call is sent a third time', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    refreshing(s);
    taking(s, 'none');
    expect(JSON.parse(await readAnswer(await s.serve(CALL))).result.resultType).toBe('input_required');
    expect(s.trail.failure).toEqual({ reason: 'connection_needed', problem: 'refused' });
    expect(s.sent).toHaveLength(2);
  });

  test('leads to no link while the platform does not answer', async () => {
    const s = personScene();
    await s.connect();
    taking(s, 'none');
    s.refresh = async () => ok({ outcome: 'unavailable', problem: 'provider_unavailable' });
    expect(await reasonOf(s)).toBe('connection_unavailable');
    expect(s.sent).toHaveLength(1);
  });

  test('is not sent again while the platform gives no other, and is tried anew after its pause', async () => {
    const s = personScene({ cacheTtlMs: 0 });
    await s.connect();
    taking(s, 'none');
    s.refresh = async () =>
      ok({ outcome: 'unavailable', problem: 'provider_unavailable', retryAtMs: s.clock.now() + 5_000 });
    for (let call = 0; call < 20; call += 1) expect(await reasonOf(s)).toBe('connection_unavailable');
    expect([s.sent.length, refreshes(s).length]).toEqual([1, 1]);
    s.clock.advance(5_000);
    refreshing(s);
    taking(s, 'gho_2nd_token');
    expect((await s.serve(CALL)).status).toBe(200);
  });

  test('stops no other call where it is refused for something else than itself', async () => {
    const s = personScene({ cacheTtlMs: 0 });
    await s.connect();
    s.answers = [() => json(401, ''), () => json(200, DONE)];
    s.refresh = async () =>
      ok({ outcome: 'unavailable', problem: 'provider_refused', retryAtMs: s.clock.now() + 5_000 });
    expect(await reasonOf(s)).toBe('connection_unavailable');
    expect((await s.serve(CALL)).status).toBe(200);
  });

  test('is not sent twice where nobody can renew it', async () => {
    const s = personScene();
    await s.connect();
    taking(s, 'none');
    s.refresh = async () => ok({ outcome: 'ready', version: s.connections.peek('alice', 'github')?.version ?? 0 });
    expect(JSON.parse(await readAnswer(await s.serve(CALL))).result.resultType).toBe('input_required');
    expect(s.sent).toHaveLength(1);
  });

  test('does not come back to the agent in the answer to the renewed one', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    refreshing(s);
    s.answers = [() => json(401, ''), () => json(200, DONE)];
    const { body } = await s.serve(CALL);
    const needles = body.kind === 'stream' ? body.needles.map(String) : [];
    expect(needles).toEqual(expect.arrayContaining(['gho_1st_token', 'gho_2nd_token']));
  });

  test.each([
    ['Bearer error="insufficient_scope", scope="repo"', 'scope'],
    ['Bearer realm="x", error=insufficient_scope', 'scope'],
  ])('asks for more access where the upstream says %s', async (challenge, problem) => {
    const s = personScene();
    await s.connect();
    s.answers = [() => json(403, '', { 'www-authenticate': challenge })];
    const { result } = JSON.parse(await readAnswer(await s.serve(CALL)));
    expect(result.inputRequests.connect_github.params.message).toBe(
      'Connect your GitHub account again: this call needs more access than was granted',
    );
    expect(s.trail.failure).toEqual({ reason: 'connection_needed', problem });
  });

  test('fails as before on any other 403', async () => {
    const s = personScene();
    await s.connect();
    s.answers = [() => json(403, '{"error":"insufficient_scope"}')];
    expect(await reasonOf(s)).toBe('upstream_refused_credential');
  });
});

describe('the last use', () => {
  const touches = (s: PersonScene) => s.asked.filter(({ action }) => action === 'touch');

  test('is told at most once an hour, and nobody waits for it', async () => {
    const s = personScene();
    await s.connect();
    s.refresh = () => new Promise(() => undefined);
    for (const advance of [0, 1, HOUR_MS - 2, 1]) {
      s.clock.advance(advance);
      await s.serve(CALL);
    }
    expect(touches(s)).toEqual([
      { action: 'touch', subject: 'alice', provider: 'github' },
      { action: 'touch', subject: 'alice', provider: 'github' },
    ]);
  });

  test('is not told where another instance has', async () => {
    const s = personScene();
    await s.connect();
    await s.connections.touch('alice', 'github', s.clock.now());
    await s.serve(CALL);
    expect(touches(s)).toEqual([]);
  });

  test('fails no call', async () => {
    const s = personScene();
    await s.connect();
    s.refresh = () => Promise.reject(new Error('no refresher'));
    expect((await s.serve(CALL)).status).toBe(200);
  });
});

test('the connection to the vault is opened before the first call, by a read of nobody’s', async () => {
  const s = personScene();
  await s.people.warm(s.clock.now() + 1000);
  expect(s.connections.calls).toEqual(['read']);
});
