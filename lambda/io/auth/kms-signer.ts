import { hash } from 'node:crypto';
import type { TokenSigner } from '../../core/authz/ports';
import { p256SignatureFromDer } from '../../core/ecdsa-signature';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import { KMS } from '../aws/services';

const BUDGET_MS = 5_000;

/** ES256 by keys that never leave KMS. The digest is made here: KMS takes 4 KB at most, and 32 bytes travel faster. */
export function kmsSigner(options: AwsClientOptions): TokenSigner {
  const { now = Date.now } = options;
  const client = createAwsClient(KMS, options);
  return {
    async sign({ keyArn }, signingInput) {
      const answer = await client.call(
        'Sign',
        {
          KeyId: keyArn,
          Message: hash('sha256', signingInput, 'base64'),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        },
        now() + BUDGET_MS,
      );
      if (!answer.ok) return answer;
      const { KeyId, Signature } = answer.value;
      const signature =
        typeof Signature === 'string' && KeyId === keyArn
          ? p256SignatureFromDer(Buffer.from(Signature, 'base64'))
          : undefined;
      return signature === undefined ? err(malformed('kms', 'Signature')) : ok(signature);
    },
  };
}
