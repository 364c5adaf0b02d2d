import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { openTarget, refusalOf, type Target, uniqueName } from './target';

let target: Target;
let client: DynamoDBClient;
const TableName = uniqueName('vault');

beforeAll(async () => {
  target = await openTarget();
  client = new DynamoDBClient(target.config);
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName });
});

afterAll(async () => {
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
  await target.close();
});

const key = (pk: string) => ({ pk: { S: pk } });
const put = (pk: string, version: number, more = {}) =>
  client.send(new PutItemCommand({ TableName, Item: { ...key(pk), version: { N: String(version) }, ...more } }));
const read = async (pk: string) =>
  (await client.send(new GetItemCommand({ TableName, Key: key(pk), ConsistentRead: true }))).Item;

const CONDITION_FAILED = { name: 'ConditionalCheckFailedException', status: 400 };

test('a consistent read sees the write before it, and nothing where nothing is', async () => {
  const item = { status: { S: 'active' }, parts: { L: [{ S: 'key' }] }, origins: { SS: ['https://a.example'] } };
  await put('written', 1, item);
  expect(await read('written')).toEqual({ ...key('written'), version: { N: '1' }, ...item });
  expect(await read('absent')).toBeUndefined();
});

test('a projection with names that are reserved words returns those attributes only', async () => {
  await put('projected', 3, { status: { S: 'active' }, secretId: { S: 'arn' } });
  const { Item } = await client.send(
    new GetItemCommand({
      TableName,
      Key: key('projected'),
      ConsistentRead: true,
      ProjectionExpression: '#s, version',
      ExpressionAttributeNames: { '#s': 'status' },
    }),
  );
  expect(Item).toEqual({ status: { S: 'active' }, version: { N: '3' } });
});

test('refuses to create what exists already', async () => {
  const create = () =>
    client.send(new PutItemCommand({ TableName, Item: key('once'), ConditionExpression: 'attribute_not_exists(pk)' }));
  await create();
  expect(await refusalOf(create())).toEqual(CONDITION_FAILED);
});

test('a change under a version condition happens once; the second writer is refused', async () => {
  await put('versioned', 1);
  const disable = () =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('versioned'),
        UpdateExpression: 'SET #s = :disabled, version = version + :one REMOVE gone',
        ConditionExpression: 'version = :seen',
        ExpressionAttributeNames: { '#s': 'status' },
        ExpressionAttributeValues: { ':disabled': { S: 'disabled' }, ':one': { N: '1' }, ':seen': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
  const { Attributes } = await disable();
  expect(Attributes).toEqual({ ...key('versioned'), version: { N: '2' }, status: { S: 'disabled' } });
  expect(await refusalOf(disable())).toEqual(CONDITION_FAILED);
  expect((await read('versioned'))?.['version']).toEqual({ N: '2' });
});

test('refuses to update what does not exist, and creates nothing by it', async () => {
  const update = client.send(
    new UpdateItemCommand({
      TableName,
      Key: key('never'),
      UpdateExpression: 'SET a = :a',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':a': { S: 'x' } },
    }),
  );
  expect(await refusalOf(update)).toEqual(CONDITION_FAILED);
  expect(await read('never')).toBeUndefined();
});

test('of twenty that take the same item, exactly one gets it', async () => {
  await put('taken', 1, { verifier: { S: 'once' } });
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      client.send(
        new DeleteItemCommand({
          TableName,
          Key: key('taken'),
          ConditionExpression: 'attribute_exists(pk)',
          ReturnValues: 'ALL_OLD',
        }),
      ),
    ),
  );
  const won = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  expect(won).toHaveLength(1);
  expect(won[0]?.Attributes?.['verifier']).toEqual({ S: 'once' });
});

test('deleting what is not there is no error', async () => {
  const { Attributes } = await client.send(
    new DeleteItemCommand({ TableName, Key: key('not-there'), ReturnValues: 'ALL_OLD' }),
  );
  expect(Attributes).toBeUndefined();
});

test('a filtered scan pages through every match', async () => {
  for (let index = 0; index < 7; index += 1) await put(`operator#${index}`, index);
  const found: (string | undefined)[] = [];
  let ExclusiveStartKey: Record<string, { S: string }> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true,
        Limit: 2,
        FilterExpression: 'begins_with(pk, :prefix)',
        ExpressionAttributeValues: { ':prefix': { S: 'operator#' } },
        ExclusiveStartKey,
      }),
    );
    found.push(...(page.Items ?? []).map((item) => item['pk']?.S));
    ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
  } while (ExclusiveStartKey);
  expect(found.sort()).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `operator#${index}`));
});

test('an item whose time to live has passed can still be read: only code may decide that it is dead', async () => {
  const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription).toMatchObject({
    AttributeName: 'expiresAt',
    TimeToLiveStatus: expect.stringMatching(/^ENABL(ED|ING)$/),
  });
  const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
  await put('expired', 1, { expiresAt: { N: String(anHourAgo) } });
  expect(await read('expired')).toMatchObject({ version: { N: '1' } });
});

test('refuses a time to live that is already enabled', async () => {
  const again = client.send(
    new UpdateTimeToLiveCommand({
      TableName,
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    }),
  );
  expect(await refusalOf(again)).toEqual({ name: 'ValidationException', status: 400 });
});

describe('a table with a sort key', () => {
  const Documents = uniqueName('auth');
  const itemKey = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
  const names = { '#pk': 'pk', '#sk': 'sk', '#version': 'version', '#validUntil': 'validUntil' };
  const only = (...wanted: (keyof typeof names)[]) => Object.fromEntries(wanted.map((name) => [name, names[name]]));
  const putIf = (sk: string, version: number, condition: string, values: Record<string, { N: string }>) =>
    client.send(
      new PutItemCommand({
        TableName: Documents,
        Item: { ...itemKey('conditional', sk), version: { N: String(version) }, validUntil: { N: '2000' } },
        ConditionExpression: condition,
        ExpressionAttributeNames: only(
          ...(Object.keys(names) as (keyof typeof names)[]).filter((name) => condition.includes(name)),
        ),
        ExpressionAttributeValues: values,
      }),
    );

  beforeAll(async () => {
    await client.send(
      new CreateTableCommand({
        TableName: Documents,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 120, minDelay: 1 }, { TableName: Documents });
  });
  afterAll(() => client.send(new DeleteTableCommand({ TableName: Documents })));

  test('a batch reads consistently what is there of several keys, in any order', async () => {
    for (const sk of ['a', 'b'])
      await client.send(new PutItemCommand({ TableName: Documents, Item: itemKey('batch', sk) }));
    const Keys = [itemKey('batch', 'b'), itemKey('other', 'a'), itemKey('batch', 'a')];
    const command = new BatchGetItemCommand({ RequestItems: { [Documents]: { Keys, ConsistentRead: true } } });
    const { Responses, UnprocessedKeys } = await client.send(command);
    expect(UnprocessedKeys).toEqual({});
    expect(Responses?.[Documents]).toHaveLength(2);
    expect(Responses?.[Documents]).toEqual(expect.arrayContaining([itemKey('batch', 'a'), itemKey('batch', 'b')]));
  });

  test('refuses a batch that names a key twice', async () => {
    const Keys = [itemKey('batch', 'a'), itemKey('batch', 'a')];
    const call = client.send(new BatchGetItemCommand({ RequestItems: { [Documents]: { Keys } } }));
    expect(await refusalOf(call)).toEqual({ name: 'ValidationException', status: 400 });
  });

  test('a put replaces the item only where its condition on version and time holds', async () => {
    const absentOrOver = 'attribute_not_exists(#pk) OR #validUntil <= :now';
    const current = '#version = :version AND #validUntil > :now';
    await putIf('a', 7, absentOrOver, { ':now': { N: '1000' } });
    expect(await refusalOf(putIf('a', 9, absentOrOver, { ':now': { N: '1999' } }))).toEqual(CONDITION_FAILED);
    await putIf('a', 8, current, { ':version': { N: '7' }, ':now': { N: '1999' } });
    const stale = putIf('a', 9, current, { ':version': { N: '7' }, ':now': { N: '1999' } });
    expect(await refusalOf(stale)).toEqual(CONDITION_FAILED);
    const over = putIf('a', 9, current, { ':version': { N: '8' }, ':now': { N: '2000' } });
    expect(await refusalOf(over)).toEqual(CONDITION_FAILED);
    await putIf('a', 20, absentOrOver, { ':now': { N: '2000' } });
    const absent = putIf('b', 2, current, { ':version': { N: '1' }, ':now': { N: '0' } });
    expect(await refusalOf(absent)).toEqual(CONDITION_FAILED);
  });

  test('of twenty that create the same item, exactly one does', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        putIf('raced', n, 'attribute_not_exists(#pk) OR #validUntil <= :now', { ':now': { N: '1000' } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a query finds a partition by the beginning of the sort key, page by page, filtered', async () => {
    for (let n = 0; n < 10; n += 1) {
      const Item = { ...itemKey('listed', `grant#${n}`), validUntil: { N: String(n) } };
      await client.send(new PutItemCommand({ TableName: Documents, Item }));
    }
    await client.send(new PutItemCommand({ TableName: Documents, Item: itemKey('listed', 'switch') }));
    const found: (string | undefined)[] = [];
    let ExclusiveStartKey: QueryCommand['input']['ExclusiveStartKey'];
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: Documents,
          ConsistentRead: true,
          Limit: 4,
          KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :prefix)',
          FilterExpression: '#validUntil > :now',
          ExpressionAttributeNames: only('#pk', '#sk', '#validUntil'),
          ExpressionAttributeValues: { ':pk': { S: 'listed' }, ':prefix': { S: 'grant#' }, ':now': { N: '4' } },
          ExclusiveStartKey,
        }),
      );
      found.push(...(page.Items ?? []).map(({ sk }) => sk?.S));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    expect(found).toEqual(['grant#5', 'grant#6', 'grant#7', 'grant#8', 'grant#9']);
  });
});

test.each([
  ['a table that is not there', { TableName: 'mcp-gateway-no-such-table', Key: key('x') }, 'ResourceNotFoundException'],
  ['an empty key', { TableName, Key: key('') }, 'ValidationException'],
  ['a key of another shape', { TableName, Key: { sk: { S: 'x' } } }, 'ValidationException'],
  ['a key of another type', { TableName, Key: { pk: { N: '1' } } }, 'ValidationException'],
])('refuses a read with %s', async (_what, input, name) => {
  expect(await refusalOf(client.send(new GetItemCommand(input)))).toEqual({ name, status: 400 });
});

test('refuses an item over 400 KB', async () => {
  const item = put('large', 1, { blob: { S: 'x'.repeat(401 * 1024) } });
  expect(await refusalOf(item)).toEqual({ name: 'ValidationException', status: 400 });
});
