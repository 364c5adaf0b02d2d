import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { AwsError } from '../aws-error';
import type { Members } from '../members';
import { keyId, requireUsable } from './key-operations';
import { type KeyStore, keyArn } from './key-store';
import type { KmsKey } from './kms-key';
import { signP256Digest } from './p256-digest';

const ALGORITHMS = ['ECDSA_SHA_256', 'ECDSA_SHA_384', 'ECDSA_SHA_512', 'RSASSA_PSS_SHA_256'] as const;

/** Operations with P-256 keys. */
export function signingOperations(store: KeyStore): Record<string, (input: Members) => object> {
  return {
    Sign(input) {
      input.refuse('DryRun', 'GrantTokens');
      const message = input.blob('Message', { min: 1, max: 4096 });
      const type = input.oneOf('MessageType', ['RAW', 'DIGEST'] as const) ?? 'RAW';
      const algorithm = input.oneOf('SigningAlgorithm', ALGORITHMS) ?? input.string('SigningAlgorithm');
      const key = store.find(keyId(input));
      requireUsable(key, 'SIGN_VERIFY', 'Sign');
      if (algorithm !== 'ECDSA_SHA_256') {
        throw new AwsError(
          'InvalidKeyUsageException',
          `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
        );
      }
      if (type === 'DIGEST' && message.length !== 32) {
        throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
      }
      const secret = privateKey(key);
      const signature = type === 'DIGEST' ? signP256Digest(message, secret) : sign('sha256', message, secret);
      return { KeyId: keyArn(key.id), Signature: signature.toString('base64'), SigningAlgorithm: algorithm };
    },

    GetPublicKey(input) {
      input.refuse('GrantTokens');
      const key = store.find(keyId(input));
      if (key.spec === 'SYMMETRIC_DEFAULT') {
        throw new AwsError('UnsupportedOperationException', `${keyArn(key.id)} is a symmetric key`);
      }
      requireUsable(key, 'SIGN_VERIFY', 'GetPublicKey');
      const spki = createPublicKey(privateKey(key)).export({ format: 'der', type: 'spki' });
      return {
        KeyId: keyArn(key.id),
        PublicKey: spki.toString('base64'),
        CustomerMasterKeySpec: key.spec,
        KeySpec: key.spec,
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: ['ECDSA_SHA_256'],
      };
    },
  };
}

function privateKey(key: KmsKey): KeyObject {
  return createPrivateKey({ key: Buffer.from(key.material, 'base64'), format: 'der', type: 'pkcs8' });
}
