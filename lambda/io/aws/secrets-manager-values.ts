import { isText } from '../../core/json';
import type { SecretSource } from '../../core/ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { malformed } from './aws-failure';
import { SECRETS_MANAGER } from './services';

/** Reads one version of a secret; without a version id, the one labelled AWSCURRENT. */
export function secretsManagerValues(options: AwsClientOptions): SecretSource {
  const client = createAwsClient(SECRETS_MANAGER, options);
  return {
    async fetch(secretId, versionId, deadlineMs) {
      const input = { SecretId: secretId, VersionId: versionId };
      const answer = await client.call('GetSecretValue', input, deadlineMs);
      if (!answer.ok) {
        // What Secrets Manager answers for a secret that is scheduled for deletion: gone, for our purposes.
        return answer.error.name === 'InvalidRequestException' ? err({ ...answer.error, kind: 'not_found' }) : answer;
      }
      const { SecretString: text, VersionId: answeredVersion } = answer.value;
      const expected = versionId === undefined || answeredVersion === versionId;
      if (!isText(text) || text === '' || !expected) {
        return err(malformed('secretsmanager', 'Secret'));
      }
      return ok(text);
    },
  };
}
