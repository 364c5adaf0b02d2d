import { randomUUID } from 'node:crypto';
import type { RotationDeps } from '../../lambda/core/rotation/rotation-ports';
import { serveRotation } from '../../lambda/core/rotation/serve-rotation';
import { type RotationScene, rotationScene, STEPS, type Step } from './key-rotation-scene';
import { startVaultFixture, type VaultFixture } from './vault-fixture';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await startVaultFixture();
});
afterAll(() => vault.close());
afterEach(() => vault.aws.faults.clear());

const labelsOf = async ({ provider }: RotationScene, version: string) => (await vault.labels(provider))[version] ?? [];
const store = (provider: string, key: string) =>
  vault.call({ method: 'PUT', path: `/${provider}`, body: { parts: { key } } });
const act = (provider: string, action: string, body?: object) =>
  vault.call({ method: 'POST', path: `/${provider}/${action}`, ...(body ? { body } : {}) });

/** A key that works is in use, is the only one of this gateway's at the platform, and is the version's. */
async function expectRotated(scene: RotationScene, token: string): Promise<void> {
  const [used = '', ...next] = await scene.inUse();
  expect(next).toEqual([]);
  expect(scene.platform.isAlive(used)).toBe(true);
  expect(scene.platform.names()).toEqual([expect.stringMatching(new RegExp(`^mcp-gateway [0-9a-f]{16} ${token}$`))]);
  expect(await labelsOf(scene, token)).toContain('AWSCURRENT');
}

describe('a rotation', () => {
  test('makes a key that may do what the one before might, uses it, and ends that one', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    expect(await scene.step('createSecret', token)).toBe('done');
    expect(scene.platform.names()).toHaveLength(2);
    expect([...scene.platform.keys.values()].at(-1)?.kept).toEqual({ scopes: ['mail.send'] });
    expect(await scene.inUse()).toEqual([scene.first.key]);

    expect(await scene.step('setSecret', token)).toBe('done');
    expect(await scene.inUse()).toEqual([scene.first.key, expect.stringMatching(/^key-number-2-/)]);
    expect(await scene.step('testSecret', token)).toBe('done');
    expect(scene.platform.isAlive(scene.first.key)).toBe(true);

    const waits: number[] = [];
    const sleep = async (ms: number) => {
      // Nobody may be using the old key when it is ended.
      expect(await scene.inUse()).toEqual([expect.stringMatching(/^key-number-2-/)]);
      expect(scene.platform.isAlive(scene.first.key)).toBe(true);
      waits.push(ms);
    };
    expect(await scene.step('finishSecret', token, { ...scene.deps, oldKeyMs: 6_250, sleep })).toBe('done');
    expect(waits).toEqual([6_250]);
    await expectRotated(scene, token);
    expect(scene.warnings).toEqual([]);
  });

  test('may follow another, each step may be taken twice, and nothing of it is in the log but names', async () => {
    const scene = await rotationScene(vault);
    for (let round = 0; round < 3; round += 1) {
      const token = await scene.begin();
      for (const step of STEPS) {
        expect(await scene.step(step, token)).toBe('done');
        expect(await scene.step(step, token)).toBe(step === 'testSecret' ? 'done' : 'done_before');
      }
      await expectRotated(scene, token);
    }
    expect(scene.audits).toHaveLength(24);
    expect(JSON.stringify(scene.audits)).not.toMatch(/key-number/);
    expect(scene.audits[0]).toEqual({
      event: 'rotation.createSecret',
      time: expect.stringMatching(/^20/),
      provider: scene.provider,
      secretVersionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      outcome: 'done',
    });
  });

  test('waits for a platform that knows its own new key late', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    await scene.step('createSecret', token);
    await scene.step('setSecret', token);
    const refused = { asked: 'describe', problem: { kind: 'refused', cause: 'status_401' } } as const;
    scene.platform.failing.push(refused, refused, refused);
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    expect(await scene.step('testSecret', token, { ...scene.deps, sleep })).toBe('done');
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  test('fails where the platform never takes the new key, with the old one in use', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    await scene.step('createSecret', token);
    await scene.step('setSecret', token);
    for (const [id, { name }] of scene.platform.keys) if (name !== 'made by hand') scene.platform.keys.delete(id);
    expect(await scene.step('testSecret', token)).toBe(
      'platform_failed: The platform was asked whether the new key works and answered status_401. ' +
        'Check that the key in use may manage keys (docs/providers.md).',
    );
    expect((await scene.inUse())[0]).toBe(scene.first.key);
    expect(scene.platform.isAlive(scene.first.key)).toBe(true);
  });

  test('is only tested when it is configured: with a key, without one, and where a value was put before the key', async () => {
    const scene = await rotationScene(vault);
    expect(await scene.step('testSecret', randomUUID())).toBe('nothing_to_test');
    await vault.call({ method: 'DELETE', path: `/${scene.provider}` });
    expect(await scene.step('testSecret', randomUUID())).toBe('nothing_to_test');

    await store(scene.provider, 'sk_live_stored-again');
    const named = String(await vault.named(scene.provider));
    await scene.deps.secrets.add(scene.key.secretId, randomUUID(), 'put by a deployment', 'AWSCURRENT');
    expect(await labelsOf(scene, named)).not.toContain('AWSCURRENT');
    expect(await scene.step('testSecret', randomUUID())).toBe('nothing_to_test');
    expect(await labelsOf(scene, named)).toContain('AWSCURRENT');
  });
});

/** The dependencies of a function that dies when its n-th call, to AWS or the platform, has taken effect. */
function dyingAfter(scene: RotationScene, calls: number, died: () => void): RotationDeps {
  let left = calls;
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name, receiver) => {
        const method = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          const answer = await method.apply(target, args);
          left -= 1;
          if (left > 0) return answer;
          died();
          return new Promise(() => undefined);
        };
      },
    });
  const { records, secrets, dataKeys, values, openKeys } = scene.deps;
  Object.assign(scene.key, { platform: mortal(scene.platform) });
  return {
    ...scene.deps,
    records: mortal(records),
    secrets: mortal(secrets),
    dataKeys: mortal(dataKeys),
    values: mortal(values),
    openKeys: mortal(openKeys),
  };
}

describe.each(STEPS)('a function that dies after any of its calls in %s', (dying: Step) => {
  test('leaves a key that works in use, and Secrets Manager’s next attempt ends all others', async () => {
    const before = STEPS.slice(0, STEPS.indexOf(dying));
    for (let calls = 1; ; calls += 1) {
      const scene = await rotationScene(vault);
      const token = await scene.begin();
      for (const step of before) expect(await scene.step(step, token)).toBe('done');
      const isDead = await new Promise<boolean>((resolve, reject) => {
        const deps = dyingAfter(scene, calls, () => resolve(true));
        scene.step(dying, token, deps).then(() => resolve(false), reject);
      });
      Object.assign(scene.key, { platform: scene.platform });
      const [used = ''] = await scene.inUse();
      expect(scene.platform.isAlive(used)).toBe(true);
      expect(await scene.rotate(token)).toBe('done');
      await expectRotated(scene, token);
      if (!isDead) return expect(calls).toBeGreaterThan(3);
    }
  });
});

describe('when AWS is in trouble', () => {
  test.each([
    'GetItem',
    'UpdateItem',
    'DescribeSecret',
    'GetSecretValue',
    'PutSecretValue',
    'UpdateSecretVersionStage',
    'GenerateDataKey',
    'Decrypt',
  ])('a rotation without %s comes to nothing worse than another attempt', async (operation) => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    vault.aws.faults.inject({ operation, kind: 'error' });
    expect(await scene.rotate(token)).toMatch(/^(create|set|finish)Secret: (backend|vault_refused): /);
    vault.aws.faults.clear();
    const [used = ''] = await scene.inUse();
    expect(scene.platform.isAlive(used)).toBe(true);
    expect(await scene.rotate(token)).toBe('done');
    await expectRotated(scene, token);
  });

  test.each(['UpdateItem', 'PutSecretValue', 'UpdateSecretVersionStage'])(
    'a %s whose answer is lost counts once',
    async (operation) => {
      const scene = await rotationScene(vault);
      const token = await scene.begin();
      vault.aws.faults.inject({ operation, kind: 'reset', times: 2, afterEffect: true });
      expect(await scene.rotate(token)).toBe('done');
      await expectRotated(scene, token);
    },
  );

  test('a key that could not be stored is ended at once', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    vault.aws.faults.inject({ operation: 'PutSecretValue', kind: 'error' });
    expect(await scene.step('createSecret', token)).toMatch(/^backend: secretsmanager answered /);
    expect(scene.platform.names()).toEqual(['made by hand']);
  });
});

describe('when the platform is in trouble', () => {
  const UNAVAILABLE = { kind: 'unavailable', cause: 'status_503' } as const;

  test.each([
    ['describe', false],
    ['create', false],
    ['create', true],
    ['list', false],
    ['remove', false],
    ['remove', true],
  ] as const)('a failed %s (after its effect: %s) is made up for by the next attempt', async (asked, afterEffect) => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    scene.platform.failing.push({ asked, problem: UNAVAILABLE, afterEffect });
    expect(await scene.rotate(token)).toMatch(/Secret: platform_failed: .* answered status_503\. It is asked again/);
    const [used = ''] = await scene.inUse();
    expect(scene.platform.isAlive(used)).toBe(true);
    expect(await scene.rotate(token)).toBe('done');
    await expectRotated(scene, token);
  });

  test('a key without the right to manage keys is told, and nothing has changed', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    scene.platform.failing.push({ asked: 'create', problem: { kind: 'refused', cause: 'status_403' } });
    expect(await scene.rotate(token)).toBe(
      'createSecret: platform_failed: The platform was asked to make a key and answered status_403. ' +
        'Check that the key in use may manage keys (docs/providers.md).',
    );
    expect(await scene.inUse()).toEqual([scene.first.key]);
  });

  test.each([
    ['too short a key', 'short', 'part "key" is shorter than 8 characters'],
    ['a key that would start another header', 'key\r\nX-Evil: 1', 'part "key" contains a line break'],
  ])('%s is ended, not stored', async (_, made, problem) => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    scene.platform.nextKey = made;
    expect(await scene.step('createSecret', token)).toContain(`key_unusable: The new key cannot be used: ${problem}`);
    expect(scene.platform.names()).toEqual(['made by hand']);
    expect(await scene.inUse()).toEqual([scene.first.key]);
  });

  test('refuses to make a key where it is not said what the one in use may do', async () => {
    const scene = await rotationScene(vault);
    scene.platform.kept = undefined;
    expect(await scene.rotate(await scene.begin())).toMatch(/^createSecret: rights_unknown: /);
    expect(scene.platform.names()).toEqual(['made by hand']);
  });

  test('a platform that tells no ids: the first key is left to the operator, who is told, later ones are ended', async () => {
    const scene = await rotationScene(vault);
    scene.platform.tellsIds = false;
    const first = await scene.begin();
    expect(await scene.rotate(first)).toBe('done');
    expect(scene.warnings).toEqual([
      {
        event: 'rotation.old_key_left',
        provider: scene.provider,
        help: 'The key that was in use before could not be told from others at the platform: end it there by hand.',
      },
    ]);
    scene.platform.keys.delete(scene.first.id);
    const second = await scene.begin();
    expect(await scene.rotate(second)).toBe('done');
    await expectRotated(scene, second);
    expect(scene.warnings).toHaveLength(1);
  });

  test('an old key that was ended there by hand meanwhile is no trouble', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    for (const step of STEPS.slice(0, 3)) await scene.step(step, token);
    scene.platform.keys.delete(scene.first.id);
    expect(await scene.step('finishSecret', token)).toBe('done');
    expect(scene.warnings).toEqual([]);
  });
});

describe('at once, late, or by somebody else', () => {
  test.each(STEPS)('five times %s at once come to one key', async (racing) => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    for (const step of STEPS) {
      const times = step === racing ? 5 : 1;
      await Promise.all(Array.from({ length: times }, () => scene.step(step, token)));
    }
    expect(await scene.rotate(token)).toBe('done');
    await expectRotated(scene, token);
  });

  test.each(STEPS)('a key stored by an administrator before %s stays, and nothing is ended for it', async (late) => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    for (const step of STEPS.slice(0, STEPS.indexOf(late))) await scene.step(step, token);
    const stored = scene.platform.issue('of the administrator');
    await store(scene.provider, stored.key);
    const outcome = await scene.rotate(token);
    expect(outcome).toMatch(late === 'createSecret' ? /^createSecret: superseded: / : /: superseded: /);
    expect(await scene.inUse()).toEqual([stored.key]);
    expect(scene.platform.isAlive(stored.key)).toBe(true);
  });

  test.each(['testSecret', 'finishSecret'] as const)(
    'one that is abandoned before %s is not taken up again',
    async (late) => {
      const scene = await rotationScene(vault);
      const token = await scene.begin();
      for (const step of STEPS.slice(0, STEPS.indexOf(late))) await scene.step(step, token);
      expect(await act(scene.provider, 'abandon')).toMatchObject({ statusCode: 200 });
      expect(await scene.rotate(token)).toMatch(/^createSecret: superseded: /);
      expect(await scene.inUse()).toEqual([scene.first.key]);
      expect(await labelsOf(scene, token)).toEqual([]);
      const next = await scene.begin();
      expect(await scene.rotate(next)).toBe('done');
      await expectRotated(scene, next);
    },
  );

  test('refuses where a rotation by hand is under way, or the key is disabled', async () => {
    const scene = await rotationScene(vault);
    const token = await scene.begin();
    await act(scene.provider, 'rotate', { parts: { key: 'sk_live_by-hand' } });
    expect(await scene.rotate(token)).toMatch(
      /^createSecret: rotation_under_way: A rotation by hand is under way since/,
    );
    await act(scene.provider, 'abandon');
    await act(scene.provider, 'disable');
    expect(await scene.rotate(token)).toMatch(/^createSecret: key_disabled: /);
    expect(scene.platform.names()).toEqual(['made by hand']);
  });

  test('refuses to rotate what is not stored', async () => {
    const scene = await rotationScene(vault);
    await vault.call({ method: 'DELETE', path: `/${scene.provider}` });
    expect(await scene.rotate(await scene.begin())).toBe(
      'createSecret: key_not_found: No key is stored: store one first (mcp-gateway vault store).',
    );
  });

  test('refuses to send a key to an API it was not stored for', async () => {
    const scene = await rotationScene(vault, false);
    expect(await scene.rotate(await scene.begin())).toMatch(/^createSecret: key_not_bound: /);
    expect(scene.platform.names()).toEqual(['made by hand']);
  });

  test('ends no key of another gateway, and none that people made', async () => {
    const scene = await rotationScene(vault);
    for (const name of ['mcp-gateway 0123456789abcdef x', 'production', 'mcp-gateway']) scene.platform.issue(name);
    const token = await scene.begin();
    expect(await scene.rotate(token)).toBe('done');
    expect(scene.platform.names().slice(0, 3)).toEqual(['mcp-gateway 0123456789abcdef x', 'production', 'mcp-gateway']);
    expect(scene.platform.names()).toHaveLength(4);
  });

  test('a last step that comes late ends nothing of the rotation that has begun since', async () => {
    const scene = await rotationScene(vault);
    const first = await scene.begin();
    await scene.rotate(first);
    const second = await scene.begin();
    await scene.step('createSecret', second);
    expect(await scene.step('finishSecret', first)).toBe('done_before');
    expect(scene.platform.names()).toHaveLength(2);
    for (const step of STEPS.slice(1)) expect(await scene.step(step, second)).toBe('done');
    expect(await scene.step('finishSecret', first)).toMatch(/^superseded: /);
    await expectRotated(scene, second);
  });

  test.each([
    ['nothing', { Step: undefined, SecretId: undefined }],
    ['another event', { Step: undefined, source: 'aws.events' }],
    ['an unknown step', { Step: 'deleteSecret' }],
    ['a token that is no version id', { ClientRequestToken: '../../x' }],
    ['a secret of somebody else', { SecretId: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-AbCdEf' }],
  ])('refuses %s, and quotes none of it', async (_, change) => {
    const scene = await rotationScene(vault);
    const event = { Step: 'createSecret', SecretId: scene.key.secretId, ClientRequestToken: randomUUID(), ...change };
    const { outcome, audit } = await serveRotation(event, [scene.key], scene.deps);
    expect(outcome.ok).toBe(false);
    expect(audit).toMatchObject({ event: 'rotation.unknown', outcome: 'invalid_request' });
    expect(JSON.stringify(audit)).not.toMatch(/\.\.|other|deleteSecret/);
  });
});
