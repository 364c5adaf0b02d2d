import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { SecretVersions } from '../../core/vault/vault-ports';
import { attempt } from './sdk-failure';

/** The versions of the operator secrets. The version id is the request token, so a repeated put adds nothing. */
export function secretsManagerVersions(client: SecretsManagerClient): SecretVersions {
  return {
    labels: (SecretId) =>
      attempt('secretsmanager', async () => {
        const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }));
        return new Map(Object.entries(VersionIdsToStages ?? {}).filter(([, labels]) => labels.length > 0));
      }),

    add: (SecretId, ClientRequestToken, SecretString, label) =>
      attempt('secretsmanager', async () => {
        const input = { SecretId, ClientRequestToken, SecretString, VersionStages: [label] };
        await client.send(new PutSecretValueCommand(input));
      }),

    moveLabel: (SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId) =>
      attempt('secretsmanager', async () => {
        const input = { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId };
        await client.send(new UpdateSecretVersionStageCommand(input));
      }),
  };
}
