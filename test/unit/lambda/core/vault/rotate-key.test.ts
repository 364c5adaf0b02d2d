import fc from 'fast-check';
import { deleteKey, storeKey, type VaultDeps } from '../../../../../lambda/core/vault/change-key';
import type { KeyShape } from '../../../../../lambda/core/vault/key-shape';
import { parseSealedValue } from '../../../../../lambda/core/vault/open-value';
import { abandonRotation, confirmRotation, startRotation } from '../../../../../lambda/core/vault/rotate-key';
import { MemoryVault, memoryPorts, SECRET_ID } from './memory-ports';

const shape: KeyShape = {
  provider: 'stripe',
  origins: ['https://mcp.stripe.com'],
  parts: ['key'],
  plainParts: new Set(['key']),
  userParts: new Set(),
};
const actor = 'a';

type Kind = 'store' | 'rotate' | 'confirm' | 'abandon' | 'delete';

function depsFor(vault: MemoryVault, id: string, step: () => Promise<void> = async () => undefined): VaultDeps {
  return {
    gatewayId: 'gw',
    secretIds: new Map([['stripe', SECRET_ID]]),
    ...memoryPorts(vault, step),
    now: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    randomId: () => id,
  };
}

function run(operation: Kind, deps: VaultDeps, expectedVersion?: number) {
  const parts = { key: 'sk_live_51' };
  switch (operation) {
    case 'store':
      return storeKey({ operation, shape, parts, expectedVersion, actor }, deps);
    case 'rotate':
      return startRotation({ operation, shape, parts, expectedVersion, actor }, deps);
    case 'confirm':
      return confirmRotation({ operation, shape, expectedVersion, actor }, deps);
    case 'abandon':
      return abandonRotation({ operation, shape, expectedVersion, actor }, deps);
    case 'delete':
      return deleteKey({ operation, shape, actor }, deps);
  }
}

/** What a record names is there and is a sealed value. */
function isReadable({ record, values }: MemoryVault): boolean {
  if (record?.kind !== 'live') return true;
  const named = [record.secretVersionId, ...(record.candidate ? [record.candidate.secretVersionId] : [])];
  return named.every((versionId) => parseSealedValue(values.get(versionId) ?? '').ok);
}

/** The key in use and the one that is to follow have the labels that keep them. */
function isSettled({ record, labels }: MemoryVault): boolean {
  if (record?.kind !== 'live') return true;
  const { candidate, secretVersionId } = record;
  const isCandidateKept = candidate === undefined || labels.get('MCPCANDIDATE') === candidate.secretVersionId;
  return labels.get('AWSCURRENT') === secretVersionId && isCandidateKept;
}

describe('changes of a key while it rotates, interleaved in any order, some of them dying', () => {
  const kinds = fc.constantFrom<Kind>('store', 'rotate', 'rotate', 'confirm', 'confirm', 'abandon', 'delete');
  const diesBefore = fc.oneof(fc.constant(1_000), fc.nat(16));

  test('never leave a record that names what is not there, and one more change sets every label right', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ kind: kinds, diesBefore }), { minLength: 1, maxLength: 6 }),
        async (scheduler, operations) => {
          const vault = new MemoryVault();
          await run('store', depsFor(vault, 'id-first'));
          for (const [at, { kind, diesBefore }] of operations.entries()) {
            let calls = 0;
            const step = async (): Promise<void> => {
              calls += 1;
              if (calls > diesBefore) await new Promise(() => undefined);
              await scheduler.schedule(Promise.resolve(), `${kind} ${at}`);
              expect(isReadable(vault)).toBe(true);
            };
            void run(kind, depsFor(vault, `id-${at}`, step));
          }
          await scheduler.waitIdle();
          expect(isReadable(vault)).toBe(true);
          await run('store', depsFor(vault, 'id-last'));
          await run('rotate', depsFor(vault, 'id-next'));
          expect(isSettled(vault)).toBe(true);
          expect((await run('confirm', depsFor(vault, 'unused'))).ok).toBe(true);
          expect(vault.record?.secretVersionId).toBe('id-next');
          expect(isReadable(vault) && isSettled(vault)).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of simultaneous rotations exactly one begins, and its key is the one that is confirmed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (scheduler, count) => {
        const vault = new MemoryVault();
        await run('store', depsFor(vault, 'id-first'));
        const step = () => scheduler.schedule(Promise.resolve());
        const rotations = Array.from({ length: count }, (_, at) => run('rotate', depsFor(vault, `id-${at}`, step)));
        await scheduler.waitIdle();
        const outcomes = await Promise.all(rotations);
        const begun = outcomes.flatMap(({ ok }, at) => (ok ? [`id-${at}`] : []));
        expect(begun).toHaveLength(1);
        const told = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.code]));
        expect(told).toEqual(Array(count - 1).fill('rotation_under_way'));
        expect(isSettled(vault)).toBe(true);
        await run('confirm', depsFor(vault, 'unused'));
        expect(vault.record?.secretVersionId).toBe(begun[0]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a candidate that Secrets Manager has discarded', () => {
  const lost = async () => {
    const vault = new MemoryVault();
    await run('store', depsFor(vault, 'id-old'));
    await run('rotate', depsFor(vault, 'id-new'));
    vault.labels.delete('MCPCANDIDATE');
    vault.values.delete('id-new');
    return vault;
  };

  test('is not put into use', async () => {
    const vault = await lost();
    expect(await run('confirm', depsFor(vault, 'unused'))).toEqual({
      ok: false,
      error: { code: 'candidate_lost', provider: 'stripe' },
    });
    expect(vault.record?.secretVersionId).toBe('id-old');
  });

  test('can be abandoned, and the next rotation works', async () => {
    const vault = await lost();
    expect((await run('abandon', depsFor(vault, 'unused'))).ok).toBe(true);
    expect((await run('rotate', depsFor(vault, 'id-next'))).ok).toBe(true);
    expect((await run('confirm', depsFor(vault, 'unused'))).ok).toBe(true);
    expect(vault.record?.secretVersionId).toBe('id-next');
  });
});

test('a candidate that has lost its label only gets it back before it is put into use', async () => {
  const vault = new MemoryVault();
  await run('store', depsFor(vault, 'id-old'));
  await run('rotate', depsFor(vault, 'id-new'));
  vault.labels.delete('MCPCANDIDATE');
  expect((await run('confirm', depsFor(vault, 'unused'))).ok).toBe(true);
  expect(vault.labels.get('AWSCURRENT')).toBe('id-new');
});

test('the data key of a rotation is wiped from memory once the value is sealed', async () => {
  const plaintext = new Uint8Array(32).fill(7);
  const vault = new MemoryVault();
  await run('store', depsFor(vault, 'id-old'));
  const dataKeys = { make: async () => ({ ok: true as const, value: { plaintext, wrapped: new Uint8Array(40) } }) };
  await run('rotate', { ...depsFor(vault, 'id-new'), dataKeys });
  expect(plaintext).toEqual(new Uint8Array(32));
});
