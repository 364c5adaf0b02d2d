import { setImmediate as nextTurn } from 'node:timers/promises';
import db from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import { AwsError } from '../aws-error';
import type { AwsService, JsonObject } from '../aws-service';
import { Members } from '../members';
import { DYNALITE_OPERATIONS } from './dynalite-operations';
import { TimeToLive } from './time-to-live';

const MODEL = 'com.amazonaws.dynamodb.v20120810#';
const TTL_OPERATIONS = ['UpdateTimeToLive', 'DescribeTimeToLive'];

/**
 * DynamoDB by dynalite. It never deletes an item because its time to live has passed: the real service
 * may take days to, so nothing may depend on it.
 */
export async function dynamodbService(options: {
  readonly path: string | undefined;
  readonly ttlPath: string | undefined;
}): Promise<AwsService> {
  const store = db.create({
    ...(options.path === undefined ? {} : { path: options.path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  await open(store, options.path);
  const timeToLive = await prepared(store, options.ttlPath);

  return {
    name: 'dynamodb',
    targetPrefix: 'DynamoDB_20120810',
    contentType: 'application/x-amz-json-1.0',
    operations: new Set([...DYNALITE_OPERATIONS.keys(), ...TTL_OPERATIONS]),
    async call(operation, input) {
      if (TTL_OPERATIONS.includes(operation)) {
        // Refuses a table that is not there.
        await run(store, 'DescribeTable', { TableName: input['TableName'] });
        return operation === 'UpdateTimeToLive' ? timeToLive.update(input) : timeToLive.describe(input);
      }
      new Members(input).refuse('ReturnValuesOnConditionCheckFailure');
      const answer = await run(store, operation, input);
      if (operation === 'CreateTable' || operation === 'DeleteTable') await settle(store, String(input['TableName']));
      if (operation === 'DeleteTable') timeToLive.forget(String(input['TableName']));
      return answer;
    },
    errorBody: (error) => ({
      __type: typeName(error.code),
      ...(error.message === '' ? {} : { message: error.message }),
    }),
    throttled: () =>
      new AwsError(
        'ProvisionedThroughputExceededException',
        'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
      ),
    failed: () => new AwsError('InternalServerError', 'Internal server error', 500),
    close: () => store.lifecycleManager.gracefulClose(),
  };
}

/** LevelDB's lock ends with the process that holds it, however that ends: none is left behind. */
async function open(store: Dynalite.Store, path: string | undefined): Promise<void> {
  try {
    await store.db.open();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    throw new Error(
      cause?.code === 'LEVEL_LOCKED'
        ? `${path} is in use by another process: stop it, or choose another data directory`
        : `${path} cannot be opened: ${cause?.message ?? String(error)}`,
    );
  }
}

/** Only after `open`: these files are ours once the lock is. */
async function prepared(store: Dynalite.Store, ttlPath: string | undefined): Promise<TimeToLive> {
  try {
    await finishInterruptedCreates(store);
    return new TimeToLive(ttlPath);
  } catch (error) {
    await store.lifecycleManager.gracefulClose();
    throw error;
  }
}

function run(store: Dynalite.Store, operation: string, input: JsonObject): Promise<object> {
  const known = DYNALITE_OPERATIONS.get(operation);
  if (!known) throw new AwsError('UnknownOperationException');
  return new Promise((resolve, reject) => {
    const fail = (refusal: Dynalite.Refusal) => reject(refusal.body ? asAwsError(refusal) : refusal);
    try {
      const data = validations.checkTypes({ ...input }, known.input.types);
      validations.checkValidations(data, known.input.types, known.input.custom, store);
      known.action(store, data, (refusal, answer) => (refusal ? fail(refusal) : resolve(answer)));
    } catch (refusal) {
      fail(refusal as Dynalite.Refusal);
    }
  });
}

function asAwsError({ body, statusCode = 400 }: Dynalite.Refusal): AwsError {
  const code = body?.__type.split('#')[1] ?? 'InternalServerError';
  return new AwsError(code, body?.message ?? body?.Message ?? '', statusCode);
}

/** The namespaces of the real service: whoever parses `__type` must cope with them. */
function typeName(code: string): string {
  if (code === 'ValidationException') return `com.amazon.coral.validate#${code}`;
  const ofTheFrontEnd = [
    'SerializationException',
    'UnknownOperationException',
    'MissingAuthenticationTokenException',
    'IncompleteSignatureException',
    'InvalidSignatureException',
    'UnrecognizedClientException',
  ];
  return ofTheFrontEnd.includes(code) ? `com.amazon.coral.service#${code}` : `${MODEL}${code}`;
}

/** dynalite finishes a creation or deletion a moment after it answers; here, whoever looks next finds it finished. */
async function settle(store: Dynalite.Store, TableName: string): Promise<void> {
  const status = () =>
    run(store, 'DescribeTable', { TableName }).then(
      (answer) => (answer as { Table: Dynalite.Table }).Table.TableStatus,
      () => 'gone',
    );
  while (['CREATING', 'DELETING'].includes(await status())) await nextTurn();
}

/** dynalite marks a table active a moment after it answers; a process killed in that moment left it in CREATING for ever. */
async function finishInterruptedCreates(store: Dynalite.Store): Promise<void> {
  for await (const table of store.tableDb.createValueStream({})) {
    if (table.TableStatus !== 'CREATING') continue;
    table.TableStatus = 'ACTIVE';
    for (const index of table.GlobalSecondaryIndexes ?? []) index.IndexStatus = 'ACTIVE';
    await new Promise<void>((resolve, reject) =>
      store.tableDb.put(table.TableName, table, (error) => (error ? reject(error) : resolve())),
    );
  }
}
