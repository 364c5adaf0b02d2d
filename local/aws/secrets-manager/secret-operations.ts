import { AwsError } from '../aws-error';
import type { Members } from '../members';
import { type Secret, sameValue } from './secret';
import type { SecretStore } from './secret-store';
import { CURRENT, labelsOf } from './staging-labels';
import { addVersion, readValue, secretId, versionToken } from './value-operations';

const DAY_MS = 86_400_000;

/** Operations on secrets as a whole. */
export function secretOperations(store: SecretStore, now: () => number): Record<string, (input: Members) => object> {
  return {
    CreateSecret(input) {
      input.refuse('AddReplicaRegions', 'ForceOverwriteReplicaSecret', 'Type');
      const name = secretName(input);
      const value = readValue(input);
      const token = versionToken(input);
      const existing = store.tryFind(name);
      if (existing?.deleteAt !== undefined) {
        throw new AwsError(
          'InvalidRequestException',
          "You can't create this secret because a secret with this name is already scheduled for deletion.",
        );
      }
      if (existing) {
        // A repetition of the call that made it.
        const version = existing.versions.find(({ id }) => id === token);
        if (version?.value && value && sameValue(version.value, value)) return created(existing, token);
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );
      }
      const empty = store.draft({
        name,
        description: input.optionalString('Description', { max: 2048 }),
        kmsKeyId: input.optionalString('KmsKeyId'),
        tags: input.raw('Tags'),
      });
      const secret = value ? addVersion(empty, token, value, [CURRENT], now()) : empty;
      store.save(secret);
      return created(secret, value ? token : undefined);
    },

    DescribeSecret: (input) => describe(store.find(secretId(input)), 'VersionIdsToStages'),

    ListSecrets(input) {
      input.refuse('NextToken', 'Filters', 'SortBy');
      const deleted = input.boolean('IncludePlannedDeletion') ?? false;
      const secrets = store.all.filter((secret) => deleted || secret.deleteAt === undefined);
      return { SecretList: secrets.map((secret) => describe(secret, 'SecretVersionsToStages')) };
    },

    DeleteSecret(input) {
      const id = secretId(input);
      const force = input.boolean('ForceDeleteWithoutRecovery') ?? false;
      const days = input.integer('RecoveryWindowInDays');
      if (force && days !== undefined) {
        throw parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw parameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
      }
      if (force) return forceDelete(id);
      const secret = store.find(id);
      if (secret.deleteAt !== undefined) {
        throw new AwsError(
          'InvalidRequestException',
          "You tried to perform the operation on a secret that's currently marked deleted.",
        );
      }
      const deleteAt = now() + (days ?? 30) * DAY_MS;
      store.save({ ...secret, deleteAt });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: deleteAt / 1000 };
    },

    RestoreSecret(input) {
      const { deleteAt, ...secret } = store.find(secretId(input));
      if (deleteAt !== undefined) store.save(secret);
      return { ARN: secret.arn, Name: secret.name };
    },
  };

  /** Answers alike whether there was a secret or not. */
  function forceDelete(id: string): object {
    const secret = store.tryFind(id);
    if (secret) store.remove(secret);
    return { ARN: secret?.arn ?? id, Name: secret?.name ?? id, DeletionDate: now() / 1000 };
  }
}

function created(secret: Secret, versionId: string | undefined): object {
  return { ARN: secret.arn, Name: secret.name, ...(versionId === undefined ? {} : { VersionId: versionId }) };
}

/** Deprecated versions are not listed. */
function describe(secret: Secret, stagesMember: string): object {
  const labelled = secret.versions
    .map(({ id }) => [id, labelsOf(secret.labels, id)] as const)
    .filter(([, labels]) => labels.length > 0);
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags,
    CreatedDate: secret.createdAt / 1000,
    LastChangedDate: secret.changedAt / 1000,
    ...(secret.rotationFunction === undefined
      ? {}
      : { RotationEnabled: true, RotationLambdaARN: secret.rotationFunction }),
    ...(secret.deleteAt === undefined ? {} : { DeletedDate: secret.deleteAt / 1000 }),
    ...(labelled.length === 0 ? {} : { [stagesMember]: Object.fromEntries(labelled) }),
  };
}

function secretName(input: Members): string {
  const name = input.string('Name', { min: 1, max: 512 });
  if (!/^[A-Za-z0-9/_+=.@!-]+$/.test(name)) {
    throw new AwsError(
      'ValidationException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  return name;
}

function parameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
