import { AwsError } from '../aws-error';
import type { LocalFunctions } from '../lambda/lambda-service';
import type { Members } from '../members';
import type { Secret } from './secret';
import type { SecretStore } from './secret-store';
import { CURRENT, moveLabel, removeLabel, versionWith } from './staging-labels';
import { secretId, versionToken } from './value-operations';

const PENDING = 'AWSPENDING';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/**
 * RotateSecret: now, or as a test of the configuration. The steps are taken in the background, each once; where the real
 * service tries again by itself, here the next RotateSecret does. No schedule.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
 */
export function secretRotation(store: SecretStore, functions: LocalFunctions, now: () => number) {
  const underWay = new Set<Promise<unknown>>();

  /** `false` where a step failed: the labels stay as they are then. */
  async function take(secret: Secret, steps: readonly string[], token: string): Promise<boolean> {
    const run = functions(functionName(secret.rotationFunction ?? ''));
    try {
      for (const Step of steps) await run?.({ Step, SecretId: secret.arn, ClientRequestToken: token });
      return run !== undefined;
    } catch {
      return false;
    }
  }

  function inBackground(task: Promise<unknown>): void {
    const settled = task.finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  /** A version with the label and no value, which the function fills. */
  function begin(secret: Secret, token: string): void {
    const versions = secret.versions.some(({ id }) => id === token)
      ? secret.versions
      : [...secret.versions, { id: token, createdAt: now() }];
    store.save({ ...secret, versions, labels: moveLabel(secret.labels, PENDING, token) });
  }

  async function test(secret: Secret, token: string): Promise<void> {
    const current = secret.versions.find(({ id }) => id === versionWith(secret.labels, CURRENT));
    const copy = { id: token, createdAt: now(), ...(current?.value ? { value: current.value } : {}) };
    const versions = [...secret.versions, copy];
    store.save({ ...secret, versions, labels: moveLabel(secret.labels, PENDING, token) });
    await take(secret, ['testSecret'], token);
    const after = store.find(secret.arn);
    const labels = versionWith(after.labels, PENDING) === token ? removeLabel(after.labels, PENDING) : after.labels;
    store.save({ ...after, labels, versions: after.versions.filter(({ id }) => id !== token) });
  }

  return {
    operations: {
      RotateSecret(input: Members) {
        input.refuse('ExternalSecretRotationMetadata', 'ExternalSecretRotationRoleArn');
        const found = store.findAlive(secretId(input));
        const given = input.optionalString('RotationLambdaARN');
        const secret = given === undefined ? found : { ...found, rotationFunction: given };
        if (secret.rotationFunction === undefined) {
          throw new AwsError(
            'InvalidRequestException',
            'No Lambda rotation function ARN is associated with this secret.',
          );
        }
        const token = versionToken(input);
        const answer = { ARN: secret.arn, Name: secret.name, VersionId: token };
        if (input.boolean('RotateImmediately') === false) {
          inBackground(test(secret, token));
          return answer;
        }
        const pending = versionWith(secret.labels, PENDING);
        if (pending !== undefined && pending !== versionWith(secret.labels, CURRENT) && pending !== token) {
          inBackground(take(secret, STEPS, pending));
          throw new AwsError(
            'InvalidRequestException',
            "A previous rotation isn't complete. That rotation will be reattempted.",
          );
        }
        begin(secret, token);
        inBackground(take(secret, STEPS, token));
        return answer;
      },
    },
    /** When the steps under way have been taken. */
    settled: async (): Promise<void> => {
      await Promise.all(underWay);
    },
  };
}

function functionName(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:aws:lambda:[^:]*:[^:]*:function:/, '');
}
