import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbKeyRecords } from '../../../../../lambda/io/vault/dynamodb-key-records';

type Send = (input: Record<string, unknown>) => unknown;

/** A client whose answers are made up here; it speaks to nobody. */
function clientAnswering(send: Send): DynamoDBClient {
  const client = new DynamoDBClient({ region: 'eu-west-1' });
  jest.spyOn(client, 'send').mockImplementation(async (command: { input: object }) => send({ ...command.input }));
  return client;
}
const ITEM: Record<string, AttributeValue> = {
  pk: { S: 'operator#stripe' },
  status: { S: 'active' },
  version: { N: '1' },
  secretId: { S: 's' },
  secretVersionId: { S: 'v' },
  parts: { L: [{ S: 'key' }] },
  origins: { L: [] },
  createdAt: { S: 'c' },
  updatedAt: { S: 'u' },
  updatedBy: { S: 'b' },
};

describe('reading a record', () => {
  const malformed = { ok: false, error: { service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' } };
  test.each([
    ['status', { S: 'revoked' }],
    ['version', { S: '1' }],
    ['version', { N: '1.5' }],
    ['secretVersionId', { N: '1' }],
    ['parts', { SS: ['key'] }],
    ['origins', { L: [{ N: '1' }] }],
    ['updatedBy', { NULL: true }],
  ])('fails when its %s is %j', async (name, value) => {
    const records = dynamodbKeyRecords(
      clientAnswering(() => ({ Item: { ...ITEM, [name]: value } })),
      't',
    );
    expect(await records.read('stripe')).toEqual(malformed);
  });
});

describe('reading all records', () => {
  const providers = Array.from({ length: 150 }, (_, at) => `p${at}`);
  const itemsOf = (keys: readonly Record<string, AttributeValue>[]) => keys.map((key) => ({ ...ITEM, ...key }));
  const keysOf = (input: Record<string, unknown>) =>
    (input['RequestItems'] as Record<string, { Keys: Record<string, AttributeValue>[] }>)['t']?.Keys ?? [];

  test('asks again for what DynamoDB left over, a hundred at a time', async () => {
    const asked: number[] = [];
    const client = clientAnswering((input) => {
      const keys = keysOf(input);
      asked.push(keys.length);
      const done = keys.slice(0, 60);
      const left = keys.slice(60);
      return { Responses: { t: itemsOf(done) }, UnprocessedKeys: left.length > 0 ? { t: { Keys: left } } : {} };
    });
    const found = await dynamodbKeyRecords(client, 't').readAll(providers);
    expect(found).toMatchObject({ ok: true });
    const names = found.ok ? found.value.flatMap((record) => (record.kind === 'live' ? [record.provider] : [])) : [];
    expect(names.sort()).toEqual([...providers].sort());
    expect(asked).toEqual([100, 90, 30]);
  });

  test('fails as throttled when DynamoDB leaves everything over', async () => {
    const client = clientAnswering((input) => ({ Responses: {}, UnprocessedKeys: { t: { Keys: keysOf(input) } } }));
    expect(await dynamodbKeyRecords(client, 't').readAll(providers)).toEqual({
      ok: false,
      error: { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' },
    });
  });

  test('asks for nothing when no provider is configured', async () => {
    const client = clientAnswering(() => {
      throw new Error('nothing was to be asked');
    });
    expect(await dynamodbKeyRecords(client, 't').readAll([])).toEqual({ ok: true, value: [] });
  });
});
