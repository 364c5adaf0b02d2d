import { err, ok } from '../result';
import { conflict, liveVersion, type Outcome, secretIdOf, type VaultDeps } from './change-key';
import type { VaultCommand } from './parse-vault-request';
import { putValue } from './put-value';
import { CANDIDATE, PENDING, settleLabels } from './settle-labels';
import type { Candidate, KeyRecord, LiveKey } from './vault-ports';
import type { VaultRefusal } from './vault-refusal';

type StartCommand = Extract<VaultCommand, { parts: unknown }>;
type EndCommand = Extract<VaultCommand, { operation: 'confirm' | 'abandon' }>;

/**
 * Begins a rotation: the new value is kept beside the one in use. Readers try it when the upstream no longer takes the
 * other, so either may be ended at the platform first.
 */
export async function startRotation(command: StartCommand, deps: VaultDeps): Outcome<LiveKey> {
  const { shape, expectedVersion } = command;
  const { provider } = shape;
  const secretId = secretIdOf(provider, deps);
  const early = await deps.records.read(provider);
  if (!early.ok) return err({ code: 'backend', failure: early.error });
  const refusal = cannotStart(provider, secretId, expectedVersion, early.value);
  if (refusal !== undefined) return err(refusal);

  const put = await putValue(secretId, shape, command.parts, CANDIDATE, deps);
  if (!put.ok) return err({ code: 'backend', failure: put.error });
  return nameCandidate(command, put.value, deps);
}

/** Makes a value that is in the key's secret already the candidate. */
export async function nameCandidate(
  { shape, expectedVersion, actor }: Pick<StartCommand, 'shape' | 'expectedVersion' | 'actor'>,
  secretVersionId: string,
  deps: VaultDeps,
): Outcome<LiveKey> {
  const { provider, parts, origins } = shape;
  const { records } = deps;
  const secretId = secretIdOf(provider, deps);
  const change = { actor, nowMs: deps.now(), secretId, secretVersionId, parts, origins, expectedVersion };
  const written = await records.startRotation(provider, change);
  if (!written.ok) return err({ code: 'backend', failure: written.error });
  await settleLabels(provider, secretId, deps);
  if (written.value !== undefined) return ok(written.value);

  const found = await records.read(provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  // The write was repeated after its answer got lost, and met what it had written itself.
  if (found.value?.kind === 'live' && names(found.value, secretVersionId)) return ok(found.value);
  await dropLabel(secretId, secretVersionId, deps);
  return err(cannotStart(provider, secretId, expectedVersion, found.value) ?? CONCURRENT);
}

/** Makes the candidate the one in use. From the moment of the write on, nobody uses the other. */
export async function confirmRotation(command: EndCommand, deps: VaultDeps): Outcome<LiveKey> {
  const { shape, expectedVersion, actor } = command;
  const { provider } = shape;
  const { records, secrets } = deps;
  const early = await underWay(command, deps);
  if (!early.ok) return early;
  const { candidate, secretId } = early.value;
  // A version without a label may be gone by now: what no reader could open must not become the one in use.
  const healed = await settleLabels(provider, secretId, deps);
  if (!healed.ok) return err({ code: 'backend', failure: healed.error });
  const labels = await secrets.labels(secretId);
  if (!labels.ok) return err({ code: 'backend', failure: labels.error });

  if (!labels.value.has(candidate.secretVersionId)) {
    const now = await underWay(command, deps);
    const isSame = now.ok && now.value.candidate.secretVersionId === candidate.secretVersionId;
    return now.ok ? err(isSame ? { code: 'candidate_lost', provider } : CONCURRENT) : now;
  }
  const change = { actor, nowMs: deps.now(), candidate, expectedVersion };
  const written = await records.confirmRotation(provider, change);
  if (!written.ok) return err({ code: 'backend', failure: written.error });
  // Whatever becomes of the labels, the record is written: the next change settles what this one cannot.
  await settleLabels(provider, secretId, deps);
  if (written.value !== undefined) return ok(written.value);
  return afterwards(command, deps, (found) => found.secretVersionId === candidate.secretVersionId);
}

/** Drops the candidate; the key in use stays. */
export async function abandonRotation(command: EndCommand, deps: VaultDeps): Outcome<LiveKey> {
  const { shape, expectedVersion, actor } = command;
  const { provider } = shape;
  const early = await underWay(command, deps);
  if (!early.ok) return early;
  const { candidate, secretId } = early.value;
  const change = { actor, nowMs: deps.now(), candidate, expectedVersion };
  const written = await deps.records.abandonRotation(provider, change);
  if (!written.ok) return err({ code: 'backend', failure: written.error });
  if (written.value !== undefined) {
    await dropLabel(secretId, candidate.secretVersionId, deps);
    // Of a rotation by Secrets Manager, which would take it up again where this label is.
    await deps.secrets.moveLabel(secretId, PENDING, candidate.secretVersionId, undefined);
    return ok(written.value);
  }
  return afterwards(command, deps, (found) => !names(found, candidate.secretVersionId));
}

/** The rotation a command is about, if there is one. */
async function underWay(
  { shape: { provider }, expectedVersion }: EndCommand,
  { records }: VaultDeps,
): Outcome<LiveKey & { readonly candidate: Candidate }> {
  const found = await records.read(provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  if (found.value?.kind !== 'live') return err({ code: 'key_not_found', provider });
  if (expectedVersion !== undefined && expectedVersion !== found.value.version) {
    return err(conflict(provider, expectedVersion, found.value));
  }
  const { candidate } = found.value;
  return candidate === undefined ? err({ code: 'rotation_not_found', provider }) : ok({ ...found.value, candidate });
}

/** A write whose condition did not hold: it may have met what an earlier attempt of its own had written. */
async function afterwards(command: EndCommand, deps: VaultDeps, isDone: (found: LiveKey) => boolean): Outcome<LiveKey> {
  const found = await deps.records.read(command.shape.provider);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  if (found.value?.kind === 'live' && isDone(found.value)) return ok(found.value);
  const now = await underWay(command, deps);
  return now.ok ? err(CONCURRENT) : now;
}

function cannotStart(
  provider: string,
  secretId: string,
  expected: number | undefined,
  record: KeyRecord | undefined,
): VaultRefusal | undefined {
  if (expected !== undefined && expected !== liveVersion(record)) return conflict(provider, expected, record);
  if (record?.kind !== 'live') return { code: 'key_not_found', provider };
  if (record.candidate !== undefined) {
    return { code: 'rotation_under_way', provider, startedAt: record.candidate.startedAt };
  }
  return record.secretId === secretId ? undefined : { code: 'key_in_other_secret', provider };
}

/** Best effort: a label left behind keeps a value that nothing names, sealed, until the next rotation takes it. */
async function dropLabel(secretId: string, versionId: string, { secrets }: VaultDeps): Promise<void> {
  await secrets.moveLabel(secretId, CANDIDATE, versionId, undefined);
}

function names({ secretVersionId, candidate }: LiveKey, versionId: string): boolean {
  return secretVersionId === versionId || candidate?.secretVersionId === versionId;
}

const CONCURRENT: VaultRefusal = {
  code: 'backend',
  failure: { service: 'secretsmanager', kind: 'unavailable', name: 'ConcurrentChanges' },
};
