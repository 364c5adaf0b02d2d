import type { ConnectionRecord, PersonSalt } from '../../lambda/contract/connection-record';
import { ENV } from '../../lambda/contract/env';
import type { ConnectionStore } from '../../lambda/core/connections/ports';
import { dynamodbConnections } from '../../lambda/io/connections/dynamodb-connections';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import { provisionGateway } from '../../local/aws/provision';
import { CONNECTION_FACTS } from '../helpers/describe-connection-store';
import { type Racers, startRacers } from '../helpers/racers';
import type { RaceAnswer } from './connection-store-racer';

const RUNS = 50;

let aws: EmbeddedAws;
let store: ConnectionStore;
let racers: Racers;

beforeAll(async () => {
  aws = await startEmbeddedAws({ seed: 11 });
  const env = { ...aws.env, ...(await provisionGateway(aws, { gatewayId: 'gw', providers: [] })) };
  const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
  store = dynamodbConnections(tables, { env, now: Date.now });
  racers = await startRacers('test/flow/connection-store-racer.ts', env, 4);
});
afterAll(async () => {
  await racers.close();
  await aws.close();
});
afterEach(() => aws.faults.clear());

let people = 0;

async function state(subject: string) {
  const read = await store.read(subject, 'github', Date.now() + 5_000);
  if (!read.ok) throw new Error(read.error.name);
  return read.value;
}

async function connected(): Promise<{ readonly subject: string; readonly version: number }> {
  people += 1;
  const subject = `person-${people}`;
  const put = await store.put(subject, 'github', 0, { status: 'active', facts: CONNECTION_FACTS, call: 'first' });
  if (!put.ok || put.value === undefined) throw new Error('not connected');
  return { subject, version: put.value.version };
}

const race = <T>(flow: string, target: object) => racers.race<RaceAnswer<T | null>>(flow, target, RUNS);
const got = <T>(answers: readonly RaceAnswer<T | null>[]) =>
  answers.flatMap(({ told }) => (typeof told === 'string' || told === null ? [] : [told]));
const failed = <T>(answers: readonly RaceAnswer<T | null>[]) => answers.filter(({ told }) => typeof told === 'string');

/** What may happen to calls meanwhile: each is met before its effect, or after it, and is then repeated. */
const DISTURBANCES = [
  ['undisturbed', []],
  ['while answers get lost', [{ operation: 'UpdateItem', kind: 'reset', afterEffect: true, rate: 0.4 }]],
  ['while DynamoDB throttles', [{ kind: 'throttle', rate: 0.3 }]],
] as const;

describe.each(DISTURBANCES)('fifty at once from four processes, %s', (_, faults) => {
  const disturb = () => {
    for (const fault of faults) aws.faults.inject(fault);
  };

  test('lease one connection: at most one is told so, and holds it', async () => {
    const target = await connected();
    disturb();
    const answers = await race<ConnectionRecord>('lease', target);
    aws.faults.clear();
    const { connection } = await state(target.subject);
    const holder = `lease-${answers.find(({ run }) => connection?.lease?.id === `lease-${run}`)?.run}`;
    const winners = got(answers).map(({ lease }) => lease?.id);
    // Who holds it was told so, unless all answers to it got lost.
    const silent = failed(answers).map(({ run }) => `lease-${run}`);
    expect(winners.length === 0 ? silent : winners).toContain(holder);
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(connection).toMatchObject({ version: target.version, call: 'first' });
  });

  test('replace one version: at most one is told so, and its contents are there', async () => {
    const target = await connected();
    disturb();
    const answers = await race<ConnectionRecord>('put', target);
    aws.faults.clear();
    const { connection } = await state(target.subject);
    const winners = got(answers).map(({ call }) => call);
    const silent = failed(answers).map(({ run }) => `call-${run}`);
    expect(winners.length === 0 ? silent : winners).toContain(connection?.call);
    expect(winners.length).toBeLessThanOrEqual(1);
    expect(connection?.version).toBe(target.version + 1);
  });

  test('make one salt: all are given the same', async () => {
    const target = await connected();
    disturb();
    const answers = await race<PersonSalt>('salt', target);
    aws.faults.clear();
    const { salt } = await state(target.subject);
    expect(got(answers)).toEqual(got(answers).map(() => salt));
    expect(got(answers).length + failed(answers).length).toBe(RUNS);
  });
});

test('undisturbed, exactly one of fifty leases, one replaces, all get the salt and all find it removed', async () => {
  const first = await connected();
  expect(got(await race<ConnectionRecord>('lease', first))).toHaveLength(1);
  const second = await connected();
  expect(got(await race<ConnectionRecord>('put', second))).toHaveLength(1);
  expect(got(await race<PersonSalt>('salt', first))).toHaveLength(RUNS);
  expect(got(await race<boolean>('remove', first))).toEqual(Array.from({ length: RUNS }, () => true));
  expect((await state(first.subject)).connection).toBeUndefined();
});

test('an ended lease goes to one of fifty', async () => {
  const target = await connected();
  await store.lease(target.subject, 'github', target.version, { id: 'old', untilMs: Date.now() }, Date.now());
  const winners = got(await race<ConnectionRecord>('lease', target)).map(({ lease }) => lease?.id);
  expect(winners).toEqual([(await state(target.subject)).connection?.lease?.id]);
});

test('of twenty changes under leases each is made once, also where answers get lost', async () => {
  const { subject } = await connected();
  aws.faults.inject({ operation: 'UpdateItem', kind: 'reset', afterEffect: true, rate: 0.2 });
  const done = await racers.race<boolean>('refresh', { subject }, 20);
  aws.faults.clear();
  const { connection } = await state(subject);
  expect(done).toHaveLength(20);
  expect(connection?.call).toBe(`first${'.'.repeat(20)}`);
  expect(connection).not.toHaveProperty('lease');
});
