import type { VaultKeyStatus } from '../../contract/vault-api';
import { err, ok, type Result } from '../result';
import type { VaultCommand } from './parse-vault-request';
import { putValue } from './put-value';
import { PENDING, settleLabels } from './settle-labels';
import type { DataKeyMaker, KeyRecord, KeyRecords, LiveKey, SecretVersions } from './vault-ports';
import type { VaultRefusal } from './vault-refusal';

export interface VaultDeps {
  readonly gatewayId: string;
  /** Provider -> the secret that holds its key. */
  readonly secretIds: ReadonlyMap<string, string>;
  readonly records: KeyRecords;
  readonly secrets: SecretVersions;
  readonly dataKeys: DataKeyMaker;
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly randomId: () => string;
}

export type Outcome<T> = Promise<Result<T, VaultRefusal>>;
type StoreCommand = Extract<VaultCommand, { parts: unknown }>;
type ChangeCommand = Extract<VaultCommand, { operation: 'disable' | 'enable' | 'delete' }>;

/** Stores or replaces a key. The order of the calls is the design: see README.md. */
export async function storeKey(command: StoreCommand, deps: VaultDeps): Outcome<LiveKey> {
  const { shape, expectedVersion, actor } = command;
  const { provider, origins } = shape;
  const { records } = deps;
  const secretId = secretIdOf(provider, deps);
  if (expectedVersion !== undefined) {
    const early = await records.read(provider);
    if (!early.ok) return err({ code: 'backend', failure: early.error });
    if (liveVersion(early.value) !== expectedVersion) return err(conflict(provider, expectedVersion, early.value));
  }

  const put = await putValue(secretId, shape, command.parts, PENDING, deps);
  if (!put.ok) return err({ code: 'backend', failure: put.error });
  const secretVersionId = put.value;
  const change = { actor, nowMs: deps.now(), secretId, secretVersionId, parts: shape.parts, origins, expectedVersion };
  const written = await records.store(provider, change);
  if (!written.ok) return err({ code: 'backend', failure: written.error });
  // Whatever becomes of the labels, the record is written: the next change settles what this one cannot.
  await settleLabels(provider, secretId, deps);
  if (written.value !== undefined) return ok(written.value);

  const found = await records.read(provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  // The write was repeated after its answer got lost, and met what it had written itself.
  if (found.value?.kind === 'live' && found.value.secretVersionId === secretVersionId) return ok(found.value);
  return err(conflict(provider, expectedVersion ?? 0, found.value));
}

/** Allows or refuses a key's use. Already so: nothing changes, not even the version. */
export async function setKeyStatus(command: ChangeCommand, status: VaultKeyStatus, deps: VaultDeps): Outcome<LiveKey> {
  const { provider } = command.shape;
  const written = await deps.records.setStatus(provider, status, { actor: command.actor, nowMs: deps.now() });
  if (!written.ok) return err({ code: 'backend', failure: written.error });
  if (written.value !== undefined) return ok(written.value);
  const found = await deps.records.read(provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  return found.value?.kind === 'live' ? ok(found.value) : err({ code: 'key_not_found', provider });
}

/** Ends a key's use, then erases its value. Succeeds when nothing is there, so that it can be repeated. */
export async function deleteKey(command: ChangeCommand, deps: VaultDeps): Outcome<number | undefined> {
  const { provider } = command.shape;
  const secretId = secretIdOf(provider, deps);
  const found = await deps.records.read(provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  if (found.value === undefined) {
    // A store that died before its record may have left a value.
    const labels = await deps.secrets.labels(secretId);
    if (!labels.ok) return err({ code: 'backend', failure: labels.error });
    if (labels.value.size === 0) return ok(undefined);
  }
  const change = { actor: command.actor, nowMs: deps.now(), secretId, secretVersionId: `erased-${deps.randomId()}` };
  const erased = await deps.records.erase(provider, change);
  if (!erased.ok) return err({ code: 'backend', failure: erased.error });
  const settled = await settleLabels(provider, secretId, deps);
  if (!settled.ok) return err({ code: 'backend', failure: settled.error, revoked: true });
  if (settled.value) return ok(erased.value?.version);
  const failure = { service: 'secretsmanager', kind: 'unavailable', name: 'ConcurrentChanges' } as const;
  return err({ code: 'backend', failure, revoked: true });
}

export function secretIdOf(provider: string, deps: VaultDeps): string {
  const secretId = deps.secretIds.get(provider);
  if (secretId === undefined) throw new Error(`no secret for provider ${provider}`);
  return secretId;
}

export function liveVersion(record: KeyRecord | undefined): number {
  return record?.kind === 'live' ? record.version : 0;
}

export function conflict(provider: string, expected: number, record: KeyRecord | undefined): VaultRefusal {
  return { code: 'version_conflict', provider, expected, found: liveVersion(record) };
}
