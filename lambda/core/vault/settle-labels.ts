import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import type { KeyRecord, KeyRecords, SecretVersions, VersionLabels } from './vault-ports';

export const CURRENT = 'AWSCURRENT';
export const PENDING = 'AWSPENDING';
/** Keeps the candidate of a rotation; AWSPENDING goes to each new version. */
export const CANDIDATE = 'MCPCANDIDATE';

/** What replaces an erased value. Not a sealed value: opening it fails. */
const EMPTY = JSON.stringify({ v: 1, erased: true });

/** One change that brings labels in line with a record. */
export type LabelStep =
  | { readonly kind: 'empty'; readonly versionId: string }
  | {
      readonly kind: 'move';
      readonly label: string;
      readonly from: string | undefined;
      readonly to: string | undefined;
    };

/**
 * What is to be done about a secret's labels. AWSCURRENT belongs on the version the record names; once
 * erased, no other version keeps any label. AWSPENDING of a live key is left alone: it may be another
 * store's, under way. The candidate of a rotation keeps its own label meanwhile. A record that names another secret says nothing about this one.
 */
export function labelSteps(
  record: KeyRecord | undefined,
  secretId: string,
  labels: VersionLabels,
): readonly LabelStep[] {
  if (record?.secretId !== secretId) return [];
  const named = record.secretVersionId;
  const current = [...labels].find(([, on]) => on.includes(CURRENT))?.[0];
  if (record.kind === 'erased') {
    if (labels.size === 0) return [];
    if (!labels.has(named)) return [{ kind: 'empty', versionId: named }];
  }
  if (current !== named) return [{ kind: 'move', label: CURRENT, from: current, to: named }];
  if (record.kind === 'live') {
    const candidate = record.candidate?.secretVersionId;
    const labelled = [...labels].find(([, on]) => on.includes(CANDIDATE))?.[0];
    if (candidate === undefined || labelled === candidate) return [];
    return [{ kind: 'move', label: CANDIDATE, from: labelled, to: candidate }];
  }
  const others = [...labels].filter(([versionId]) => versionId !== named);
  return others.flatMap(([from, on]) => on.map((label) => ({ kind: 'move' as const, label, from, to: undefined })));
}

/** Each round may be overtaken by another change of the same key, which settles in its turn. */
const MAX_ROUNDS = 5;

/**
 * Brings labels in line with the record, whoever left them otherwise: reads both, takes the steps, and
 * looks again, until nothing is left to do. A step that fails because someone moved the label meanwhile
 * ends its round; one that fails because the version is gone ends all of it: a label cannot help there.
 *
 * @returns whether they are in line
 */
export async function settleLabels(
  provider: string,
  secretId: string,
  { records, secrets }: { readonly records: KeyRecords; readonly secrets: SecretVersions },
): Promise<Result<boolean, BackendFailure>> {
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const record = await records.read(provider);
    if (!record.ok) return record;
    const labels = await secrets.labels(secretId);
    if (!labels.ok) return labels;
    const steps = labelSteps(record.value, secretId, labels.value);
    if (steps.length === 0) return ok(true);
    for (const step of steps) {
      const taken =
        step.kind === 'empty'
          ? await secrets.add(secretId, step.versionId, EMPTY, CURRENT)
          : await secrets.moveLabel(secretId, step.label, step.from, step.to);
      if (taken.ok) continue;
      if (taken.error.kind === 'not_found') return ok(false);
      if (taken.error.kind !== 'invalid') return taken;
      break;
    }
  }
  return ok(false);
}
