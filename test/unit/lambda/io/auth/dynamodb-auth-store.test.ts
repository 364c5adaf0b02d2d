import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AuthItemKey } from '../../../../../lambda/contract/auth-record';
import { ENV } from '../../../../../lambda/contract/env';
import { err, ok } from '../../../../../lambda/core/result';
import { dynamodbAuthScan } from '../../../../../lambda/io/auth/dynamodb-auth-scan';
import { dynamodbAuthStore } from '../../../../../lambda/io/auth/dynamodb-auth-store';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';
import { testClock } from '../../../../helpers/clock';
import { describeAuthStore } from '../../../../helpers/describe-auth-store';
import { answer, refuse, type ScriptedAws, startScriptedAws } from '../aws/scripted-aws';

let aws: EmbeddedAws;
let table: string;
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  aws = await startEmbeddedAws();
  table = (await provisionGateway(aws, { gatewayId: 'gw', providers: [] }))[ENV.authTable] ?? '';
  dynamodb = new DynamoDBClient(sdkConfig(aws));
});
afterAll(async () => {
  dynamodb.destroy();
  await aws.close();
});
afterEach(() => {
  aws.faults.clear();
  aws.calls.reset();
});

let ids = 0;
const randomId = () => `write-${++ids}`;
const store = (now: () => number = Date.now) =>
  dynamodbAuthStore(table, { env: aws.env, now, random: () => 0, randomId });
const inAnHour = () => ({ validUntilMs: Date.now() + 3_600_000 });
let keys = 0;
const newKey = (): AuthItemKey => ({ pk: `txn#${++keys}`, sk: 'txn' });

describeAuthStore('DynamoDB', ({ now }) => store(now));

describe('an item of the auth table', () => {
  const item = async ({ pk, sk }: AuthItemKey) =>
    (await dynamodb.send(new GetItemCommand({ TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } }))).Item;

  test('is the document as JSON, with a version, a write id and two times', async () => {
    const key = newKey();
    const clock = testClock(1_000_000_000_500);
    await store(clock.now).create(key, { a: ['ü'] }, { validUntilMs: clock.now() + 1_000 });
    expect(await item(key)).toEqual({
      pk: { S: key.pk },
      sk: { S: key.sk },
      data: { S: '{"a":["ü"]}' },
      version: { N: '1000000000500' },
      writeId: { S: `write-${ids}` },
      validUntil: { N: '1000000001500' },
      // A day later, in whole seconds.
      expiresAt: { N: '1000086402' },
    });
  });

  test.each([
    [5_000_000, '1005000'],
    [0, '1000001'],
  ])('is kept until it is asked to be, and never less than it is valid: %d', async (more, seconds) => {
    const key = newKey();
    const lifetime = { validUntilMs: 1_000_000_001, keepUntilMs: 1_000_000_000 + more };
    await store(() => 1_000_000_000).create(key, {}, lifetime);
    expect((await item(key))?.['expiresAt']).toEqual({ N: seconds });
  });

  test.each([
    ['no document', { data: undefined }],
    ['a document that is no JSON', { data: { S: '{' } }],
    ['a document that is no object', { data: { S: '[1]' } }],
    ['no version', { version: undefined }],
    ['a version that is no whole number', { version: { N: '1.5' } }],
    ['no end of its validity', { validUntil: undefined }],
    ['no write id', { writeId: undefined }],
  ])('fails a read with %s', async (_, change) => {
    const { pk, sk } = newKey();
    const whole = {
      data: { S: '{}' },
      version: { N: '1' },
      writeId: { S: 'w' },
      validUntil: { N: String(Date.now() + 60_000) },
    };
    const Item = Object.fromEntries(
      Object.entries({ pk: { S: pk }, sk: { S: sk }, ...whole, ...change }).filter(([, value]) => value !== undefined),
    );
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: Item as never }));
    const malformed = err({ service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' });
    expect(await store().read([{ pk, sk }])).toEqual(malformed);
    expect(await store().read([{ pk, sk }, newKey()])).toEqual(malformed);
  });
});

describe('what an operation costs', () => {
  test('one key is one GetItem, several are one BatchGetItem, none is nothing', async () => {
    await store().read([newKey()]);
    expect([aws.calls.count(), aws.calls.count('GetItem')]).toEqual([1, 1]);
    await store().read([newKey(), newKey(), newKey(), newKey()]);
    expect([aws.calls.count(), aws.calls.count('BatchGetItem')]).toEqual([2, 1]);
  });

  test('a write is one PutItem; only a refused one reads what is there', async () => {
    const key = newKey();
    await store().create(key, {}, inAnHour());
    expect([aws.calls.count(), aws.calls.count('PutItem')]).toEqual([1, 1]);
    await store().create(key, {}, inAnHour());
    expect([aws.calls.count(), aws.calls.count('PutItem'), aws.calls.count('GetItem')]).toEqual([3, 2, 1]);
  });
});

describe('a write whose answer gets lost', () => {
  test.each(['reset', 'error', 'throttle'] as const)('by %s recognises itself when it is repeated', async (kind) => {
    const key = newKey();
    aws.faults.inject({ operation: 'PutItem', kind, afterEffect: true, times: 1 });
    const created = await store().create(key, { n: 1 }, inAnHour());
    expect(created).toMatchObject(ok({ won: true }));
    aws.faults.inject({ operation: 'PutItem', kind, afterEffect: true, times: 1 });
    const version = created.ok && created.value.won ? created.value.version : 0;
    expect(await store().replace(key, version, { n: 2 }, inAnHour())).toEqual(ok({ won: true, version: version + 1 }));
    expect(await store().read([key])).toEqual(ok([{ version: version + 1, record: { n: 2 } }]));
  });

  test('every time fails, and is then there for whoever looks', async () => {
    const key = newKey();
    aws.faults.inject({ operation: 'PutItem', kind: 'reset', afterEffect: true });
    expect(await store().create(key, { n: 1 }, inAnHour())).toEqual(
      err({ service: 'dynamodb', kind: 'unavailable', name: 'ECONNRESET' }),
    );
    aws.faults.clear();
    expect(await store().create(key, { n: 2 }, inAnHour())).toMatchObject(
      ok({ won: false, kept: { record: { n: 1 } } }),
    );
  });

  test('does not take the write of somebody else for its own', async () => {
    const key = newKey();
    await store().create(key, { by: 'first' }, inAnHour());
    aws.faults.inject({ operation: 'PutItem', kind: 'reset', times: 1 });
    expect(await store().create(key, { by: 'second' }, inAnHour())).toMatchObject(
      ok({ won: false, kept: { record: { by: 'first' } } }),
    );
  });

  test('fails if what is there cannot be read', async () => {
    const key = newKey();
    await store().create(key, {}, inAnHour());
    aws.faults.inject({ operation: 'GetItem', kind: 'error' });
    expect(await store().create(key, {}, inAnHour())).toEqual(
      err({ service: 'dynamodb', kind: 'unavailable', name: 'InternalServerError' }),
    );
  });
});

describe('DynamoDB that does not answer', () => {
  test.each(['read', 'create', 'replace', 'list'] as const)('fails %s, four attempts later', async (operation) => {
    aws.faults.inject({ kind: 'throttle' });
    const key = newKey();
    const calls = {
      read: () => store().read([key]),
      create: () => store().create(key, {}, inAnHour()),
      replace: () => store().replace(key, 1, {}, inAnHour()),
      list: () => store().list(key.pk, key.sk),
    };
    expect(await calls[operation]()).toEqual(
      err({ service: 'dynamodb', kind: 'throttled', name: 'ProvisionedThroughputExceededException' }),
    );
    expect(aws.calls.count()).toBe(4);
  });

  test('fails where there is no such table', async () => {
    const lost = dynamodbAuthStore('no-table', { env: aws.env, now: Date.now, randomId });
    expect(await lost.read([newKey()])).toEqual(
      err({ service: 'dynamodb', kind: 'not_found', name: 'ResourceNotFoundException' }),
    );
  });
});

describe('keys that DynamoDB puts off', () => {
  let scripted: ScriptedAws;
  beforeAll(async () => {
    scripted = await startScriptedAws();
  });
  afterAll(() => scripted.close());

  const A = { pk: 'a', sk: 's' };
  const B = { pk: 'b', sk: 's' };
  const stored = ({ pk, sk }: AuthItemKey) => ({
    ...{ pk: { S: pk }, sk: { S: sk }, data: { S: `{"of":"${pk}"}` }, writeId: { S: 'w' } },
    ...{ version: { N: '3' }, validUntil: { N: String(Date.now() + 60_000) } },
  });
  const putOff = { t: { Keys: [{ pk: { S: 'b' }, sk: { S: 's' } }], ConsistentRead: true } };
  const read = () =>
    dynamodbAuthStore('t', { env: scripted.env, now: Date.now, random: () => 0, randomId }).read([A, B]);

  test('are asked for again', async () => {
    scripted.script(
      answer(200, { Responses: { t: [stored(A)] }, UnprocessedKeys: putOff }),
      answer(200, { Responses: { t: [stored(B)] }, UnprocessedKeys: {} }),
    );
    expect(await read()).toEqual(
      ok([
        { version: 3, record: { of: 'a' } },
        { version: 3, record: { of: 'b' } },
      ]),
    );
    expect(scripted.seen.map(({ body }) => JSON.parse(body).RequestItems.t)).toEqual([
      { Keys: [expect.anything(), expect.anything()], ConsistentRead: true },
      putOff.t,
    ]);
  });

  test('fail the read if they are put off for ever: what was not read could be what says no', async () => {
    scripted.script(answer(200, { Responses: { t: [stored(A)] }, UnprocessedKeys: putOff }));
    expect(await read()).toEqual(err({ service: 'dynamodb', kind: 'throttled', name: 'UnprocessedKeys' }));
    expect(scripted.seen).toHaveLength(4);
  });

  test('fail the read if asking again fails', async () => {
    scripted.script(answer(200, { UnprocessedKeys: putOff }), refuse('AccessDeniedException'));
    expect(await read()).toEqual(err({ service: 'dynamodb', kind: 'denied', name: 'AccessDeniedException' }));
  });
});

describe('a walk through the table', () => {
  test('finds every valid grant and switch, page by page, and nothing else', async () => {
    const grants: number[] = [];
    for (let n = 0; n < 210; n += 1) {
      await store().create({ pk: `person#scan-${n}`, sk: `grant#${n}` }, { scanned: n }, inAnHour());
      grants.push(n);
    }
    const past = { validUntilMs: Date.now() - 1 };
    await store().create({ pk: 'person#scan-past', sk: 'grant#past' }, { scanned: 'past' }, past);
    await store().create({ pk: 'client#scan', sk: 'switch' }, { kind: 'client' }, inAnHour());
    const { scan } = dynamodbAuthScan(table, { env: aws.env, now: Date.now });

    const walk = async (prefix: 'grant#' | 'switch') => {
      const found: unknown[] = [];
      let pages = 0;
      let cursor: string | undefined;
      do {
        const page = await scan(prefix, cursor);
        if (!page.ok) throw new Error(page.error.name);
        found.push(...page.value.records);
        cursor = page.value.cursor;
        pages += 1;
      } while (cursor !== undefined);
      return { found, pages };
    };
    const { found, pages } = await walk('grant#');
    expect(pages).toBeGreaterThan(1);
    const scanned = found.flatMap((record) => (record as { scanned?: unknown }).scanned ?? []);
    expect(scanned.sort((a, b) => Number(a) - Number(b))).toEqual(grants);
    expect((await walk('switch')).found).toEqual([{ kind: 'client' }]);
  });

  test.each(['', '!', 'W10', 'WyJhIl0', Buffer.from('["a",{"S":"b"}]').toString('base64url')])(
    'refuses the cursor %j, which is none',
    async (cursor) => {
      const { scan } = dynamodbAuthScan(table, { env: aws.env, now: Date.now });
      expect(await scan('grant#', cursor)).toEqual(
        err({ service: 'dynamodb', kind: 'invalid', name: 'MalformedCursor' }),
      );
      expect(aws.calls.count()).toBe(0);
    },
  );
});
