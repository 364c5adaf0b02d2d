import type { PersonKeyMaker } from '../../core/connections/ports';
import { isText } from '../../core/json';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import { KMS } from '../aws/services';

/** Somebody waits for a page. */
const BUDGET_MS = 5_000;

/** Data keys under the vault key, one per envelope of a connection. */
export function kmsPersonKeys(keyArn: string, options: AwsClientOptions): PersonKeyMaker {
  const { now = Date.now } = options;
  const client = createAwsClient(KMS, options);
  return {
    async make(context) {
      const input = { KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: context };
      const answer = await client.call('GenerateDataKey', input, now() + BUDGET_MS);
      if (!answer.ok) return answer;
      const [plaintext, wrapped] = ['Plaintext', 'CiphertextBlob'].map((name) => bytes(answer.value[name]));
      // AES-256: with a key of any other length nothing could be opened again.
      if (plaintext?.length !== 32 || !wrapped?.length) return err(malformed('kms', 'DataKey'));
      return ok({ plaintext, wrapped });
    },
  };
}

function bytes(value: unknown): Uint8Array | undefined {
  return isText(value) ? new Uint8Array(Buffer.from(value, 'base64')) : undefined;
}
