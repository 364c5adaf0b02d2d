/**
 * Which version each staging label is on. A label is on one version at most, so this is a map; pairs
 * rather than an object, because label names are the caller's.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
 */
export type StagingLabels = readonly (readonly [label: string, versionId: string])[];

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';

export function versionWith(labels: StagingLabels, label: string): string | undefined {
  return labels.find(([name]) => name === label)?.[1];
}

export function labelsOf(labels: StagingLabels, versionId: string): string[] {
  return labels.filter(([, id]) => id === versionId).map(([label]) => label);
}

/** Moves a label. The version that loses AWSCURRENT becomes AWSPREVIOUS, whoever moved it and how. */
export function moveLabel(labels: StagingLabels, label: string, versionId: string): StagingLabels {
  const from = versionWith(labels, label);
  if (from === versionId) return labels;
  const moved = [...removeLabel(labels, label), [label, versionId] as const];
  return label === CURRENT && from !== undefined ? moveLabel(moved, PREVIOUS, from) : moved;
}

export function removeLabel(labels: StagingLabels, label: string): StagingLabels {
  return labels.filter(([name]) => name !== label);
}
