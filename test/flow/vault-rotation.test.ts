import type { VaultContext } from '../../lambda/core/vault/serve-vault';
import { afterEachCall } from './dying-function';
import { ACTOR, startVaultFixture, type VaultFixture } from './vault-fixture';

const OLD = 'sk_live_51-first-value';
const NEW = 'sk_live_52-second-value';
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let vault: VaultFixture;
beforeAll(async () => {
  vault = await startVaultFixture();
});
afterAll(() => vault.close());
afterEach(() => vault.aws.faults.clear());

type Action = 'confirm' | 'abandon' | 'disable' | 'enable';
const store = (provider: string, key: string, extra: object = {}, context?: VaultContext) =>
  vault.call({ method: 'PUT', path: `/${provider}`, body: { parts: { key }, ...extra } }, context);
const rotate = (provider: string, key: string, extra: object = {}, context?: VaultContext) =>
  vault.call({ method: 'POST', path: `/${provider}/rotate`, body: { parts: { key }, ...extra } }, context);
const act = (provider: string, action: Action, body?: object, context?: VaultContext) =>
  vault.call({ method: 'POST', path: `/${provider}/${action}`, ...(body ? { body } : {}) }, context);
const erase = (provider: string) => vault.call({ method: 'DELETE', path: `/${provider}` });
const bodyOf = ({ body }: { body: string }) => JSON.parse(body);
const told = ({ statusCode, body }: { statusCode: number; body: string }) => [statusCode, JSON.parse(body).error];
/** What a call carries, and what it is sent again with once that is refused. */
const inUse = async (provider: string) => [await vault.use(provider), await vault.useNext(provider)];
const BOTH = [`Bearer ${OLD}`, `Bearer ${NEW}`];
const ONLY_OLD = [`Bearer ${OLD}`, 'credential_missing'];
const ONLY_NEW = [`Bearer ${NEW}`, 'credential_missing'];

/** A provider with a rotation under way, at version 2. */
async function rotating(): Promise<string> {
  const provider = vault.freshProvider();
  await store(provider, OLD);
  expect(await rotate(provider, NEW)).toMatchObject({ statusCode: 200 });
  return provider;
}

/** The labels of a version, by the record's name for it. */
async function labelsOfNamed(provider: string): Promise<readonly string[]> {
  return (await vault.labels(provider))[String(await vault.named(provider))] ?? [];
}

describe('a rotation', () => {
  test('keeps the new key beside the one in use until it is confirmed', async () => {
    const provider = vault.freshProvider();
    await store(provider, OLD);
    const metadata = {
      provider,
      status: 'active',
      version: 2,
      parts: ['key'],
      origins: [`https://${provider}.example`],
      createdAt: ISO,
      updatedAt: ISO,
      updatedBy: ACTOR,
    };
    const begun = bodyOf(await rotate(provider, NEW));
    expect(begun).toEqual({ ...metadata, rotationStartedAt: ISO });
    expect(await inUse(provider)).toEqual(BOTH);
    const listed = bodyOf(await vault.call({ method: 'GET' }));
    expect(listed.keys.find((key: { provider: string }) => key.provider === provider)).toEqual(begun);

    expect(bodyOf(await act(provider, 'confirm'))).toEqual({ ...metadata, version: 3 });
    expect(await inUse(provider)).toEqual(ONLY_NEW);
    expect(await labelsOfNamed(provider)).toContain('AWSCURRENT');
  });

  test('that is abandoned leaves the key as it was, and the new one without a label', async () => {
    const provider = await rotating();
    expect(bodyOf(await act(provider, 'abandon'))).toMatchObject({ status: 'active', version: 3 });
    expect(await inUse(provider)).toEqual(ONLY_OLD);
    expect(Object.keys(await vault.labels(provider))).toEqual([await vault.named(provider)]);
  });

  test('may follow another', async () => {
    const provider = await rotating();
    await act(provider, 'abandon');
    await rotate(provider, 'sk_live_53-third-value');
    await act(provider, 'confirm');
    await rotate(provider, 'sk_live_54-fourth-value');
    expect(await inUse(provider)).toEqual(['Bearer sk_live_53-third-value', 'Bearer sk_live_54-fourth-value']);
  });

  test('of a disabled key begins and ends, and uses neither', async () => {
    const provider = await rotating();
    await act(provider, 'disable');
    expect(await inUse(provider)).toEqual(['credential_disabled', 'credential_disabled']);
    expect(bodyOf(await act(provider, 'confirm'))).toMatchObject({ status: 'disabled', version: 4 });
    expect(bodyOf(await rotate(provider, OLD))).toMatchObject({ status: 'disabled', version: 5 });
    expect(await vault.use(provider)).toBe('credential_disabled');
    await act(provider, 'enable');
    expect(await inUse(provider)).toEqual([`Bearer ${NEW}`, `Bearer ${OLD}`]);
  });

  test('is ended by a store', async () => {
    const provider = await rotating();
    const stored = bodyOf(await store(provider, 'sk_live_53-third-value'));
    expect(stored).toMatchObject({ version: 3 });
    expect(stored).not.toHaveProperty('rotationStartedAt');
    expect(await inUse(provider)).toEqual(['Bearer sk_live_53-third-value', 'credential_missing']);
  });

  test('is ended by a deletion, which leaves no label on either value', async () => {
    const provider = await rotating();
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await inUse(provider)).toEqual(['credential_missing', 'credential_missing']);
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
    await store(provider, OLD);
    expect(await inUse(provider)).toEqual(ONLY_OLD);
  });

  test('shows no part of a key in answers, in the log, or in what is stored', async () => {
    const before = vault.logged.length;
    const provider = await rotating();
    const answers = [await rotate(provider, NEW), await act(provider, 'confirm'), await act(provider, 'abandon')];
    const seen = JSON.stringify([answers, vault.logged.slice(before), await vault.everythingStored(provider)]);
    expect(seen).not.toMatch(/first-value|second-value/);
    expect(vault.logged.slice(before).map(({ event, outcome }) => [event, outcome])).toEqual([
      ['vault.store', 'ok'],
      ['vault.rotate', 'ok'],
      ['vault.rotate', 'rotation_under_way'],
      ['vault.confirm', 'ok'],
      ['vault.abandon', 'rotation_not_found'],
    ]);
  });
});

describe('refuses', () => {
  test('to rotate what is not stored', async () => {
    const provider = vault.freshProvider();
    const never = { code: 'key_not_found', message: `No key is stored for ${provider}`, help: 'Store one first.' };
    expect(told(await rotate(provider, NEW))).toEqual([404, never]);
    expect(told(await act(provider, 'confirm'))).toEqual([404, never]);
    await store(provider, OLD);
    await erase(provider);
    expect(told(await rotate(provider, NEW))).toEqual([404, never]);
    expect(told(await act(provider, 'abandon'))).toEqual([404, never]);
  });

  test('a second rotation while one is under way', async () => {
    const provider = await rotating();
    expect(told(await rotate(provider, 'sk_live_53-third-value'))).toEqual([
      409,
      {
        code: 'rotation_under_way',
        message: expect.stringMatching(new RegExp(`^A rotation of ${provider} is under way since 20`)),
        help: 'Confirm it or abandon it first.',
      },
    ]);
    expect(await inUse(provider)).toEqual(BOTH);
  });

  test.each(['confirm', 'abandon'] as const)('to %s what is not under way', async (action) => {
    const provider = vault.freshProvider();
    await store(provider, OLD);
    expect(told(await act(provider, action))).toEqual([
      404,
      {
        code: 'rotation_not_found',
        message: `No rotation of ${provider} is under way`,
        help: 'List the keys: it was confirmed, abandoned or replaced by another key, or never begun.',
      },
    ]);
  });

  test('what expects another version', async () => {
    const provider = await rotating();
    const conflict = { code: 'version_conflict', message: `The stored version of ${provider} is 2, not 1` };
    for (const action of ['confirm', 'abandon'] as const) {
      expect(told(await act(provider, action, { expectedVersion: 1 }))).toEqual([
        409,
        expect.objectContaining(conflict),
      ]);
    }
    expect(told(await rotate(provider, OLD, { expectedVersion: 1 }))).toEqual([409, expect.objectContaining(conflict)]);
    expect(await inUse(provider)).toEqual(BOTH);
    expect(await act(provider, 'confirm', { expectedVersion: 2 })).toMatchObject({ statusCode: 200 });
  });

  test('to confirm a rotation that somebody else began meanwhile', async () => {
    const provider = await rotating();
    await act(provider, 'abandon');
    await rotate(provider, 'sk_live_of-somebody-else');
    expect(told(await act(provider, 'confirm', { expectedVersion: 2 }))[0]).toBe(409);
    expect(await vault.use(provider)).toBe(`Bearer ${OLD}`);
  });

  test('to keep a new key in another secret than the old one', async () => {
    const provider = vault.freshProvider();
    const elsewhere = vault.freshProvider();
    await store(provider, OLD);
    const secretIds = new Map([[provider, vault.context.secretIds.get(elsewhere) ?? '']]);
    expect(told(await rotate(provider, NEW, {}, { ...vault.context, secretIds }))).toEqual([
      409,
      {
        code: 'version_conflict',
        message: `The key of ${provider} is in another secret than the deployed one`,
        help: 'Store the new key instead: a key and the one that follows it are kept in one secret.',
      },
    ]);
    expect(await vault.labels(elsewhere)).toEqual({});
  });

  test.each([
    ['a part too short', { parts: { key: 'short' } }],
    ['no parts', {}],
    ['a stray member', { parts: { key: NEW }, confirm: 'now' }],
  ])('a rotation with %s', async (_, body) => {
    const provider = vault.freshProvider();
    await store(provider, OLD);
    const answer = await vault.call({ method: 'POST', path: `/${provider}/rotate`, body });
    expect([answer.statusCode, bodyOf(answer).error.code]).toEqual([400, 'invalid_request']);
    expect(await inUse(provider)).toEqual(ONLY_OLD);
  });
});

describe('at once', () => {
  const values = Array.from({ length: 12 }, (_, at) => `sk_live_racing-${at}`);

  test('twelve rotations: one begins, eleven are told, and it is that one which is confirmed', async () => {
    const provider = vault.freshProvider();
    await store(provider, OLD);
    const answers = await Promise.all(values.map((value) => rotate(provider, value)));
    const winners = answers.flatMap(({ statusCode }, at) => (statusCode === 200 ? [values[at]] : []));
    expect(winners).toHaveLength(1);
    const losers = answers.filter(({ statusCode }) => statusCode !== 200);
    expect(losers.map((answer) => bodyOf(answer).error.code)).toEqual(Array(11).fill('rotation_under_way'));
    expect(await inUse(provider)).toEqual([`Bearer ${OLD}`, `Bearer ${winners[0]}`]);
    expect(await act(provider, 'confirm')).toMatchObject({ statusCode: 200 });
    expect(await inUse(provider)).toEqual([`Bearer ${winners[0]}`, 'credential_missing']);
    expect(await labelsOfNamed(provider)).toContain('AWSCURRENT');
  });

  test('confirmations and abandonments: one kind takes effect, once, and the others are told', async () => {
    const provider = await rotating();
    const actions = values.map((_, at) => (at % 2 === 0 ? ('confirm' as const) : ('abandon' as const)));
    const answers = await Promise.all(actions.map((action) => act(provider, action)));
    const isConfirmed = (await vault.use(provider)) === `Bearer ${NEW}`;
    expect(await inUse(provider)).toEqual(isConfirmed ? ONLY_NEW : ONLY_OLD);
    const succeeded = actions.filter((_, at) => answers[at]?.statusCode === 200);
    expect(new Set(succeeded)).toEqual(new Set([isConfirmed ? 'confirm' : 'abandon']));
    const versions = answers.filter(({ statusCode }) => statusCode === 200).map((answer) => bodyOf(answer).version);
    expect(new Set(versions)).toEqual(new Set([3]));
    const refused = answers.filter(({ statusCode }) => statusCode !== 200);
    expect(new Set(refused.map((answer) => bodyOf(answer).error.code))).toEqual(new Set(['rotation_not_found']));
  });

  test('rotation, confirmation, abandonment, store, deletion and disabling: a key that is named can be opened', async () => {
    const provider = await rotating();
    const racers = [
      () => rotate(provider, 'sk_live_racing-1'),
      () => act(provider, 'confirm'),
      () => store(provider, 'sk_live_racing-2'),
      () => act(provider, 'disable'),
      () => erase(provider),
      () => act(provider, 'abandon'),
      () => act(provider, 'enable'),
    ];
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all([...racers, ...racers].map((race) => race()));
      for (const { statusCode } of answers) expect([200, 204, 404, 409, 503]).toContain(statusCode);
      for (const used of await inUse(provider)) expect(used).toMatch(/^Bearer |^credential_(missing|disabled)$/);
    }
    // Whatever came last, one more call of each kind leaves no trace of the race.
    await store(provider, OLD);
    expect(await rotate(provider, NEW)).toMatchObject({ statusCode: 200 });
    expect(await inUse(provider)).toEqual(BOTH);
    expect(await act(provider, 'confirm')).toMatchObject({ statusCode: 200 });
    expect(await inUse(provider)).toEqual(ONLY_NEW);
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
  });
});

describe('a function that dies after any of its calls to AWS', () => {
  /** The whole life of a rotation still works, and leaves nothing behind. */
  async function expectEverythingWorks(provider: string): Promise<void> {
    await act(provider, 'abandon');
    const [used] = await inUse(provider);
    expect(await rotate(provider, 'sk_live_afterwards')).toMatchObject({ statusCode: 200 });
    expect(await inUse(provider)).toEqual([used, 'Bearer sk_live_afterwards']);
    expect(await act(provider, 'confirm')).toMatchObject({ statusCode: 200 });
    expect(await vault.use(provider)).toBe('Bearer sk_live_afterwards');
    expect(await labelsOfNamed(provider)).toContain('AWSCURRENT');
    await erase(provider);
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
  }

  test('beginning a rotation: the old key is in use, with the new one beside it or not', async () => {
    const calls = await afterEachCall(
      vault,
      (provider) => store(provider, OLD),
      (provider, context) => rotate(provider, NEW, {}, context),
      async (provider) => {
        expect([BOTH, ONLY_OLD]).toContainEqual(await inUse(provider));
        await expectEverythingWorks(provider);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });

  test('confirming: the old key is in use and the new one beside it, or the new one is', async () => {
    const calls = await afterEachCall(
      vault,
      async (provider) => {
        await store(provider, OLD);
        await rotate(provider, NEW);
      },
      (provider, context) => act(provider, 'confirm', undefined, context),
      async (provider) => {
        expect([BOTH, ONLY_NEW]).toContainEqual(await inUse(provider));
        expect(await vault.labels(provider)).toHaveProperty(String(await vault.named(provider)));
        await expectEverythingWorks(provider);
      },
    );
    expect(calls).toBeGreaterThan(6);
  });

  test('abandoning: the old key is in use, with the new one beside it or not', async () => {
    const calls = await afterEachCall(
      vault,
      async (provider) => {
        await store(provider, OLD);
        await rotate(provider, NEW);
      },
      (provider, context) => act(provider, 'abandon', undefined, context),
      async (provider) => {
        expect([BOTH, ONLY_OLD]).toContainEqual(await inUse(provider));
        await expectEverythingWorks(provider);
      },
    );
    expect(calls).toBeGreaterThan(2);
  });

  test('storing while a rotation is under way: the new key keeps its label as long as it is named', async () => {
    await afterEachCall(
      vault,
      async (provider) => {
        await store(provider, OLD);
        await rotate(provider, NEW);
      },
      (provider, context) => store(provider, 'sk_live_53-third-value', {}, context),
      async (provider) => {
        const now = await inUse(provider);
        expect([BOTH, ['Bearer sk_live_53-third-value', 'credential_missing']]).toContainEqual(now);
        const labelled = Object.values(await vault.labels(provider)).flat();
        expect(labelled.includes('MCPCANDIDATE') || now[0] !== BOTH[0]).toBe(true);
        await expectEverythingWorks(provider);
      },
    );
  });
});

describe('when AWS is in trouble', () => {
  test.each(['UpdateItem', 'PutSecretValue', 'UpdateSecretVersionStage'])(
    'a %s whose answer is lost counts once',
    async (operation) => {
      const provider = vault.freshProvider();
      await store(provider, OLD);
      const losing = () => vault.aws.faults.inject({ operation, kind: 'reset', times: 1, afterEffect: true });
      losing();
      expect(bodyOf(await rotate(provider, NEW, { expectedVersion: 1 }))).toMatchObject({ version: 2 });
      losing();
      expect(bodyOf(await act(provider, 'confirm', { expectedVersion: 2 }))).toMatchObject({ version: 3 });
      vault.aws.faults.clear();
      await rotate(provider, OLD);
      losing();
      expect(bodyOf(await act(provider, 'abandon'))).toMatchObject({ version: 5 });
      expect(await inUse(provider)).toEqual(ONLY_NEW);
    },
  );

  test.each(['GenerateDataKey', 'DescribeSecret', 'PutSecretValue', 'UpdateItem'])(
    'a rotation is refused when %s stays broken, and nothing has changed',
    async (operation) => {
      const provider = vault.freshProvider();
      await store(provider, OLD);
      vault.aws.faults.inject({ operation, kind: 'error' });
      expect(await rotate(provider, NEW)).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '1' } });
      vault.aws.faults.clear();
      expect(await inUse(provider)).toEqual(ONLY_OLD);
    },
  );

  test('a confirmation succeeds although no label can be moved after it: the record is what readers trust', async () => {
    const provider = await rotating();
    vault.aws.faults.inject({ operation: 'UpdateSecretVersionStage', kind: 'error' });
    expect(await act(provider, 'confirm')).toMatchObject({ statusCode: 200 });
    expect(await inUse(provider)).toEqual(ONLY_NEW);
    expect(await labelsOfNamed(provider)).toEqual(['MCPCANDIDATE']);
  });
});
