import { GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { DataKeyMaker } from '../../core/vault/vault-ports';
import { attempt } from './sdk-failure';

/** Data keys under the vault key, one per stored value. */
export function kmsDataKeyMaker(client: KMSClient, keyArn: string): DataKeyMaker {
  return {
    make: (context) =>
      attempt('kms', async () => {
        const command = new GenerateDataKeyCommand({
          KeyId: keyArn,
          KeySpec: 'AES_256',
          EncryptionContext: { ...context },
        });
        const { Plaintext, CiphertextBlob } = await client.send(command);
        if (Plaintext?.length !== 32 || !CiphertextBlob) {
          throw Object.assign(new Error(), { name: 'MalformedDataKey', $metadata: { httpStatusCode: 200 } });
        }
        return { plaintext: Plaintext, wrapped: CiphertextBlob };
      }),
  };
}
