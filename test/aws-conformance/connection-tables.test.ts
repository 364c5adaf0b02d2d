import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { openTarget, refusalOf, type Target, uniqueName } from './target';

let target: Target;
let client: DynamoDBClient;
const tables = [uniqueName('connections'), uniqueName('salts')] as const;
const [VAULT, SALTS] = tables;

beforeAll(async () => {
  target = await openTarget();
  client = new DynamoDBClient(target.config);
  for (const TableName of tables) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName });
  }
});

afterAll(async () => {
  for (const TableName of tables) await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
  await target.close();
});

const CONDITION_FAILED = { name: 'ConditionalCheckFailedException', status: 400 };
const key = (pk: string) => ({ pk: { S: pk } });
const read = async (TableName: string, pk: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;

test('one batch reads items of two tables, strongly consistent, and says nothing of absent ones', async () => {
  await client.send(new PutItemCommand({ TableName: VAULT, Item: { ...key('connection#a#b'), version: { N: '1' } } }));
  await client.send(new PutItemCommand({ TableName: SALTS, Item: { ...key('person#a'), salt: { S: 's' } } }));
  const { Responses, UnprocessedKeys } = await client.send(
    new BatchGetItemCommand({
      RequestItems: {
        [VAULT]: { Keys: [key('connection#a#b'), key('provider#b')], ConsistentRead: true },
        [SALTS]: { Keys: [key('person#a')], ConsistentRead: true },
      },
    }),
  );
  expect(Responses).toEqual({
    [VAULT]: [{ ...key('connection#a#b'), version: { N: '1' } }],
    [SALTS]: [{ ...key('person#a'), salt: { S: 's' } }],
  });
  expect(UnprocessedKeys).toEqual({});
});

test('an update creates what is not there under that condition, once, and takes attributes away that never were', async () => {
  const create = (call: string) =>
    client.send(
      new UpdateItemCommand({
        TableName: VAULT,
        Key: key('connection#new#b'),
        UpdateExpression: 'SET #version = :version,#call = :call REMOVE #refresh,#leaseId',
        ConditionExpression: 'attribute_not_exists(#pk)',
        ExpressionAttributeNames: {
          '#pk': 'pk',
          '#version': 'version',
          '#call': 'call',
          '#refresh': 'refresh',
          '#leaseId': 'leaseId',
        },
        ExpressionAttributeValues: { ':version': { N: '1793491200000' }, ':call': { S: call } },
        ReturnValues: 'ALL_NEW',
      }),
    );
  const { Attributes } = await create('first');
  expect(Attributes).toEqual({ ...key('connection#new#b'), version: { N: '1793491200000' }, call: { S: 'first' } });
  expect(await refusalOf(create('second'))).toEqual(CONDITION_FAILED);
});

test('a lease goes to whoever comes when none is held or it has ended, also at the very millisecond', async () => {
  await client.send(new PutItemCommand({ TableName: VAULT, Item: { ...key('connection#l#b'), version: { N: '7' } } }));
  const lease = (id: string, now: number, version = '7') =>
    client.send(
      new UpdateItemCommand({
        TableName: VAULT,
        Key: key('connection#l#b'),
        UpdateExpression: 'SET #leaseId = :leaseId,#leaseUntil = :leaseUntil',
        ConditionExpression: '#version = :expected AND (attribute_not_exists(#leaseUntil) OR #leaseUntil <= :now)',
        ExpressionAttributeNames: { '#version': 'version', '#leaseId': 'leaseId', '#leaseUntil': 'leaseUntil' },
        ExpressionAttributeValues: {
          ':leaseId': { S: id },
          ':leaseUntil': { N: String(now + 10) },
          ':expected': { N: version },
          ':now': { N: String(now) },
        },
      }),
    );
  await lease('a', 100);
  expect(await refusalOf(lease('b', 109))).toEqual(CONDITION_FAILED);
  expect(await refusalOf(lease('b', 110, '8'))).toEqual(CONDITION_FAILED);
  await lease('b', 110);
  expect(await read(VAULT, 'connection#l#b')).toMatchObject({ leaseId: { S: 'b' }, leaseUntil: { N: '120' } });
});
