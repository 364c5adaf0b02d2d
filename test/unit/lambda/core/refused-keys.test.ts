import { Readable } from 'node:stream';
import { Credentials } from '../../../../lambda/core/credentials';
import { ok } from '../../../../lambda/core/result';
import type { Attempt, Send } from '../../../../lambda/core/serve-mcp';
import { testClock } from '../../../helpers/clock';
import { upstreamConfig } from '../../../helpers/config';
import { FakeVault, failureOf } from '../../../helpers/fake-vault';

const ORIGIN = 'https://acme.example';
const OLD = 'sk_live_old';
const NEW = 'sk_live_new';
const UPSTREAM = upstreamConfig('acme', {
  url: `${ORIGIN}/mcp`,
  credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } },
});
const ATTEMPT = { upstream: UPSTREAM } as Attempt;

/** A stored key, a platform that takes the keys it is told to, and calls that go on where `serveMcp` hands over. */
function rotating({ cacheTtlMs = 0, candidateOrigin = ORIGIN } = {}) {
  const clock = testClock();
  const vault = new FakeVault('gateway-1');
  vault.store('acme', { key: OLD }, [ORIGIN]);
  vault.rotate('acme', { key: NEW }, [candidateOrigin]);
  const { records, secrets, dataKeys } = vault;
  const credentials = new Credentials({
    gatewayId: 'gateway-1',
    cacheTtlMs,
    now: clock.now,
    records,
    secrets,
    dataKeys,
  });
  const sent: string[] = [];
  const bodies: Readable[] = [];
  const platform = { takes: [OLD, NEW], beforeAnswer: (): void => undefined };
  const send: Send = async ({ upstream }, source) => {
    const credential = await source.get(upstream, clock.now() + 1000);
    if (!credential.ok) return credential;
    const key = credential.value?.headers['authorization']?.slice('Bearer '.length) ?? '';
    sent.push(key);
    platform.beforeAnswer();
    const body = Readable.from(['{}']);
    bodies.push(body);
    return ok({
      answer: { status: platform.takes.includes(key) ? 200 : 401, headers: {}, body },
      credential: credential.value,
    });
  };
  const call = async () => {
    const first = await send(ATTEMPT, credentials);
    const answered =
      first.ok && first.value.answer.status === 401
        ? await (await credentials.refused()).serve(first.value, ATTEMPT, send, clock.now() + 1000)
        : first;
    return answered.ok ? answered.value.answer.status : answered.error.reason;
  };
  return { vault, platform, call, send, credentials, sent, bodies };
}

describe('while a rotation is under way', () => {
  test('the key in use is sent as long as it is taken, and the new one not even read', async () => {
    const { call, sent, vault } = rotating();
    expect(await call()).toBe(200);
    expect(sent).toEqual([OLD]);
    expect(vault.calls).toEqual({ records: 1, secrets: 1, dataKeys: 1 });
  });

  test('the new one is sent once the other is refused, whose answer is let go', async () => {
    const { call, sent, platform, bodies } = rotating();
    platform.takes = [NEW];
    expect(await call()).toBe(200);
    expect(sent).toEqual([OLD, NEW]);
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  test('both are taken out of the answer to the second: the platform knows the first one, too', async () => {
    const { send, credentials, platform } = rotating();
    platform.takes = [NEW];
    const first = await send(ATTEMPT, credentials);
    if (!first.ok) throw new Error('not sent');
    const answered = await (await credentials.refused()).serve(first.value, ATTEMPT, send, Date.now() + 1000);
    const needles = answered.ok ? (answered.value.credential?.needles ?? []).map(String) : [];
    expect(needles).toEqual(expect.arrayContaining([OLD, NEW]));
  });

  test('the new one is opened once, and not again for those that follow, one by one or 32 at once', async () => {
    const { call, platform, vault } = rotating({ cacheTtlMs: 1000 });
    platform.takes = [NEW];
    for (let at = 0; at < 5; at += 1) expect(await call()).toBe(200);
    for (let at = 0; at < 5; at += 1) {
      expect(await Promise.all(Array.from({ length: 32 }, call))).toEqual(Array(32).fill(200));
    }
    expect(vault.calls).toMatchObject({ secrets: 2, dataKeys: 2 });
  });

  test('neither is opened again because a rotation begins or ends', async () => {
    const { call, vault } = rotating();
    await call();
    vault.abandon('acme');
    await call();
    vault.rotate('acme', { key: 'sk_live_newest' }, [ORIGIN]);
    await call();
    expect(vault.calls).toMatchObject({ secrets: 1, dataKeys: 1 });
  });

  test('the candidate of an earlier rotation is not taken for that of this one', async () => {
    const { call, platform, vault } = rotating({ cacheTtlMs: 1000 });
    platform.takes = [NEW];
    expect(await call()).toBe(200);
    vault.confirm('acme');
    vault.rotate('acme', { key: 'sk_live_newest' }, [ORIGIN]);
    platform.takes = ['sk_live_newest'];
    expect(await call()).toBe(200);
  });

  test('a call during which it is confirmed is answered', async () => {
    const { call, sent, platform, vault } = rotating();
    platform.takes = [NEW];
    platform.beforeAnswer = () => {
      if (sent.length === 1) vault.confirm('acme');
    };
    expect(await call()).toBe(200);
    expect(sent).toEqual([OLD, NEW]);
  });

  test.each([1, 2, 3])(
    'a call is answered if it is confirmed before read %i of the record',
    async (confirmedBefore) => {
      const { call, platform, vault } = rotating();
      platform.takes = [NEW];
      const read = vault.records.read.bind(vault.records);
      Object.assign(vault.records, {
        read: (id: string, deadlineMs: number) => {
          if (vault.calls.records === confirmedBefore - 1) vault.confirm('acme');
          return read(id, deadlineMs);
        },
      });
      expect(await call()).toBe(200);
    },
  );

  test('three keys are tried at most: the one that was read, the one in use now, the one to follow', async () => {
    const { call, sent, platform, vault } = rotating();
    platform.takes = [];
    platform.beforeAnswer = () => {
      if (sent.length !== 1) return;
      vault.confirm('acme');
      vault.rotate('acme', { key: 'sk_live_newest' }, [ORIGIN]);
    };
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD, NEW, 'sk_live_newest']);
  });

  test('a new one that is the old one again is not sent twice', async () => {
    const { call, sent, platform, vault } = rotating();
    vault.abandon('acme');
    vault.rotate('acme', { key: OLD }, [ORIGIN]);
    platform.takes = [NEW];
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD]);
  });

  test('a new one that was abandoned is not sent', async () => {
    const { call, sent, platform, vault } = rotating();
    platform.takes = [NEW];
    vault.abandon('acme');
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD]);
  });

  test('an abandoned one is out of use at once, whatever the time to live', async () => {
    const { call, platform, vault } = rotating({ cacheTtlMs: 1000 });
    platform.takes = [NEW];
    expect(await call()).toBe(200);
    vault.abandon('acme');
    expect(await call()).toBe(401);
  });

  test('neither is sent once the key is disabled, or deleted', async () => {
    const { call, sent, vault } = rotating();
    vault.disable('acme');
    expect(await call()).toBe('credential_disabled');
    vault.table.clear();
    expect(await call()).toBe('credential_missing');
    expect(sent).toEqual([]);
  });

  test('one that is disabled while the upstream refuses the other is not sent', async () => {
    const { call, sent, platform, vault } = rotating();
    platform.takes = [NEW];
    platform.beforeAnswer = () => vault.disable('acme');
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD]);
  });

  test('a new one stored for another origin is not sent', async () => {
    const { call, sent, platform } = rotating({ candidateOrigin: 'https://elsewhere.example' });
    platform.takes = [NEW];
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD]);
  });

  test('the refusal stands while the vault does not answer', async () => {
    const { call, sent, platform, vault } = rotating();
    platform.takes = [NEW];
    platform.beforeAnswer = () => {
      vault.failing.records = failureOf('dynamodb', 'unavailable', 'TimeoutError');
    };
    expect(await call()).toBe(401);
    expect(sent).toEqual([OLD]);
  });
});
