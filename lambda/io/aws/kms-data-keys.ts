import { isText } from '../../core/json';
import type { DataKeySource } from '../../core/ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from './aws-client';
import { malformed } from './aws-failure';
import { KMS } from './services';

/**
 * Unwraps data keys. Which key may be used is IAM's to say (the function's role allows one), and
 * KMS refuses a context other than the one the data key was made under.
 */
export function kmsDataKeys(options: AwsClientOptions): DataKeySource {
  const client = createAwsClient(KMS, options);
  return {
    async unwrap(wrappedKey, context, deadlineMs) {
      const input = { CiphertextBlob: Buffer.from(wrappedKey).toString('base64'), EncryptionContext: context };
      const answer = await client.call('Decrypt', input, deadlineMs);
      if (!answer.ok) return answer;
      const plaintext = answer.value['Plaintext'];
      const key = isText(plaintext) ? Buffer.from(plaintext, 'base64') : undefined;
      // AES-256: any other length is not a data key of ours.
      if (key?.length !== 32) return err(malformed('kms', 'DataKey'));
      return ok(new Uint8Array(key));
    },
  };
}
