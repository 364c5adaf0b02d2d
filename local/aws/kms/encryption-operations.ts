import { randomBytes } from 'node:crypto';
import { AwsError } from '../aws-error';
import type { Members } from '../members';
import { decrypt, type EncryptionContext, encrypt, keyIdOf } from './ciphertext';
import { keyId, requireUsable } from './key-operations';
import { type KeyStore, keyArn } from './key-store';
import type { KmsKey } from './kms-key';

const ALGORITHM = 'SYMMETRIC_DEFAULT';

/** Operations with symmetric keys. */
export function encryptionOperations(store: KeyStore): Record<string, (input: Members) => object> {
  return {
    Encrypt(input) {
      refuseNotEmulated(input);
      const plaintext = input.blob('Plaintext', { min: 1, max: 4096 });
      const key = usable(keyId(input), 'Encrypt');
      return {
        KeyId: keyArn(key.id),
        CiphertextBlob: encrypt(key, plaintext, input.stringMap('EncryptionContext')).toString('base64'),
        EncryptionAlgorithm: ALGORITHM,
      };
    },

    Decrypt(input) {
      refuseNotEmulated(input);
      const ciphertext = input.blob('CiphertextBlob', { min: 1, max: 6144 });
      const { key, plaintext } = open(
        ciphertext,
        input.optionalString('KeyId'),
        input.stringMap('EncryptionContext'),
        'Decrypt',
      );
      return { KeyId: keyArn(key.id), Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: ALGORITHM };
    },

    ReEncrypt(input) {
      refuseNotEmulated(input);
      const ciphertext = input.blob('CiphertextBlob', { min: 1, max: 6144 });
      const destination = usable(keyId(input, 'DestinationKeyId'), 'ReEncrypt');
      const source = open(
        ciphertext,
        input.optionalString('SourceKeyId'),
        input.stringMap('SourceEncryptionContext'),
        'ReEncrypt',
      );
      const context = input.stringMap('DestinationEncryptionContext');
      return {
        CiphertextBlob: encrypt(destination, source.plaintext, context).toString('base64'),
        SourceKeyId: keyArn(source.key.id),
        KeyId: keyArn(destination.id),
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
      };
    },

    GenerateDataKey: (input) => newDataKey(input, 'GenerateDataKey'),

    GenerateDataKeyWithoutPlaintext(input) {
      const { Plaintext: _kept, ...answer } = newDataKey(input, 'GenerateDataKeyWithoutPlaintext');
      return answer;
    },
  };

  function newDataKey(input: Members, operation: string) {
    refuseNotEmulated(input);
    const bytes = dataKeyLength(input);
    const key = usable(keyId(input), operation);
    const plaintext = randomBytes(bytes);
    return {
      KeyId: keyArn(key.id),
      CiphertextBlob: encrypt(key, plaintext, input.stringMap('EncryptionContext')).toString('base64'),
      Plaintext: plaintext.toString('base64'),
    };
  }

  function usable(id: string, operation: string): KmsKey {
    const key = store.find(id);
    requireUsable(key, 'ENCRYPT_DECRYPT', operation);
    return key;
  }

  /** Which key a ciphertext needs is read from the ciphertext; a `KeyId` in the request only narrows it. */
  function open(ciphertext: Buffer, wantedKeyId: string | undefined, context: EncryptionContext, operation: string) {
    const wanted = wantedKeyId === undefined ? undefined : usable(wantedKeyId, operation);
    const id = keyIdOf(ciphertext);
    if (id === undefined) throw new AwsError('InvalidCiphertextException');
    if (wanted !== undefined && wanted.id !== id) {
      throw new AwsError(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    const key = wanted ?? store.byId(id);
    if (!key) {
      throw new AwsError(
        'AccessDeniedException',
        'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      );
    }
    requireUsable(key, 'ENCRYPT_DECRYPT', operation);
    const plaintext = decrypt(key, ciphertext, context);
    if (!plaintext) throw new AwsError('InvalidCiphertextException');
    return { key, plaintext };
  }
}

function dataKeyLength(input: Members): number {
  const spec = input.oneOf('KeySpec', ['AES_128', 'AES_256'] as const);
  const bytes = input.integer('NumberOfBytes', { min: 1, max: 1024 });
  if ((spec === undefined) === (bytes === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  return bytes ?? (spec === 'AES_128' ? 16 : 32);
}

function refuseNotEmulated(input: Members): void {
  input.refuse('DryRun', 'Recipient', 'GrantTokens');
  for (const name of ['EncryptionAlgorithm', 'SourceEncryptionAlgorithm', 'DestinationEncryptionAlgorithm']) {
    input.oneOf(name, [ALGORITHM]);
  }
}
