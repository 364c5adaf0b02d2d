import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from '../lambda/contract/env';
import { operatorContext, operatorKeyId, VAULT_ATTRIBUTES } from '../lambda/contract/vault-record';
import { sealValue } from '../lambda/core/vault/seal-value';
import type { EmbeddedAws } from '../local/aws/embedded-aws';
import { sdkConfig } from '../local/aws/sdk-config';

/** Stores a key as the vault function does, by the official clients: value sealed in Secrets Manager, record in DynamoDB. */
export async function seedVault(
  aws: EmbeddedAws,
  environment: Readonly<Record<string, string>>,
  key: { readonly provider: string; readonly origins: readonly string[]; readonly parts: Record<string, string> },
): Promise<void> {
  const config = sdkConfig(aws);
  const [kms, secrets, dynamodb] = [
    new KMSClient(config),
    new SecretsManagerClient(config),
    new DynamoDBClient(config),
  ];
  const context = operatorContext(environment[ENV.gatewayId] ?? '', key.provider);
  const secretId = JSON.parse(environment[ENV.operatorSecrets] ?? '{}')[key.provider] as string;
  const secretVersionId = randomUUID();
  const dataKey = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: environment[ENV.vaultKeyArn],
      KeySpec: 'AES_256',
      EncryptionContext: { ...context },
    }),
  );
  if (!dataKey.Plaintext || !dataKey.CiphertextBlob) throw new Error('KMS made no data key');
  const sealed = sealValue(
    key,
    { plaintext: dataKey.Plaintext, wrapped: dataKey.CiphertextBlob },
    randomBytes(12),
    context,
    secretVersionId,
  );
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: secretId,
      ClientRequestToken: secretVersionId,
      SecretString: JSON.stringify(sealed),
    }),
  );
  const now = new Date().toISOString();
  await dynamodb.send(
    new PutItemCommand({
      TableName: environment[ENV.vaultTable],
      Item: {
        [VAULT_ATTRIBUTES.pk]: { S: operatorKeyId(key.provider) },
        [VAULT_ATTRIBUTES.status]: { S: 'active' },
        [VAULT_ATTRIBUTES.version]: { N: String(Date.now()) },
        [VAULT_ATTRIBUTES.secretId]: { S: secretId },
        [VAULT_ATTRIBUTES.secretVersionId]: { S: secretVersionId },
        [VAULT_ATTRIBUTES.parts]: { SS: Object.keys(key.parts) },
        [VAULT_ATTRIBUTES.origins]: { SS: [...key.origins] },
        [VAULT_ATTRIBUTES.createdAt]: { S: now },
        [VAULT_ATTRIBUTES.updatedAt]: { S: now },
        [VAULT_ATTRIBUTES.updatedBy]: { S: 'bench' },
      },
    }),
  );
  for (const client of [kms, secrets, dynamodb]) client.destroy();
}
