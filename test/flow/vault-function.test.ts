import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { VaultContext } from '../../lambda/core/vault/serve-vault';
import { kmsDataKeyMaker } from '../../lambda/io/vault/kms-data-key-maker';
import { provisionGateway } from '../../local/aws/provision';
import { sdkConfig } from '../../local/aws/sdk-config';
import { afterEachCall, dies } from './dying-function';
import { ACTOR, startVaultFixture, type VaultFixture } from './vault-fixture';

const KEY = 'sk_live_51-first-value';
const NEXT = 'sk_live_52-second-value';
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let vault: VaultFixture;
beforeAll(async () => {
  vault = await startVaultFixture();
});
afterAll(() => vault.close());
afterEach(() => vault.aws.faults.clear());

const store = (provider: string, key: string, extra: object = {}, context?: VaultContext) =>
  vault.call({ method: 'PUT', path: `/${provider}`, body: { parts: { key }, ...extra } }, context);
const act = (provider: string, action: 'disable' | 'enable', context?: VaultContext) =>
  vault.call({ method: 'POST', path: `/${provider}/${action}` }, context);
const erase = (provider: string, context?: VaultContext) =>
  vault.call({ method: 'DELETE', path: `/${provider}` }, context);
const bodyOf = ({ body }: { body: string }) => JSON.parse(body);

describe('the life of a key', () => {
  test('runs through store, replace, disable, enable and delete, each seen by the next use', async () => {
    const provider = vault.freshProvider();
    expect(await vault.use(provider)).toBe('credential_missing');

    const stored = await store(provider, KEY);
    expect(stored).toEqual({
      statusCode: 200,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
      body: expect.any(String),
    });
    const metadata = {
      provider,
      status: 'active',
      version: 1,
      parts: ['key'],
      origins: [`https://${provider}.example`],
      createdAt: ISO,
      updatedAt: ISO,
      updatedBy: ACTOR,
    };
    expect(bodyOf(stored)).toEqual(metadata);
    expect(await vault.use(provider)).toBe(`Bearer ${KEY}`);

    expect(bodyOf(await store(provider, NEXT))).toEqual({ ...metadata, version: 2 });
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);

    expect(bodyOf(await act(provider, 'disable'))).toEqual({ ...metadata, version: 3, status: 'disabled' });
    expect(await vault.use(provider)).toBe('credential_disabled');

    expect(bodyOf(await act(provider, 'enable'))).toEqual({ ...metadata, version: 4 });
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);

    expect(await erase(provider)).toEqual({ statusCode: 204, headers: { 'Cache-Control': 'no-store' }, body: '' });
    expect(await vault.use(provider)).toBe('credential_missing');

    expect(bodyOf(await store(provider, KEY))).toEqual({ ...metadata, version: 6 });
    expect(await vault.use(provider)).toBe(`Bearer ${KEY}`);
  });

  test('may arrive in a body that API Gateway has encoded', async () => {
    const provider = vault.freshProvider();
    const call = { method: 'PUT', path: `/${provider}`, body: { parts: { key: KEY } }, base64: true };
    expect(await vault.call(call)).toMatchObject({ statusCode: 200 });
    expect(await vault.use(provider)).toBe(`Bearer ${KEY}`);
  });

  test('shows in the list, without what was deleted', async () => {
    const [kept, gone] = [vault.freshProvider(), vault.freshProvider()];
    await store(kept, KEY);
    await store(gone, KEY);
    await erase(gone);
    const listed = bodyOf(await vault.call({ method: 'GET' }));
    expect(listed.configured).toHaveLength(130);
    const names = listed.keys.map(({ provider }: { provider: string }) => provider);
    expect(names).toContain(kept);
    expect(names).not.toContain(gone);
  });

  test('keeps its creation time until it is deleted', async () => {
    const provider = vault.freshProvider();
    let nowMs = Date.parse('2026-11-23T10:00:00.000Z');
    const context = { ...vault.context, now: () => nowMs };
    await store(provider, KEY, {}, context);
    nowMs += 60_000;
    expect(bodyOf(await store(provider, NEXT, {}, context))).toMatchObject({
      createdAt: '2026-11-23T10:00:00.000Z',
      updatedAt: '2026-11-23T10:01:00.000Z',
    });
    await erase(provider, context);
    nowMs += 60_000;
    expect(bodyOf(await store(provider, KEY, {}, context))).toMatchObject({ createdAt: '2026-11-23T10:02:00.000Z' });
  });

  test('disabling twice changes nothing the second time', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    await act(provider, 'disable');
    expect(bodyOf(await act(provider, 'disable'))).toMatchObject({ status: 'disabled', version: 2 });
  });

  test('storing puts a disabled key back into use', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    await act(provider, 'disable');
    expect(bodyOf(await store(provider, NEXT))).toMatchObject({ status: 'active', version: 3 });
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);
  });

  test('deleting what is not there succeeds and writes nothing', async () => {
    const provider = vault.freshProvider();
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.named(provider)).toBeUndefined();
    expect(await vault.labels(provider)).toEqual({});
  });

  test('deleting twice succeeds and adds no second empty version', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    await erase(provider);
    const before = await vault.labels(provider);
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.labels(provider)).toEqual(before);
  });

  test('deleting leaves no label on any old value', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    await store(provider, NEXT);
    await erase(provider);
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
    expect(await vault.everythingStored(provider)).toContain('{\\"v\\":1,\\"erased\\":true}');
  });

  test.each(['disable', 'enable'] as const)('fails to %s what is not stored', async (action) => {
    const provider = vault.freshProvider();
    const expected = {
      error: { code: 'key_not_found', message: `No key is stored for ${provider}`, help: 'Store one first.' },
    };
    const never = await act(provider, action);
    expect([never.statusCode, bodyOf(never)]).toEqual([404, expected]);
    await store(provider, KEY);
    await erase(provider);
    const erased = await act(provider, action);
    expect([erased.statusCode, bodyOf(erased)]).toEqual([404, expected]);
  });
});

describe('expectedVersion', () => {
  const conflict = (provider: string, found: number, expected: number) => ({
    error: {
      code: 'version_conflict',
      message: `The stored version of ${provider} is ${found}, not ${expected}`,
      help: 'Someone changed it meanwhile: list the keys, decide again, and send the version you found as expectedVersion.',
    },
  });

  test('lets a store through that names the stored version, and 0 where nothing is stored', async () => {
    const provider = vault.freshProvider();
    expect(bodyOf(await store(provider, KEY, { expectedVersion: 0 }))).toMatchObject({ version: 1 });
    expect(bodyOf(await store(provider, NEXT, { expectedVersion: 1 }))).toMatchObject({ version: 2 });
    await erase(provider);
    expect(bodyOf(await store(provider, NEXT, { expectedVersion: 0 }))).toMatchObject({ version: 4 });
  });

  test('refuses any other version, before a value is written', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    vault.aws.calls.reset();
    const answer = await store(provider, NEXT, { expectedVersion: 7 });
    expect([answer.statusCode, bodyOf(answer)]).toEqual([409, conflict(provider, 1, 7)]);
    expect(vault.aws.calls.count('PutSecretValue')).toBe(0);
    expect(bodyOf(await store(provider, NEXT, { expectedVersion: 0 }))).toEqual(conflict(provider, 1, 0));
  });

  test('refuses the version of a key that was deleted and stored again', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    await erase(provider);
    expect(bodyOf(await store(provider, NEXT, { expectedVersion: 1 }))).toEqual(conflict(provider, 0, 1));
    await store(provider, NEXT);
    expect(bodyOf(await store(provider, KEY, { expectedVersion: 1 }))).toEqual(conflict(provider, 3, 1));
  });
});

describe('at once', () => {
  const values = Array.from({ length: 20 }, (_, at) => `sk_live_racing-${at}`);

  test('twenty stores that expect the same version: one wins, nineteen are told', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    const answers = await Promise.all(values.map((value) => store(provider, value, { expectedVersion: 1 })));
    const winners = answers.flatMap(({ statusCode }, at) => (statusCode === 200 ? [values[at]] : []));
    expect(winners).toHaveLength(1);
    const losers = answers.filter(({ statusCode }) => statusCode !== 200);
    expect(losers.map((answer) => bodyOf(answer).error.code)).toEqual(Array(19).fill('version_conflict'));
    expect(await vault.use(provider)).toBe(`Bearer ${winners[0]}`);
    expect((await vault.labels(provider))[String(await vault.named(provider))]).toContain('AWSCURRENT');
  });

  test('twenty stores that expect nothing: each gets a version of its own, and the last one stays', async () => {
    const provider = vault.freshProvider();
    const answers = await Promise.all(values.map((value) => store(provider, value)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
    const versions = answers.map((answer): number => bodyOf(answer).version);
    expect([...versions].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(await vault.use(provider)).toBe(`Bearer ${values[versions.indexOf(20)]}`);
    expect((await vault.labels(provider))[String(await vault.named(provider))]).toContain('AWSCURRENT');
  });

  test('stores and deletions: whoever wrote the record last has the labels too', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    const answers = await Promise.all(
      values.slice(0, 10).map((value, at) => (at % 2 === 0 ? store(provider, value) : erase(provider))),
    );
    for (const { statusCode } of answers) expect([200, 204, 503]).toContain(statusCode);
    // Whatever came last, one more call of each kind leaves no trace of the race.
    await store(provider, NEXT);
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
  });
});

describe('a function that dies after any of its calls to AWS', () => {
  /** The version in use must have a label, or Secrets Manager may discard it. */
  async function expectNamedVersionLabelled(provider: string): Promise<void> {
    const named = await vault.named(provider);
    const labels = await vault.labels(provider);
    expect(named === undefined || named.startsWith('erased-') || named in labels).toBe(true);
  }

  async function expectEverythingWorks(provider: string): Promise<void> {
    expect(await store(provider, 'sk_live_afterwards')).toMatchObject({ statusCode: 200 });
    expect(await vault.use(provider)).toBe('Bearer sk_live_afterwards');
    expect((await vault.labels(provider))[String(await vault.named(provider))]).toContain('AWSCURRENT');
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.use(provider)).toBe('credential_missing');
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
  }

  test('in a first store: nothing or the key is in use, and everything works afterwards', async () => {
    const calls = await afterEachCall(
      vault,
      async () => undefined,
      (provider, context) => store(provider, KEY, { expectedVersion: 0 }, context),
      async (provider) => {
        expect(['credential_missing', `Bearer ${KEY}`]).toContain(await vault.use(provider));
        await expectNamedVersionLabelled(provider);
        await expectEverythingWorks(provider);
      },
    );
    expect(calls).toBeGreaterThan(6);
  });

  test('in a replacement: the old or the new key is in use, and everything works afterwards', async () => {
    const calls = await afterEachCall(
      vault,
      (provider) => store(provider, KEY),
      (provider, context) => store(provider, NEXT, { expectedVersion: 1 }, context),
      async (provider) => {
        expect([`Bearer ${KEY}`, `Bearer ${NEXT}`]).toContain(await vault.use(provider));
        await expectNamedVersionLabelled(provider);
        await expectEverythingWorks(provider);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });

  test('in two replacements, one after the other: the key in use never loses its label', async () => {
    await afterEachCall(
      vault,
      async (provider) => {
        await store(provider, KEY);
        // Dies right after the record is written: AWSCURRENT is still on the first version.
        await dies(vault.context, 5, (context) => store(provider, NEXT, {}, context));
      },
      (provider, context) => store(provider, 'sk_live_53-third-value', {}, context),
      async (provider) => {
        expect([`Bearer ${NEXT}`, 'Bearer sk_live_53-third-value']).toContain(await vault.use(provider));
        await expectNamedVersionLabelled(provider);
      },
    );
  });

  test('in a deletion: the key is in use or gone, and repeating the deletion erases it', async () => {
    const calls = await afterEachCall(
      vault,
      async (provider) => {
        await store(provider, KEY);
        await store(provider, NEXT);
      },
      (provider, context) => erase(provider, context),
      async (provider) => {
        expect([`Bearer ${NEXT}`, 'credential_missing']).toContain(await vault.use(provider));
        await expectNamedVersionLabelled(provider);
        expect(await erase(provider)).toMatchObject({ statusCode: 204 });
        expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
      },
    );
    expect(calls).toBeGreaterThan(6);
  });

  test('in a deletion, and a store follows at once: the new key is in use and stays', async () => {
    await afterEachCall(
      vault,
      (provider) => store(provider, KEY),
      (provider, context) => erase(provider, context),
      (provider) => expectEverythingWorks(provider),
    );
  });

  test('while disabling: the key is in use or disabled, and can be enabled', async () => {
    await afterEachCall(
      vault,
      (provider) => store(provider, KEY),
      (provider, context) => act(provider, 'disable', context),
      async (provider) => {
        expect([`Bearer ${KEY}`, 'credential_disabled']).toContain(await vault.use(provider));
        expect(await act(provider, 'enable')).toMatchObject({ statusCode: 200 });
        expect(await vault.use(provider)).toBe(`Bearer ${KEY}`);
      },
    );
  });
});

describe('when AWS is in trouble', () => {
  test.each([
    'GetItem',
    'UpdateItem',
    'DescribeSecret',
    'PutSecretValue',
    'UpdateSecretVersionStage',
    'GenerateDataKey',
  ])('a throttled and a cut %s are repeated', async (operation) => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    vault.aws.faults.inject({ operation, kind: 'throttle', times: 1 });
    vault.aws.faults.inject({ operation, kind: 'reset', times: 1 });
    expect(bodyOf(await store(provider, NEXT, { expectedVersion: 1 }))).toMatchObject({ version: 2 });
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);
  });

  test.each(['UpdateItem', 'PutSecretValue', 'UpdateSecretVersionStage'])(
    'a %s whose answer is lost counts once',
    async (operation) => {
      const provider = vault.freshProvider();
      await store(provider, KEY);
      vault.aws.faults.inject({ operation, kind: 'reset', times: 1, afterEffect: true });
      expect(bodyOf(await store(provider, NEXT, { expectedVersion: 1 }))).toMatchObject({ version: 2 });
      vault.aws.faults.inject({ operation, kind: 'reset', times: 1, afterEffect: true });
      expect(bodyOf(await store(provider, NEXT))).toMatchObject({ version: 3 });
      vault.aws.faults.clear();
      vault.aws.faults.inject({ operation: 'UpdateItem', kind: 'reset', times: 1, afterEffect: true });
      expect(bodyOf(await act(provider, 'disable'))).toMatchObject({ status: 'disabled', version: 4 });
      vault.aws.faults.inject({ operation, kind: 'reset', times: 1, afterEffect: true });
      expect(await erase(provider)).toMatchObject({ statusCode: 204 });
      expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
    },
  );

  test.each([
    ['GenerateDataKey', 'kms'],
    ['DescribeSecret', 'secretsmanager'],
    ['PutSecretValue', 'secretsmanager'],
    ['UpdateItem', 'dynamodb'],
  ])('a store fails when %s stays broken, and the old key stays in use', async (operation, service) => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    vault.aws.faults.inject({ operation, kind: 'error' });
    const answer = await store(provider, NEXT);
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '1' } });
    expect(bodyOf(answer).error).toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringMatching(
        new RegExp(`^The vault could not complete the request: ${service} answered \\w+$`),
      ),
      help: 'Send the request again.',
    });
    vault.aws.faults.clear();
    expect(await vault.use(provider)).toBe(`Bearer ${KEY}`);
  });

  test('a store succeeds although the label cannot be moved: the record is what readers trust', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    vault.aws.faults.inject({ operation: 'UpdateSecretVersionStage', kind: 'error' });
    expect(await store(provider, NEXT)).toMatchObject({ statusCode: 200 });
    expect(await vault.use(provider)).toBe(`Bearer ${NEXT}`);
    expect((await vault.labels(provider))[String(await vault.named(provider))]).toEqual(['AWSPENDING']);
  });

  test('a deletion ends the key’s use although its value cannot be erased, and says so', async () => {
    const provider = vault.freshProvider();
    await store(provider, KEY);
    vault.aws.faults.inject({ operation: 'PutSecretValue', kind: 'error' });
    const answer = await erase(provider);
    expect(answer.statusCode).toBe(503);
    expect(bodyOf(answer).error).toMatchObject({
      code: 'vault_unavailable',
      message: expect.stringMatching(/^The key is out of use, but its old value could not be erased: secretsmanager /),
      help: 'Delete it again, to erase the value.',
    });
    expect(await vault.use(provider)).toBe('credential_missing');
    vault.aws.faults.clear();
    expect(await erase(provider)).toMatchObject({ statusCode: 204 });
    expect(await vault.labels(provider)).toEqual({ [String(await vault.named(provider))]: ['AWSCURRENT'] });
  });

  test('a store fails when the KMS key refuses, and says what to check', async () => {
    const kms = new KMSClient(sdkConfig(vault.aws));
    const { MCP_VAULT_KEY_ARN: keyArn = '' } = await provisionGateway(vault.aws, {
      gatewayId: 'closed',
      providers: [],
    });
    await kms.send(new DisableKeyCommand({ KeyId: keyArn }));
    const provider = vault.freshProvider();
    const answer = await store(provider, KEY, {}, { ...vault.context, dataKeys: kmsDataKeyMaker(kms, keyArn) });
    expect([answer.statusCode, bodyOf(answer)]).toEqual([
      500,
      {
        error: {
          code: 'internal',
          message: 'The vault could not complete the request: kms answered DisabledException',
          help: "Check that table, key and secrets of the gateway exist and that the function's role allows their use; deploying the stack again repairs both. Send the request again.",
        },
      },
    ]);
    expect(await vault.labels(provider)).toEqual({});
    await kms.send(new EnableKeyCommand({ KeyId: keyArn }));
  });

  test('a throttled list fails as unavailable', async () => {
    vault.aws.faults.inject({ operation: 'BatchGetItem', kind: 'throttle' });
    const answer = await vault.call({ method: 'GET' });
    expect([answer.statusCode, bodyOf(answer).error.code]).toEqual([503, 'vault_unavailable']);
  });
});

describe('no part of a value', () => {
  test('is in any answer, log line, record or secret, whatever happens', async () => {
    const secret = 'sk_live_do-not-leak-9f8e7d6c';
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        written.push(String(text));
        return true;
      }),
    );
    const provider = vault.freshProvider();
    const answers: unknown[] = [];
    const put = (body: unknown, rest: object = {}) =>
      vault.call({ method: 'PUT', path: `/${provider}`, body, ...rest });
    try {
      answers.push(await store(provider, secret));
      answers.push(await store(provider, secret, { expectedVersion: 9 }));
      answers.push(await vault.call({ method: 'GET' }));
      answers.push(await act(provider, 'disable'), await act(provider, 'enable'));
      // Everything an operator may get wrong with a key in hand.
      answers.push(await put(`{"parts": {"key": ${secret}}}`));
      answers.push(await put({ parts: { [secret]: secret } }));
      answers.push(await put({ [secret]: secret, parts: secret }));
      answers.push(await put({ parts: { key: `${secret}\n` }, expectedVersion: secret }));
      answers.push(await put({ parts: { key: `${secret} ü\u200b` } }));
      answers.push(await put(`{"parts":{"key":"${secret}","key":"${secret}"}}`));
      answers.push(await put({ parts: { key: secret } }, { headers: { 'Content-Type': secret } }));
      answers.push(await vault.call({ method: 'PUT', path: `/${secret}`, body: { parts: { key: secret } } }));
      answers.push(await vault.call({ method: 'POST', path: `/${provider}/disable`, body: secret }));
      for (const operation of ['GenerateDataKey', 'DescribeSecret', 'PutSecretValue', 'UpdateItem']) {
        for (const kind of ['throttle', 'error', 'reset'] as const) {
          vault.aws.faults.inject({ operation, kind });
          answers.push(await store(provider, secret));
          vault.aws.faults.clear();
        }
      }
      const broken = { ...vault.context, randomId: () => secret };
      answers.push(await store(provider, secret, {}, broken));
      answers.push(
        await store(
          provider,
          secret,
          {},
          {
            ...vault.context,
            randomBytes: () => {
              throw new TypeError(`cannot use ${secret}`);
            },
          },
        ),
      );
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(answers).toHaveLength(28);
    const everything = JSON.stringify([answers, vault.logged, written]) + (await vault.everythingStored(provider));
    for (const piece of [secret, 'do-not-leak', Buffer.from(secret).toString('base64').slice(4, 20)]) {
      expect(everything).not.toContain(piece);
    }
  }, 60_000);
});

describe('the log', () => {
  test('has one line per request, of named fields', async () => {
    const provider = vault.freshProvider();
    vault.logged.length = 0;
    await store(provider, KEY);
    await store(provider, NEXT, { expectedVersion: 7 });
    await vault.call({ method: 'GET', actor: null });
    vault.aws.faults.inject({ operation: 'UpdateItem', kind: 'error' });
    await act(provider, 'disable');
    const common = { time: ISO, requestId: 'request-1', actor: ACTOR, provider };
    expect(vault.logged).toEqual([
      { ...common, event: 'vault.store', version: 1, outcome: 'ok' },
      { ...common, event: 'vault.store', outcome: 'version_conflict' },
      { time: ISO, requestId: 'request-1', event: 'vault.list', outcome: 'forbidden' },
      { ...common, event: 'vault.disable', outcome: 'vault_unavailable', cause: 'dynamodb InternalServerError' },
    ]);
  });

  test('says where an unforeseen error came from, not what it said', async () => {
    vault.logged.length = 0;
    const context = {
      ...vault.context,
      randomBytes: () => {
        throw new TypeError(`cannot use ${KEY}`);
      },
    };
    const answer = await store(vault.freshProvider(), KEY, {}, context);
    expect([answer.statusCode, bodyOf(answer)]).toEqual([
      500,
      {
        error: {
          code: 'internal',
          message: 'The vault failed unexpectedly',
          help: 'The operator finds the cause in the function log by the request id.',
        },
      },
    ]);
    expect(vault.logged).toEqual([
      {
        event: 'vault.failed',
        time: ISO,
        requestId: 'request-1',
        outcome: 'internal',
        cause: 'TypeError',
        at: expect.stringMatching(/^vault-function\.test\.ts:\d+:\d+$/),
      },
    ]);
  });
});
