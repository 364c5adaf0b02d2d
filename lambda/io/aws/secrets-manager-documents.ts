import { isText } from '../../core/json';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { malformed } from './aws-failure';
import { SECRETS_MANAGER } from './services';

type Answer<T> = Promise<Result<T, BackendFailure>>;

export interface SecretDocument {
  readonly text: string;
  readonly versionId: string;
}

/** Secrets the gateway itself writes to. */
export interface SecretDocuments {
  /** The current version; `undefined` while the secret has none. */
  read(secretId: string, deadlineMs: number): Answer<SecretDocument | undefined>;
  /**
   * Makes a version, which becomes the current one. `false` if another has been made under this id: of several who
   * derive the id from what they read, one writes.
   */
  write(secretId: string, text: string, versionId: string, deadlineMs: number): Answer<boolean>;
}

export function secretsManagerDocuments(options: AwsClientOptions): SecretDocuments {
  const client = createAwsClient(SECRETS_MANAGER, options);
  return {
    async read(secretId, deadlineMs) {
      const answer = await client.call('GetSecretValue', { SecretId: secretId }, deadlineMs);
      if (!answer.ok) return answer.error.name === 'ResourceNotFoundException' ? ok(undefined) : answer;
      const { SecretString: text, VersionId: versionId } = answer.value;
      return isText(text) && isText(versionId) ? ok({ text, versionId }) : err(malformed('secretsmanager', 'Secret'));
    },

    async write(secretId, text, versionId, deadlineMs) {
      const input = { SecretId: secretId, SecretString: text, ClientRequestToken: versionId };
      const answer = await client.call('PutSecretValue', input, deadlineMs);
      if (answer.ok) return ok(true);
      return answer.error.name === 'ResourceExistsException' ? ok(false) : answer;
    },
  };
}
