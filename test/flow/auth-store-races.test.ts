import { randomUUID } from 'node:crypto';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { AUTH_KEYS, type AuthItemKey, type SigningKeysRecord } from '../../lambda/contract/auth-record';
import { ENV } from '../../lambda/contract/env';
import type { AuthStore, Stored } from '../../lambda/core/authz/ports';
import type { KeysReport } from '../../lambda/core/keys/rotate-keys';
import { dynamodbAuthStore } from '../../lambda/io/auth/dynamodb-auth-store';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import { provisionGateway } from '../../local/aws/provision';
import { sdkConfig } from '../../local/aws/sdk-config';
import { type Racers, startRacers } from '../helpers/racers';
import type { RaceAnswer } from './auth-store-racer';

const RUNS = 50;

let aws: EmbeddedAws;
let store: AuthStore;
let racers: Racers;

beforeAll(async () => {
  aws = await startEmbeddedAws({ seed: 7 });
  const env = { ...aws.env, ...(await provisionGateway(aws, { gatewayId: 'gw', providers: [] })) };
  store = dynamodbAuthStore(env[ENV.authTable] ?? '', { env, now: Date.now, randomId: randomUUID });
  racers = await startRacers('test/flow/auth-store-racer.ts', env, 5);
});
afterAll(async () => {
  await racers.close();
  await aws.close();
});
afterEach(() => aws.faults.clear());

let keys = 0;
const newKey = (): AuthItemKey => ({ pk: `once#${++keys}`, sk: 'once' });
const inAnHour = () => ({ validUntilMs: Date.now() + 3_600_000 });

async function readOne(key: AuthItemKey): Promise<Stored<unknown> | undefined> {
  const read = await store.read([key]);
  if (!read.ok) throw new Error(read.error.name);
  return read.value[0];
}

async function create(key: AuthItemKey, record: object): Promise<number> {
  const written = await store.create(key, record, inAnHour());
  if (!written.ok || !written.value.won) throw new Error('not created');
  return written.value.version;
}

function runIn(stored: Stored<unknown> | undefined): unknown {
  return (stored?.record as { run?: number } | undefined)?.run;
}

/** Who was told that they won, and what the others were told to be in the way. */
function outcome(answers: readonly RaceAnswer[]) {
  const winners = answers.filter(({ written }) => typeof written === 'object' && written.won);
  const losers = answers.flatMap(({ written }) => (typeof written === 'object' && !written.won ? [written.kept] : []));
  return { winners: winners.map(({ run }) => run), losers };
}

/** What may happen to calls meanwhile: each is met before its effect, or after it, and is then repeated. */
const DISTURBANCES = [
  ['undisturbed', []],
  ['while answers get lost', [{ operation: 'PutItem', kind: 'reset', afterEffect: true, rate: 0.4 }]],
  ['while DynamoDB fails', [{ operation: 'PutItem', kind: 'error', rate: 0.3 }]],
  [
    'while it throttles, before and after the effect',
    [
      { kind: 'throttle', rate: 0.2 },
      { operation: 'PutItem', kind: 'throttle', afterEffect: true, rate: 0.2 },
    ],
  ],
] as const;

describe.each(DISTURBANCES)('fifty at once from five processes, %s', (_, faults) => {
  beforeEach(() => {
    for (const fault of faults) aws.faults.inject(fault);
  });

  test('create one document: at most one is told so, and what is there is what all others see', async () => {
    const key = newKey();
    const answers = await racers.race<RaceAnswer>('create', { key }, RUNS);
    aws.faults.clear();
    const { winners, losers } = outcome(answers);
    const kept = await readOne(key);
    // One whose answers all got lost is told of the failure, not that it won.
    const silent = answers.filter(({ written }) => typeof written === 'string').map(({ run }) => run);
    expect(winners.length === 1 ? winners : silent).toContain(runIn(kept));
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(losers).toEqual(losers.map(() => kept));
    expect(winners.length + losers.length + silent.length).toBe(RUNS);
  });

  test('replace one version: at most one is told so, and the version grows by one', async () => {
    const key = newKey();
    aws.faults.clear();
    const version = await create(key, { run: -1 });
    for (const fault of faults) aws.faults.inject(fault);
    const answers = await racers.race<RaceAnswer>('replace', { key, version }, RUNS);
    aws.faults.clear();
    const { winners } = outcome(answers);
    const kept = await readOne(key);
    const silent = answers.filter(({ written }) => typeof written === 'string').map(({ run }) => run);
    expect(kept?.version).toBe(version + 1);
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(winners.length === 1 ? winners : silent).toContain(runIn(kept));
  });
});

test('undisturbed, exactly one of fifty wins', async () => {
  const key = newKey();
  const created = outcome(await racers.race<RaceAnswer>('create', { key }, RUNS));
  expect([created.winners.length, created.losers.length]).toEqual([1, RUNS - 1]);
  const { version = 0 } = (await readOne(key)) ?? {};
  const replaced = outcome(await racers.race<RaceAnswer>('replace', { key, version }, RUNS));
  expect([replaced.winners.length, replaced.losers.length]).toEqual([1, RUNS - 1]);
});

test('an expired document is created again by one', async () => {
  const key = newKey();
  await store.create(key, { run: -1 }, { validUntilMs: Date.now() - 1 });
  const { winners, losers } = outcome(await racers.race<RaceAnswer>('create', { key }, RUNS));
  expect([winners.length, losers.length]).toEqual([1, RUNS - 1]);
});

test('of twenty changes of one document each is made once', async () => {
  const key = newKey();
  await create(key, { count: 0 });
  await racers.race<number>('count', { key }, 20);
  expect((await readOne(key))?.record).toEqual({ count: 20 });
});

test('no change is lost where answers are; one that others have built upon before it was repeated may be made again', async () => {
  const key = newKey();
  await create(key, { count: 0 });
  aws.faults.inject({ operation: 'PutItem', kind: 'reset', afterEffect: true, rate: 0.1 });
  await racers.race<number>('count', { key }, 20);
  aws.faults.clear();
  const { record } = (await readOne(key)) ?? {};
  expect((record as { count: number }).count).toBeGreaterThanOrEqual(20);
});

test('ten rotations at once make one key', async () => {
  const kms = new KMSClient(sdkConfig(aws));
  const count = async () => (await kms.send(new ListKeysCommand())).Keys?.length ?? 0;
  const before = await count();
  const reports = await racers.race<KeysReport>('rotate', { action: 'rotate' }, 10);
  expect(reports.map(({ outcome }) => outcome)).toContain('rotated');
  expect(await count()).toBe(before + 1);
  const record = (await readOne(AUTH_KEYS.signingKeys()))?.record as SigningKeysRecord;
  expect(record.keys.map(({ isOwn }) => isOwn)).toEqual([true, false]);
  expect(record).not.toHaveProperty('pending');
  kms.destroy();
});
