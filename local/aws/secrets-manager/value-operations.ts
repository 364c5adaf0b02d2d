import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws-error';
import type { Members } from '../members';
import { type Secret, type SecretValue, type SecretVersion, sameValue } from './secret';
import type { SecretStore } from './secret-store';
import { CURRENT, labelsOf, moveLabel, removeLabel, type StagingLabels, versionWith } from './staging-labels';

const MAX_VALUE_BYTES = 65_536;
const MAX_LABELS = 20;
const MAX_VERSIONS = 100;
const DAY_MS = 86_400_000;

/** Operations on the values of a secret and on the labels of its versions. */
export function valueOperations(store: SecretStore, now: () => number): Record<string, (input: Members) => object> {
  return {
    PutSecretValue(input) {
      const secret = store.findAlive(secretId(input));
      const value = readValue(input);
      if (!value) {
        throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
      }
      const stages = input.strings('VersionStages', { min: 1, max: MAX_LABELS }) ?? [CURRENT];
      const versionId = versionToken(input);
      const updated = addVersion(secret, versionId, value, stages, now());
      if (updated !== secret) store.save(updated);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: versionId,
        VersionStages: labelsOf(updated.labels, versionId),
      };
    },

    GetSecretValue(input) {
      const secret = store.findAlive(secretId(input));
      const version = findVersion(secret, input.optionalString('VersionId'), input.optionalString('VersionStage'));
      const { value } = version;
      if (value === undefined) throw noValue(`VersionId: ${version.id}`);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        ...('text' in value ? { SecretString: value.text } : { SecretBinary: value.binary }),
        ...stagesMember(secret.labels, version.id),
        CreatedDate: version.createdAt / 1000,
      };
    },

    UpdateSecretVersionStage(input) {
      const secret = store.findAlive(secretId(input));
      const label = input.string('VersionStage', { min: 1, max: 256 });
      const labels = updateStage(
        secret,
        label,
        input.optionalString('MoveToVersionId'),
        input.optionalString('RemoveFromVersionId'),
      );
      if (labels !== secret.labels) store.save({ ...secret, labels });
      return { ARN: secret.arn, Name: secret.name };
    },

    ListSecretVersionIds(input) {
      input.refuse('NextToken');
      const secret = store.find(secretId(input));
      const deprecated = input.boolean('IncludeDeprecated') ?? false;
      const versions = secret.versions
        .filter(({ id }) => deprecated || labelsOf(secret.labels, id).length > 0)
        .map(({ id, createdAt }) => ({
          VersionId: id,
          ...stagesMember(secret.labels, id),
          CreatedDate: createdAt / 1000,
        }));
      return { ARN: secret.arn, Name: secret.name, Versions: versions };
    },
  };
}

/** The same token with the same value again is a repetition, and changes nothing; with another value it is refused. */
export function addVersion(
  secret: Secret,
  versionId: string,
  value: SecretValue,
  stages: readonly string[],
  now: number,
): Secret {
  const existing = secret.versions.find(({ id }) => id === versionId);
  if (existing?.value) {
    if (sameValue(existing.value, value)) return secret;
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  // The first version of a secret is current, whatever labels it was asked for.
  const isFirst = secret.versions.every(({ value: before }) => before === undefined);
  const wanted = isFirst ? new Set([...stages, CURRENT]) : new Set(stages);
  const labels = [...wanted].reduce<StagingLabels>((all, label) => moveLabel(all, label, versionId), secret.labels);
  refuseTooManyLabels(labels, versionId);
  const others = { ...secret, versions: secret.versions.filter((version) => version !== existing) };
  return { ...secret, labels, versions: [...withRoom(others, labels, now), { id: versionId, createdAt: now, value }] };
}

/** Versions without a label stay readable, until there are too many and they are a day old. */
function withRoom(secret: Secret, labels: StagingLabels, now: number): SecretVersion[] {
  const kept = [...secret.versions];
  while (kept.length >= MAX_VERSIONS) {
    const victim = kept.findIndex(
      ({ id, createdAt }) => createdAt <= now - DAY_MS && labelsOf(labels, id).length === 0,
    );
    if (victim < 0) {
      throw new AwsError('LimitExceededException', `You have reached the limit of ${MAX_VERSIONS} versions.`);
    }
    kept.splice(victim, 1);
  }
  return kept;
}

function findVersion(secret: Secret, versionId: string | undefined, stage: string | undefined): SecretVersion {
  const wanted = versionId ?? versionWith(secret.labels, stage ?? CURRENT);
  const version = secret.versions.find(({ id }) => id === wanted);
  if (!version) {
    const which = versionId === undefined ? `staging label: ${stage ?? CURRENT}` : `VersionId: ${versionId}`;
    throw noValue(which);
  }
  if (stage !== undefined && versionWith(secret.labels, stage) !== version.id) {
    throw new AwsError(
      'InvalidRequestException',
      'You provided a VersionStage that is not associated to the provided VersionId.',
    );
  }
  return version;
}

function noValue(which: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${which}`,
  );
}

/** Whoever moves a label must say where it is now: two rotations at once cannot both win. */
function updateStage(
  secret: Secret,
  label: string,
  moveTo: string | undefined,
  removeFrom: string | undefined,
): StagingLabels {
  for (const id of [moveTo, removeFrom]) {
    if (id !== undefined && !secret.versions.some((version) => version.id === id)) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret version.");
    }
  }
  const on = versionWith(secret.labels, label);
  if (moveTo === undefined && removeFrom === undefined) {
    throw parameter('You must specify MoveToVersionId, RemoveFromVersionId or both.');
  }
  if (moveTo === undefined) {
    if (label === CURRENT) {
      throw parameter(
        `You can only move staging label ${CURRENT} to a different secret version. It can’t be completely removed.`,
      );
    }
    if (on !== removeFrom) throw notWhereSaid(label);
    return removeLabel(secret.labels, label);
  }
  if (on !== undefined && on !== moveTo && removeFrom === undefined) {
    throw parameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${on}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (removeFrom !== undefined && on !== removeFrom) throw notWhereSaid(label);
  const labels = moveLabel(secret.labels, label, moveTo);
  refuseTooManyLabels(labels, moveTo);
  return labels;
}

function notWhereSaid(label: string): AwsError {
  return parameter(
    `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
  );
}

function refuseTooManyLabels(labels: StagingLabels, versionId: string): void {
  if (labelsOf(labels, versionId).length > MAX_LABELS) {
    throw new AwsError(
      'LimitExceededException',
      `You can't attach more than ${MAX_LABELS} staging labels to a version.`,
    );
  }
}

function parameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** A version without labels has no VersionStages member. */
function stagesMember(labels: StagingLabels, versionId: string): object {
  const stages = labelsOf(labels, versionId);
  return stages.length === 0 ? {} : { VersionStages: stages };
}

export function readValue(input: Members): SecretValue | undefined {
  const text = input.optionalString('SecretString', { min: 1, max: MAX_VALUE_BYTES });
  const binary = input.optionalBlob('SecretBinary', { min: 1, max: MAX_VALUE_BYTES });
  if (text !== undefined && binary !== undefined) {
    throw parameter("You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (text !== undefined) return { text };
  return binary === undefined ? undefined : { binary: binary.toString('base64') };
}

export function versionToken(input: Members): string {
  const token = input.optionalString('ClientRequestToken', {}) ?? randomUUID();
  if (token.length < 32 || token.length > 64) {
    throw parameter('ClientRequestToken must be 32-64 characters long.');
  }
  return token;
}

export function secretId(input: Members): string {
  return input.string('SecretId', { min: 1, max: 2048 });
}
