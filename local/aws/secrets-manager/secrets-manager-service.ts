import { AwsError } from '../aws-error';
import type { AwsService } from '../aws-service';
import type { LocalFunctions } from '../lambda/lambda-service';
import { Members } from '../members';
import { secretRotation } from './rotation';
import { secretOperations } from './secret-operations';
import { SecretStore } from './secret-store';
import { valueOperations } from './value-operations';

/** Secrets Manager without replication and without managed rotation; by a function, secrets are rotated when asked. */
export function secretsManagerService(options: {
  readonly path: string | undefined;
  readonly now: () => number;
  readonly functions?: LocalFunctions | undefined;
}): AwsService {
  const store = new SecretStore(options.path, options.now);
  const rotation = secretRotation(store, options.functions ?? (() => undefined), options.now);
  const operations = new Map(
    Object.entries({
      ...secretOperations(store, options.now),
      ...valueOperations(store, options.now),
      ...rotation.operations,
    }),
  );
  return {
    name: 'secretsmanager',
    targetPrefix: 'secretsmanager',
    contentType: 'application/x-amz-json-1.1',
    operations: new Set(operations.keys()),
    async call(operation, input) {
      const run = operations.get(operation);
      if (!run) throw new AwsError('UnknownOperationException');
      return run(new Members(input));
    },
    // This service alone writes "Message" with a capital.
    errorBody: (error) => ({ __type: error.code, ...(error.message === '' ? {} : { Message: error.message }) }),
    close: () => rotation.settled(),
    throttled: () => new AwsError('ThrottlingException', 'Rate exceeded'),
    failed: () => new AwsError('InternalServiceError', 'An error occurred on the server side.', 500),
  };
}
