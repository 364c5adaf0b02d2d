import type { BackendFailure } from '../../../../../lambda/core/ports';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import type {
  DataKeyMaker,
  EndChange,
  KeyRecord,
  KeyRecords,
  LiveKey,
  SecretVersions,
} from '../../../../../lambda/core/vault/vault-ports';

export const SECRET_ID = 'arn:aws:secretsmanager:eu-west-1:1:secret:s';

/** What is stored about one provider, with the rules of DynamoDB and Secrets Manager that matter here. */
export class MemoryVault {
  record: KeyRecord | undefined;
  readonly values = new Map<string, string>();
  readonly labels = new Map<string, string>();

  labelsByVersion(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [label, versionId] of this.labels) found.set(versionId, [...(found.get(versionId) ?? []), label]);
    return found;
  }

  /** The version that loses AWSCURRENT becomes AWSPREVIOUS. */
  setLabel(label: string, versionId: string): void {
    const before = this.labels.get(label);
    if (before === versionId) return;
    this.labels.set(label, versionId);
    if (label === 'AWSCURRENT' && before !== undefined) this.labels.set('AWSPREVIOUS', before);
  }
}

function isAbout(record: KeyRecord | undefined, { candidate, expectedVersion }: EndChange): record is LiveKey {
  return (
    record?.kind === 'live' &&
    record.candidate?.secretVersionId === candidate.secretVersionId &&
    (expectedVersion === undefined || expectedVersion === record.version)
  );
}

/**
 * Ports over a {@link MemoryVault}. `step` runs before each call, which is where a test schedules,
 * delays or ends the caller.
 */
export function memoryPorts(
  vault: MemoryVault,
  step: () => Promise<void>,
): { records: KeyRecords; secrets: SecretVersions; dataKeys: DataKeyMaker } {
  const answer = async <T>(effect: () => T): Promise<Result<T, never>> => {
    await step();
    return ok(effect());
  };
  const invalid: BackendFailure = { service: 'secretsmanager', kind: 'invalid', name: 'InvalidParameterException' };
  return {
    records: {
      read: () => answer(() => vault.record),
      readAll: () => answer(() => (vault.record ? [vault.record] : [])),
      store: (provider, change) =>
        answer(() => {
          const { record } = vault;
          const version = record?.kind === 'live' ? record.version : 0;
          if (change.expectedVersion !== undefined && change.expectedVersion !== version) return undefined;
          const at = new Date(change.nowMs).toISOString();
          const live = {
            kind: 'live' as const,
            provider,
            status: 'active' as const,
            version: (record?.version ?? 0) + 1,
            secretId: change.secretId,
            secretVersionId: change.secretVersionId,
            parts: change.parts,
            origins: change.origins,
            createdAt: at,
            updatedAt: at,
            updatedBy: change.actor,
          };
          vault.record = live;
          return live;
        }),
      startRotation: (_, { secretId, secretVersionId, parts, origins, expectedVersion, nowMs }) =>
        answer(() => {
          const { record } = vault;
          if (record?.kind !== 'live' || record.candidate !== undefined || record.secretId !== secretId)
            return undefined;
          if (expectedVersion !== undefined && expectedVersion !== record.version) return undefined;
          const candidate = { secretVersionId, parts, origins, startedAt: new Date(nowMs).toISOString() };
          vault.record = { ...record, version: record.version + 1, candidate };
          return vault.record;
        }),
      confirmRotation: (_, change) =>
        answer(() => {
          const { record } = vault;
          if (!isAbout(record, change)) return undefined;
          const { startedAt: _, ...named } = change.candidate;
          vault.record = { ...record, ...named, version: record.version + 1, candidate: undefined };
          return vault.record;
        }),
      abandonRotation: (_, change) =>
        answer(() => {
          const { record } = vault;
          if (!isAbout(record, change)) return undefined;
          vault.record = { ...record, version: record.version + 1, candidate: undefined };
          return vault.record;
        }),
      setStatus: () => answer(() => undefined),
      erase: (_, { secretId, secretVersionId }) =>
        answer(() => {
          if (vault.record?.kind === 'erased') return undefined;
          const erased = {
            kind: 'erased' as const,
            version: (vault.record?.version ?? 0) + 1,
            secretId,
            secretVersionId,
          };
          vault.record = erased;
          return erased;
        }),
    },
    secrets: {
      labels: () => answer(() => vault.labelsByVersion()),
      add: (_, versionId, text, label) =>
        answer(() => {
          if (vault.values.has(versionId)) return;
          const first = vault.values.size === 0;
          vault.values.set(versionId, text);
          vault.setLabel(label, versionId);
          if (first) vault.setLabel('AWSCURRENT', versionId);
        }),
      moveLabel: async (_, label, from, to) => {
        await step();
        if (to !== undefined && !vault.values.has(to)) return err({ ...invalid, kind: 'not_found' });
        if (vault.labels.get(label) !== from) return err(invalid);
        if (to === undefined) vault.labels.delete(label);
        else vault.setLabel(label, to);
        return ok(undefined);
      },
    },
    dataKeys: {
      make: () => answer(() => ({ plaintext: new Uint8Array(32), wrapped: new Uint8Array(40) })),
    },
  };
}
