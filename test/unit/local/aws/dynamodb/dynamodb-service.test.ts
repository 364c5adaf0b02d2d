import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import db from 'dynalite/db/index.js';
import { dynamodbService } from '../../../../../local/aws/dynamodb/dynamodb-service';
import { caller, refusal } from '../call-service';

const TABLE = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
};

let directory: string;
const undo: (() => unknown)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dynamodb-'));
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  rmSync(directory, { recursive: true });
});

async function open(onDisk = false) {
  const service = await dynamodbService({
    path: onDisk ? join(directory, 'dynamodb') : undefined,
    ttlPath: onDisk ? join(directory, 'time-to-live.json') : undefined,
  });
  undo.push(() => service.close?.());
  return { service, call: caller(service) };
}

const ttl = (AttributeName: string, Enabled: boolean, TableName = 'vault') => ({
  TableName,
  TimeToLiveSpecification: { AttributeName, Enabled },
});

test('a table is active by the time its creation is answered', async () => {
  const { call } = await open();
  await call('CreateTable', { TableName: 'vault', ...TABLE });
  expect((await call('DescribeTable', { TableName: 'vault' }))['Table']).toMatchObject({ TableStatus: 'ACTIVE' });
});

test('the time to live is kept over a restart and goes with its table', async () => {
  const first = await open(true);
  await first.call('CreateTable', { TableName: 'vault', ...TABLE });
  expect(await first.call('UpdateTimeToLive', ttl('expiresAt', true))).toEqual({
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
  await first.service.close?.();

  const { call } = await open(true);
  expect(await call('DescribeTimeToLive', { TableName: 'vault' })).toEqual({
    TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
  });
  await call('DeleteTable', { TableName: 'vault' });
  expect((await refusal(call('DescribeTimeToLive', { TableName: 'vault' }))).code).toBe('ResourceNotFoundException');
});

test('refuses a time to live that is set already, unset already, or set on another attribute', async () => {
  const { call } = await open();
  await call('CreateTable', { TableName: 'vault', ...TABLE });
  const refused = (input: object) => refusal(call('UpdateTimeToLive', input));
  expect(await refused(ttl('expiresAt', false))).toEqual({
    code: 'ValidationException',
    message: 'TimeToLive is already disabled',
  });
  await call('UpdateTimeToLive', ttl('expiresAt', true));
  expect(await refused(ttl('expiresAt', true))).toEqual({
    code: 'ValidationException',
    message: 'TimeToLive is already enabled',
  });
  expect(await refused(ttl('other', true))).toEqual({
    code: 'ValidationException',
    message: 'TimeToLive is active on a different AttributeName: current AttributeName is expiresAt',
  });
  expect((await refused(ttl('expiresAt', true, 'absent'))).code).toBe('ResourceNotFoundException');
});

test('a table whose creation was cut off by a kill is usable after the next start', async () => {
  const store = db.create({ path: join(directory, 'dynamodb') });
  const half = { TableName: 'vault', TableStatus: 'CREATING', ...TABLE };
  await new Promise<void>((resolve) => store.tableDb.put('vault', half, () => resolve()));
  await store.lifecycleManager.gracefulClose();

  const { call } = await open(true);
  await call('PutItem', { TableName: 'vault', Item: { pk: { S: 'a' } } });
  expect((await call('GetItem', { TableName: 'vault', Key: { pk: { S: 'a' } } }))['Item']).toEqual({ pk: { S: 'a' } });
});

test('refuses to show the item of a failed condition, which dynalite would leave out in silence', async () => {
  const { call } = await open();
  const input = { TableName: 'vault', Key: { pk: { S: 'a' } }, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  expect(await refusal(call('DeleteItem', input))).toEqual({
    code: 'UnsupportedOperationException',
    message: 'the embedded AWS does not emulate ReturnValuesOnConditionCheckFailure',
  });
});

test('lets go of its files when one of them cannot be read', async () => {
  writeFileSync(join(directory, 'time-to-live.json'), '{');
  await expect(open(true)).rejects.toThrow('is not JSON');
  rmSync(join(directory, 'time-to-live.json'));
  await expect(open(true)).resolves.toBeDefined();
});

test('error types carry the namespaces of the real service', async () => {
  const { service, call } = await open();
  const types: unknown[] = [];
  for (const input of [{ TableName: 'absent', Key: { pk: { S: 'a' } } }, { TableName: 'x' }, { TableName: 1 }]) {
    await call('GetItem', input).catch((error) => types.push((service.errorBody(error) as { __type: string }).__type));
  }
  expect(types).toEqual([
    'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',
    'com.amazon.coral.validate#ValidationException',
    'com.amazon.coral.service#SerializationException',
  ]);
});
