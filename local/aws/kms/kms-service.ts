import { AwsError } from '../aws-error';
import type { AwsService } from '../aws-service';
import { Members } from '../members';
import { encryptionOperations } from './encryption-operations';
import { keyOperations } from './key-operations';
import { KeyStore } from './key-store';
import { signingOperations } from './signing-operations';

/** KMS: symmetric keys and P-256 signing keys, with real cryptography. */
export function kmsService(options: { readonly path: string | undefined; readonly now: () => number }): AwsService {
  const store = new KeyStore(options.path, options.now);
  const operations = new Map(
    Object.entries({
      ...keyOperations(store, options.now),
      ...encryptionOperations(store),
      ...signingOperations(store),
    }),
  );
  return {
    name: 'kms',
    targetPrefix: 'TrentService',
    contentType: 'application/x-amz-json-1.1',
    operations: new Set(operations.keys()),
    async call(operation, input) {
      const run = operations.get(operation);
      if (!run) throw new AwsError('UnknownOperationException');
      return run(new Members(input));
    },
    errorBody: (error) => ({ __type: error.code, ...(error.message === '' ? {} : { message: error.message }) }),
    throttled: () =>
      new AwsError(
        'ThrottlingException',
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      ),
    failed: () =>
      new AwsError('KMSInternalException', 'The request was rejected because an internal exception occurred.', 500),
  };
}
