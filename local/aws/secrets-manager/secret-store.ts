import { randomInt } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../account';
import { AwsError } from '../aws-error';
import { StateFile } from '../state-file';
import type { Secret } from './secret';

const ARN_PREFIX = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:`;
const SUFFIX_ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Secrets by ARN. */
export class SecretStore {
  readonly #file: StateFile<{ secrets: Record<string, Secret> }>;
  readonly #now: () => number;

  constructor(path: string | undefined, now: () => number) {
    this.#file = new StateFile<{ secrets: Record<string, Secret> }>(path, { secrets: {} });
    this.#now = now;
  }

  get all(): Secret[] {
    return Object.values(this.#file.state.secrets).filter((secret) => !this.#isGone(secret));
  }

  /** By name, ARN, or ARN without its random suffix. */
  tryFind(secretId: string): Secret | undefined {
    return this.all.find(
      ({ arn, name }) => secretId === arn || secretId === name || secretId === `${ARN_PREFIX}${name}`,
    );
  }

  find(secretId: string): Secret {
    const secret = this.tryFind(secretId);
    if (!secret) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  /** A secret that is not marked for deletion. */
  findAlive(secretId: string): Secret {
    const secret = this.find(secretId);
    if (secret.deleteAt !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  /** A secret that is not stored yet. */
  draft(secret: Pick<Secret, 'name' | 'description' | 'kmsKeyId' | 'tags'>): Secret {
    const arn = `${ARN_PREFIX}${secret.name}-${suffix()}`;
    return { ...secret, arn, createdAt: this.#now(), changedAt: this.#now(), versions: [], labels: [] };
  }

  /** Stores a new or changed secret, and forgets those whose recovery window has passed. */
  save(secret: Secret): void {
    this.#file.change(({ secrets }) => {
      for (const [arn, other] of Object.entries(secrets)) if (this.#isGone(other)) delete secrets[arn];
      secrets[secret.arn] = { ...secret, changedAt: this.#now() };
    });
  }

  remove(secret: Secret): void {
    this.#file.change(({ secrets }) => {
      delete secrets[secret.arn];
    });
  }

  #isGone(secret: Secret): boolean {
    return secret.deleteAt !== undefined && secret.deleteAt <= this.#now();
  }
}

/** As the real service: a name that is deleted and made again gets another ARN, so old policies do not fit it. */
function suffix(): string {
  return Array.from({ length: 6 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('');
}
