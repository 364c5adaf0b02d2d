import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CONNECTION_KEYS, type ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { ENV } from '../../../../../lambda/contract/env';
import { operatorKeyId } from '../../../../../lambda/contract/vault-record';
import { createAwsClient } from '../../../../../lambda/io/aws/aws-client';
import { DYNAMODB } from '../../../../../lambda/io/aws/services';
import { dynamodbConnectionStates } from '../../../../../lambda/io/connections/dynamodb-connection-states';
import { dynamodbConnections } from '../../../../../lambda/io/connections/dynamodb-connections';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';
import { CONNECTION_FACTS, describeConnectionStore } from '../../../../helpers/describe-connection-store';
import { answer, refuse, type ScriptedAws, startScriptedAws } from '../aws/scripted-aws';

let aws: EmbeddedAws;
let tables: { readonly vault: string; readonly salts: string };
let dynamodb: DynamoDBClient;
beforeAll(async () => {
  aws = await startEmbeddedAws();
  const env = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
  tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
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

const store = (now: () => number = Date.now) => dynamodbConnections(tables, { env: aws.env, now, random: () => 0 });
const contents = { status: 'active', facts: CONNECTION_FACTS, call: 'sealed-call' } as const;
const soon = () => Date.now() + 5_000;
const failure = (kind: string, name: string) => ({ ok: false, error: { service: 'dynamodb', kind, name } });
const MALFORMED = failure('invalid', 'MalformedRecord');
let people = 0;
const newPerson = () => `person-${++people}`;
const itemOf = async (TableName: string, pk: string) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }))).Item;
const plant = (TableName: string, Item: Record<string, unknown>) =>
  dynamodb.send(
    new PutItemCommand({
      TableName,
      Item: Object.fromEntries(Object.entries(Item).filter(([, value]) => value !== undefined)) as never,
    }),
  );

/** All pages of a scan. */
async function everything() {
  const connections: ConnectionRecord[] = [];
  let unreadable = 0;
  let cursor: string | undefined;
  do {
    const page = await store().scan(cursor);
    if (!page.ok) throw new Error(page.error.name);
    connections.push(...page.value.connections);
    unreadable += page.value.unreadable;
    cursor = page.value.cursor;
  } while (cursor !== undefined);
  return { connections, unreadable };
}

describeConnectionStore('DynamoDB', ({ now }) => store(now));

describe('an item of a connection', () => {
  test('has typed attributes, and the facts as JSON', async () => {
    const subject = newPerson();
    await store().put(subject, 'github', 0, {
      ...contents,
      refresh: 'sealed-refresh',
      tokenExpiresAtMs: 1_000_000_003_600,
    });
    await store().lease(subject, 'github', CONNECTION_FACTS.connectedAtMs, { id: 'l', untilMs: 2_000 }, 1_000);
    expect(await itemOf(tables.vault, `connection#${subject}#github`)).toEqual({
      pk: { S: `connection#${subject}#github` },
      status: { S: 'active' },
      version: { N: String(CONNECTION_FACTS.connectedAtMs) },
      facts: { S: JSON.stringify(CONNECTION_FACTS) },
      call: { S: 'sealed-call' },
      refresh: { S: 'sealed-refresh' },
      tokenExpiresAt: { N: '1000000003600' },
      leaseId: { S: 'l' },
      leaseUntil: { N: '2000' },
    });
  });

  const FACTS = { ...CONNECTION_FACTS, lastError: { code: 'access_revoked', atMs: 1 } };
  const facts = (change: object) => ({ facts: { S: JSON.stringify({ ...FACTS, ...change }) } });
  const malformed: readonly (readonly [string, object])[] = [
    ['no status', { status: undefined }],
    ['a status nobody knows', { status: { S: 'revoked' } }],
    ['no version', { version: undefined }],
    ['a version that is no whole number', { version: { N: '1.5' } }],
    ['a version of 0', { version: { N: '0' } }],
    ['a version as text', { version: { S: '1' } }],
    ['no facts', { facts: undefined }],
    ['facts that are no JSON', { facts: { S: '{' } }],
    ['facts of no known kind', facts({ kind: 'saml' })],
    ['facts without an id', facts({ connectionId: undefined })],
    ['scopes that are no list', facts({ scopes: 'repo' })],
    ['scopes that are no texts', facts({ scopes: [1] })],
    ['a negative count of failures', facts({ failures: -1 })],
    ['an account that is a text', facts({ account: 'me' })],
    ['an account whose name is an object', facts({ account: { id: '1', name: {} } })],
    ['a problem that is prose', facts({ lastError: { code: 'It is broken.', atMs: 1 } })],
    ['a problem without a time', facts({ lastError: { code: 'access_revoked' } })],
    ['an unsettled that is a text', facts({ unsettled: 'no' })],
    ['a server that is pinned in part', facts({ pinned: { issuer: 'https://as.example.com' } })],
    ['variables that are no texts', facts({ variables: { instance_url: 1 } })],
    ['parts that are null', facts({ parts: null })],
    ['no sealed secrets', { call: undefined }],
    ['empty sealed secrets', { call: { S: '' } }],
    ['sealed secrets of another type', { call: { B: new Uint8Array(4) } }],
    ['a refresh envelope of another type', { refresh: { N: '1' } }],
    ['an expiry that is a text', { tokenExpiresAt: { S: 'never' } }],
    ['a retry time that is negative', { retryAt: { N: '-1' } }],
    ['a last use that is a text', { lastUsedAt: { S: '1' } }],
    ['a lease without end', { leaseId: { S: 'l' } }],
    ['a lease without holder', { leaseUntil: { N: '5' } }],
    ['a lease whose end is a text', { leaseId: { S: 'l' }, leaseUntil: { S: '5' } }],
  ];
  const whole = (pk: string) => ({ pk: { S: pk }, status: { S: 'active' }, version: { N: '1' }, call: { S: 'c' } });

  test('is believed when it is whole', async () => {
    const subject = newPerson();
    await plant(tables.vault, { ...whole(`connection#${subject}#github`), ...facts({}) });
    expect(await store().read(subject, 'github', soon())).toMatchObject({ value: { connection: { facts: FACTS } } });
  });

  test('has no problem where a later release has noted one this one does not know', async () => {
    const subject = newPerson();
    const noted = facts({ lastError: { code: 'account_suspended', atMs: 1 } });
    await plant(tables.vault, { ...whole(`connection#${subject}#github`), ...noted });
    const { lastError: _, ...others } = FACTS;
    const read = await store().read(subject, 'github', soon());
    expect(read.ok && read.value.connection?.facts).toEqual(others);
  });

  test.each(malformed)(
    'fails to be read with %s, keeps no other from being seen, and can be deleted',
    async (_, change) => {
      const subject = newPerson();
      await plant(tables.vault, { ...whole(`connection#${subject}#github`), ...facts({}), ...change });
      expect(await store().read(subject, 'github', soon())).toEqual(MALFORMED);
      await plant(tables.vault, { ...whole(`connection#${subject}#slack`), ...facts({}) });
      const listed = await store().list(subject, ['github', 'slack']);
      expect(listed.ok && listed.value.connections.map(({ provider }) => provider)).toEqual(['slack']);
      expect(await store().namesOf(subject)).toEqual({ ok: true, value: expect.arrayContaining(['github', 'slack']) });
      expect(await store().erase(subject, 'github')).toEqual({ ok: true, value: undefined });
      expect(await store().namesOf(subject)).toEqual({ ok: true, value: ['slack'] });
    },
  );

  test.each(['connection#a', 'connection##github', 'connection#a#', 'connection#a#b#c'])(
    'under a key of another form is none: %s',
    async (pk) => {
      await plant(tables.vault, { ...whole(pk), ...facts({}) });
      const { connections } = await everything();
      expect(connections.filter(({ subject }) => ['', 'a'].includes(subject))).toEqual([]);
    },
  );

  test('that is malformed keeps nobody from seeing the others', async () => {
    const subject = newPerson();
    await store().put(subject, 'github', 0, contents);
    await plant(tables.vault, { pk: { S: `connection#${subject}#gitlab` } });
    await plant(tables.vault, { pk: { S: operatorKeyId('stripe') }, status: { S: 'active' } });
    const { connections, unreadable } = await everything();
    expect(unreadable).toBeGreaterThanOrEqual(1);
    expect(connections.filter((record) => record.subject === subject)).toHaveLength(1);
  });
});

describe.each([
  ['no switch', 'provider#', { status: undefined }],
  ['a switch that is neither on nor off', 'provider#', { status: { S: 'BLOCKED' } }],
  ['a switch nobody set', 'provider#', { updatedBy: undefined }],
  ['a switch of no time', 'provider#', { updatedAt: { S: 'now' } }],
])('with %s in the place of one', (_, prefix, change) => {
  test('reads fail: it could be the one that says no', async () => {
    const subject = newPerson();
    const provider = `p${people}`;
    const item = { status: { S: 'blocked' }, updatedAt: { N: '1' }, updatedBy: { S: 'admin' } };
    await plant(tables.vault, { pk: { S: `${prefix}${provider}` }, ...item, ...change });
    expect(await store().read(subject, provider, soon())).toEqual(MALFORMED);
    expect(await store().list(subject, [provider])).toEqual(MALFORMED);
  });
});

describe('a salt', () => {
  test('is an item of a table of its own', async () => {
    const subject = newPerson();
    const salt = Buffer.alloc(32, 7).toString('base64url');
    await store().ensureSalt(subject, { salt, createdAtMs: 5 });
    expect(await itemOf(tables.salts, CONNECTION_KEYS.salt(subject))).toEqual({
      pk: { S: `person#${subject}` },
      salt: { S: salt },
      createdAt: { N: '5' },
    });
  });

  test.each([
    ['no salt', { salt: undefined }],
    ['a salt that is too short', { salt: { S: 'AAAA' } }],
    ['no time', { createdAt: undefined }],
  ])('fails every read with %s, and is not replaced', async (_, change) => {
    const subject = newPerson();
    const item = { salt: { S: Buffer.alloc(32, 7).toString('base64url') }, createdAt: { N: '5' } };
    await plant(tables.salts, { pk: { S: `person#${subject}` }, ...item, ...change });
    expect(await store().read(subject, 'github', soon())).toEqual(MALFORMED);
    const fresh = { salt: Buffer.alloc(32, 8).toString('base64url'), createdAtMs: 6 };
    expect(await store().ensureSalt(subject, fresh)).toEqual(MALFORMED);
  });
});

describe('the hot path', () => {
  test('reads record, switch and salt by one call', async () => {
    const subject = newPerson();
    await store().put(subject, 'github', 0, contents);
    aws.calls.reset();
    const states = dynamodbConnectionStates(tables, createAwsClient(DYNAMODB, { env: aws.env }));
    expect(await states.read(subject, 'github', soon())).toMatchObject({ value: { connection: contents } });
    expect([aws.calls.count('BatchGetItem'), aws.calls.count()]).toEqual([1, 1]);
  });
});

describe('where answers get lost', () => {
  const lose = (operation: string, count = 1) =>
    aws.faults.inject({ operation, kind: 'reset', afterEffect: true, times: count });

  test('a put that is repeated knows what it wrote itself', async () => {
    const subject = newPerson();
    lose('UpdateItem');
    expect(await store().put(subject, 'github', 0, contents)).toMatchObject({ value: contents });
    lose('UpdateItem', 3);
    const next = { ...contents, call: 'second' };
    expect(await store().put(subject, 'github', CONNECTION_FACTS.connectedAtMs, next)).toMatchObject({ value: next });
  });

  test('a lease, its return and a removal do so too', async () => {
    const subject = newPerson();
    await store().put(subject, 'github', 0, contents);
    const lease = { id: 'lease-a', untilMs: 2_000 };
    lose('UpdateItem');
    expect(await store().lease(subject, 'github', CONNECTION_FACTS.connectedAtMs, lease, 1_000)).toMatchObject({
      value: { lease },
    });
    lose('UpdateItem');
    const note = { facts: { ...CONNECTION_FACTS, failures: 1 } };
    expect(await store().release(subject, 'github', 'lease-a', note)).toEqual({ ok: true, value: true });
    lose('DeleteItem');
    expect(await store().remove(subject, 'github', CONNECTION_FACTS.connectedAtMs)).toEqual({ ok: true, value: true });
  });

  test('a salt is the one that was made', async () => {
    const fresh = { salt: Buffer.alloc(32, 9).toString('base64url'), createdAtMs: 6 };
    lose('PutItem');
    expect(await store().ensureSalt(newPerson(), fresh)).toEqual({ ok: true, value: fresh });
  });

  test('a failure is told, and asking again tells what became of it', async () => {
    const subject = newPerson();
    lose('UpdateItem', 4);
    expect(await store().put(subject, 'github', 0, contents)).toMatchObject({ error: { kind: 'unavailable' } });
    expect(await store().put(subject, 'github', 0, contents)).toMatchObject({ value: contents });
  });
});

describe('against a DynamoDB that misbehaves', () => {
  let scripted: ScriptedAws;
  beforeAll(async () => {
    scripted = await startScriptedAws();
  });
  afterAll(() => scripted.close());
  const strange = () =>
    dynamodbConnections({ vault: 'v', salts: 's' }, { env: scripted.env, now: Date.now, random: () => 0 });
  const SALT = Buffer.alloc(32, 1).toString('base64url');
  const saltItem = { pk: { S: 'person#p' }, salt: { S: SALT }, createdAt: { N: '1' } };
  const connectionItem = {
    pk: { S: 'connection#p#github' },
    status: { S: 'active' },
    version: { N: '1' },
    facts: { S: JSON.stringify(CONNECTION_FACTS) },
    call: { S: 'c' },
  };
  const asked = () => scripted.seen.map(({ body }) => (JSON.parse(body) as { RequestItems: object }).RequestItems);

  test('keys that were put off are asked again, and only those, still strongly consistent', async () => {
    scripted.script(
      answer(200, {
        Responses: { s: [saltItem] },
        UnprocessedKeys: { v: { Keys: [{ pk: { S: 'connection#p#github' } }, { pk: { S: 'provider#github' } }] } },
      }),
      answer(200, {
        Responses: { v: [connectionItem] },
        UnprocessedKeys: { v: { Keys: [{ pk: { S: 'provider#github' } }] } },
      }),
      answer(200, { Responses: { v: [] }, UnprocessedKeys: {} }),
    );
    const read = await strange().read('p', 'github', soon());
    expect(read).toMatchObject({ value: { connection: { version: 1 }, salt: { salt: SALT } } });
    expect(asked()).toEqual([
      {
        v: { Keys: [{ pk: { S: 'connection#p#github' } }, { pk: { S: 'provider#github' } }], ConsistentRead: true },
        s: { Keys: [{ pk: { S: 'person#p' } }], ConsistentRead: true },
      },
      {
        v: { Keys: [{ pk: { S: 'connection#p#github' } }, { pk: { S: 'provider#github' } }], ConsistentRead: true },
      },
      { v: { Keys: [{ pk: { S: 'provider#github' } }], ConsistentRead: true } },
    ]);
  });

  test('fails when keys are put off again and again: one of them could be the switch that says no', async () => {
    const UnprocessedKeys = { v: { Keys: [{ pk: { S: 'provider#github' } }] } };
    scripted.script(answer(200, { Responses: { v: [connectionItem] }, UnprocessedKeys }));
    expect(await strange().read('p', 'github', soon())).toEqual(failure('throttled', 'UnprocessedKeys'));
    expect(scripted.seen).toHaveLength(4);
  });

  test('fails when the page of a scan is too large, after smaller and smaller ones were tried', async () => {
    scripted.script(answer(200, 'x'.repeat(1024 * 1024 + 1)));
    expect(await strange().scan(undefined)).toEqual(failure('invalid', 'AnswerTooLarge'));
    expect(scripted.seen.map(({ body }) => (JSON.parse(body) as { Limit: number }).Limit)).toEqual([
      100, 50, 25, 12, 6, 3, 2,
    ]);
  });

  test('makes a salt whose predecessor is deleted in that moment, and gives up where that goes on', async () => {
    const fresh = { salt: SALT, createdAtMs: 1 };
    const refused = refuse('ConditionalCheckFailedException');
    scripted.script(refused, answer(200, {}), answer(200, {}));
    expect(await strange().ensureSalt('p', fresh)).toEqual({ ok: true, value: fresh });
    scripted.script(refused, answer(200, {}), refused, answer(200, {}), refused, answer(200, {}));
    expect(await strange().ensureSalt('p', fresh)).toEqual(failure('unavailable', 'SaltDeleted'));
  });

  test.each([
    ['read', () => strange().read('p', 'github', soon())],
    ['list', () => strange().list('p', ['github'])],
    ['scan', () => strange().scan(undefined)],
    ['put', () => strange().put('p', 'github', 0, contents)],
    ['lease', () => strange().lease('p', 'github', 1, { id: 'l', untilMs: 2 }, 1)],
    ['release', () => strange().release('p', 'github', 'l', { facts: CONNECTION_FACTS })],
    ['touch', () => strange().touch('p', 'github', 1)],
    ['remove', () => strange().remove('p', 'github', 1)],
    ['ensureSalt', () => strange().ensureSalt('p', { salt: SALT, createdAtMs: 1 })],
    ['removeSalt', () => strange().removeSalt('p')],
    ['switchProvider', () => strange().switchProvider('github', { blocked: true, updatedAtMs: 1, updatedBy: 'a' })],
  ])('%s says that it may not, without a word of the service', async (_, operation) => {
    scripted.script(refuse('AccessDeniedException'));
    expect(await operation()).toEqual(failure('denied', 'AccessDeniedException'));
  });
});
