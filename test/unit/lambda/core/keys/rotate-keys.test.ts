import { AUTH_KEYS, type SigningKeysRecord } from '../../../../../lambda/contract/auth-record';
import type { KeysRequest } from '../../../../../lambda/core/keys/parse-keys-request';
import { type KeysReport, type RotationDeps, rotateKeys } from '../../../../../lambda/core/keys/rotate-keys';
import type { BackendFailure } from '../../../../../lambda/core/ports';
import { err, ok } from '../../../../../lambda/core/result';
import { testClock } from '../../../../helpers/clock';
import { fakeAuthStore } from '../../../../helpers/fake-auth-store';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAINTAIN: KeysRequest = { action: 'maintain' };
const ROTATE: KeysRequest = { action: 'rotate', now: false };
const AT_ONCE: KeysRequest = { action: 'rotate', now: true };
const DENIED: BackendFailure = { service: 'kms', kind: 'denied', name: 'AccessDeniedException' };
const BUSY: BackendFailure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' };

type KmsOperation = 'create' | 'publicKey' | 'scheduleDeletion';

/** KMS as far as a rotation sees it. */
function fakeKms(tick: () => Promise<void>) {
  const created: string[] = [];
  const deleted: string[] = [];
  const failing: Partial<Record<KmsOperation, BackendFailure>> = {};
  const perform = async <T>(operation: KmsOperation, effect: () => T) => {
    await tick();
    const failure = failing[operation];
    return failure === undefined ? ok(effect()) : err(failure);
  };
  return {
    created,
    deleted,
    failing,
    publicKeys: {
      publicKey: (keyArn: string) =>
        perform('publicKey', () => ({
          kid: `kid of ${keyArn}`,
          publicJwk: { kty: 'EC', crv: 'P-256', x: `x of ${keyArn}`, y: 'y' } as const,
        })),
    },
    keyMaker: {
      create: () =>
        perform('create', () => {
          created.push(`own-${created.length + 1}`);
          return `own-${created.length}`;
        }),
      scheduleDeletion: (keyArn: string) => perform('scheduleDeletion', () => void deleted.push(keyArn)),
    },
  };
}

interface GatewayOptions {
  readonly tick?: () => Promise<void>;
}

function gateway({ tick = async () => undefined }: GatewayOptions = {}) {
  const clock = testClock();
  const store = fakeAuthStore({ now: clock.now, tick });
  const kms = fakeKms(tick);
  let ids = 0;
  const deps: RotationDeps = {
    store,
    publicKeys: kms.publicKeys,
    keyMaker: kms.keyMaker,
    firstKeyArn: 'first',
    accessTokenMs: 300_000,
    rotateAfterMs: 90 * 86_400_000,
    now: clock.now,
    randomId: () => `id-${++ids}`,
  };
  return {
    clock,
    store,
    kms,
    run: (request: KeysRequest) => rotateKeys(request, deps),
    record: () => store.peek<SigningKeysRecord>(AUTH_KEYS.signingKeys()) ?? { keys: [] },
  };
}

const kids = ({ keys }: SigningKeysRecord) => keys.map(({ keyArn }) => keyArn);
const rotated = (keyArn: string, fromMs: number, deleted: readonly string[] = []) =>
  ok<KeysReport>({ outcome: 'rotated', kid: `kid of ${keyArn}`, signFrom: new Date(fromMs).toISOString(), deleted });
const idle = (outcome: KeysReport['outcome'], keyArn: string, fromMs: number) =>
  ok<KeysReport>({ outcome, kid: `kid of ${keyArn}`, signFrom: new Date(fromMs).toISOString(), deleted: [] });

describe('maintenance', () => {
  test('writes the first key down, and has nothing else to do', async () => {
    const { clock, run, record, kms } = gateway();
    expect(await run(MAINTAIN)).toEqual(idle('not_due', 'first', clock.now()));
    expect(record()).toEqual({
      keys: [
        {
          keyArn: 'first',
          kid: 'kid of first',
          publicJwk: { kty: 'EC', crv: 'P-256', x: 'x of first', y: 'y' },
          signFromMs: clock.now(),
          isOwn: false,
        },
      ],
    });
    expect(kms.created).toEqual([]);
  });

  test('rotates when the newest key has signed for ninety days', async () => {
    const { clock, run, record } = gateway();
    await run(MAINTAIN);
    clock.advance(90 * DAY_MS - 1);
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'not_due' }));
    clock.advance(1);
    expect(await run(MAINTAIN)).toEqual(rotated('own-1', clock.now() + HOUR_MS));
    expect(kids(record())).toEqual(['own-1', 'first']);
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'waiting' }));
  });

  test('lets the old key verify until the last token it signs is over, and an hour more', async () => {
    const { clock, run, record } = gateway();
    await run(ROTATE);
    const startsMs = clock.now() + HOUR_MS;
    expect(record().keys).toMatchObject([
      { keyArn: 'own-1', signFromMs: startsMs, isOwn: true },
      { keyArn: 'first', verifyUntilMs: startsMs + 300_000 + HOUR_MS },
    ]);
    expect(record().keys[0]).not.toHaveProperty('verifyUntilMs');
    expect(record()).not.toHaveProperty('pending');
  });

  test('takes a key out when its time is over; one of its own it deletes, the first it leaves to the stack', async () => {
    const { clock, run, record, kms } = gateway();
    await run(ROTATE);
    clock.advance(DAY_MS);
    expect(await run(ROTATE)).toEqual(rotated('own-2', clock.now() + HOUR_MS));
    expect(kids(record())).toEqual(['own-2', 'own-1']);
    expect(kms.deleted).toEqual([]);

    clock.advance(2 * HOUR_MS + 300_000 - 1);
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'not_due', deleted: [] }));
    clock.advance(1);
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'not_due', deleted: ['own-1'] }));
    expect(kids(record())).toEqual(['own-2']);
    expect(kms.deleted).toEqual(['own-1']);
  });

  test('keeps a key in the record until its deletion is scheduled', async () => {
    const { clock, run, record, kms } = gateway();
    await run(ROTATE);
    clock.advance(2 * HOUR_MS);
    await run(AT_ONCE);
    kms.failing.scheduleDeletion = DENIED;
    expect(await run(MAINTAIN)).toEqual(err(DENIED));
    expect(kids(record())).toContain('own-1');
    delete kms.failing.scheduleDeletion;
    expect(await run(MAINTAIN)).toMatchObject(ok({ deleted: ['own-1'] }));
    expect(kids(record())).toEqual(['own-2']);
  });
});

describe('a rotation at once', () => {
  test('lets the new key sign and no other verify', async () => {
    const { clock, run, record } = gateway();
    await run(ROTATE);
    expect(await run(AT_ONCE)).toEqual(rotated('own-2', clock.now()));
    expect(record().keys.map(({ keyArn, signFromMs, verifyUntilMs }) => [keyArn, signFromMs, verifyUntilMs])).toEqual([
      ['own-2', clock.now(), undefined],
      ['own-1', clock.now() + HOUR_MS, clock.now()],
      ['first', clock.now(), clock.now()],
    ]);
  });

  test('does not lengthen the life of a key that ends sooner', async () => {
    const { clock, run, record } = gateway();
    await run(ROTATE);
    const until = record().keys[1]?.verifyUntilMs;
    clock.advance(2 * HOUR_MS);
    await run(ROTATE);
    expect(record().keys.find(({ keyArn }) => keyArn === 'first')?.verifyUntilMs).toBe(until);
  });

  test('takes over from a rotation that is making its key; that one deletes the key it made', async () => {
    const { run, record, kms, clock } = gateway();
    await run(MAINTAIN);
    const gate = Promise.withResolvers<void>();
    const { create } = kms.keyMaker;
    kms.keyMaker.create = async () => {
      kms.keyMaker.create = create;
      await gate.promise;
      return create();
    };
    const slow = run(ROTATE);
    while (record().pending === undefined) await Promise.resolve();
    expect(await run(ROTATE)).toMatchObject(ok({ outcome: 'in_progress' }));
    expect(await run(AT_ONCE)).toEqual(rotated('own-1', clock.now()));
    gate.resolve();
    expect(await slow).toMatchObject(ok({ outcome: 'superseded' }));
    expect(kms.deleted).toEqual(['own-2']);
    expect(kids(record())).toEqual(['own-1', 'first']);
  });
});

describe('a rotation that stops', () => {
  test('goes on at once after a refusal to make a key', async () => {
    const { run, record, kms } = gateway();
    kms.failing.create = DENIED;
    expect(await run(ROTATE)).toEqual(err(DENIED));
    expect(record()).not.toHaveProperty('pending');
    delete kms.failing.create;
    expect(await run(ROTATE)).toMatchObject(ok({ outcome: 'rotated' }));
  });

  test('goes on with the key it has made, even where none is due', async () => {
    const { run, record, kms } = gateway();
    await run(MAINTAIN);
    kms.failing.publicKey = DENIED;
    expect(await run(ROTATE)).toEqual(err(DENIED));
    delete kms.failing.publicKey;
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'rotated' }));
    expect(kids(record())).toEqual(['own-1', 'first']);
    expect(kms.created).toEqual(['own-1']);
  });

  test('does not wait for a key that somebody has deleted', async () => {
    const { run, record, kms } = gateway();
    await run(MAINTAIN);
    const gone: BackendFailure = { service: 'kms', kind: 'denied', name: 'KMSInvalidStateException' };
    kms.failing.publicKey = gone;
    expect(await run(ROTATE)).toEqual(err(gone));
    delete kms.failing.publicKey;
    expect(await run(ROTATE)).toMatchObject(ok({ outcome: 'rotated' }));
    expect(kids(record())).toEqual(['own-2', 'first']);
  });

  test('counts as dead after two minutes without a key', async () => {
    const { clock, run, record, kms, store } = gateway();
    await run(MAINTAIN);
    // Its note of the key gets lost, before its effect.
    store.fail(BUSY, { operation: 'replace', skip: 1 });
    expect(await run(ROTATE)).toEqual(err(BUSY));
    clock.advance(2 * 60_000 - 1);
    expect(await run(ROTATE)).toMatchObject(ok({ outcome: 'in_progress' }));
    clock.advance(1);
    expect(await run(MAINTAIN)).toMatchObject(ok({ outcome: 'rotated' }));
    expect(kids(record())).toEqual(['own-2', 'first']);
    expect(kms.created).toEqual(['own-1', 'own-2']);
  });

  test.each([ROTATE, AT_ONCE])(
    'at any operation of the store, before or after its effect, ends as one rotation: %j',
    async (request) => {
      const operations = async () => {
        const { store, run } = gateway();
        await run(request);
        return store.calls.length;
      };
      const count = await operations();
      for (let skip = 0; skip < count; skip += 1) {
        for (const fault of [BUSY, 'after_write'] as const) {
          const { clock, store, run, record, kms } = gateway();
          store.fail(fault, { skip });
          const first = await run(request);
          clock.advance(2 * 60_000);
          const second = first.ok ? first : await run(request);
          expect(second).toMatchObject({ ok: true });
          const [newest, ...others] = record().keys;
          expect([skip, fault, record().pending, others.length]).toEqual([skip, fault, undefined, 1]);
          // At most the key whose note was lost is in no record; none that is in the record was deleted.
          expect(newest?.isOwn).toBe(true);
          expect(kms.created.filter((key) => !kids(record()).includes(key)).length).toBeLessThanOrEqual(1);
          expect(kms.deleted).toEqual([]);
        }
      }
      expect(count).toBeGreaterThan(5);
    },
  );
});

describe('invocations at once', () => {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  test.each([
    ['ten of the schedule', Array.from({ length: 10 }, () => MAINTAIN)],
    ['ten of the operator', Array.from({ length: 10 }, () => ROTATE)],
    ['both', Array.from({ length: 10 }, (_, at) => (at % 2 ? ROTATE : MAINTAIN))],
  ])('make one key: %s', async (_, requests) => {
    const { clock, run, record, kms } = gateway({ tick: turn });
    await run(MAINTAIN);
    clock.advance(90 * DAY_MS);
    const answers = await Promise.all(requests.map(run));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(kids(record())).toEqual(['own-1', 'first']);
    expect(kms.created).toEqual(['own-1']);
    expect(kms.deleted).toEqual([]);
  });

  test('at once, ten times: every key that is not in the record is deleted, and the newest alone verifies', async () => {
    const { clock, run, record, kms } = gateway({ tick: turn });
    await run(MAINTAIN);
    const answers = await Promise.all(Array.from({ length: 10 }, () => run(AT_ONCE)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(record()).not.toHaveProperty('pending');
    const [newest, ...others] = record().keys;
    expect(newest).toMatchObject({ isOwn: true, signFromMs: clock.now() });
    expect(newest).not.toHaveProperty('verifyUntilMs');
    expect(others.every(({ verifyUntilMs }) => verifyUntilMs === clock.now())).toBe(true);
    expect([...kms.deleted, ...kids(record())].sort()).toEqual([...kms.created, 'first'].sort());
  });

  test('first uses: all see the one record', async () => {
    const { run, record } = gateway({ tick: turn });
    const answers = await Promise.all(Array.from({ length: 10 }, () => run(MAINTAIN)));
    expect(answers.map((answer) => answer.ok && answer.value.outcome)).toEqual(
      Array.from({ length: 10 }, () => 'not_due'),
    );
    expect(kids(record())).toEqual(['first']);
  });
});

test('fails where the first key cannot be read', async () => {
  const { run, record, kms } = gateway();
  kms.failing.publicKey = DENIED;
  expect(await run(MAINTAIN)).toEqual(err(DENIED));
  expect(record().keys).toEqual([]);
});
