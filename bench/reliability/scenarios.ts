import type { Fault } from '../../local/aws/fault-injector';
import type { CallOutcome } from './caller-pool';
import type { Step } from './refresher-pool';
import { startWorld, type World } from './world';

/** One row of the table. */
export interface Row {
  readonly scenario: string;
  readonly calls: number;
  readonly answered: number;
  readonly refreshes: number;
  /** Successors that the platform gave again, because an answer was lost. */
  readonly repeated: number;
  readonly invalidGrant: number;
  readonly refusedTwice: number;
  readonly kills: number;
  readonly lost: number;
  readonly callsAgain: number;
  readonly slowestMs: number;
  /** What the scenario promises and did not hold. */
  readonly missed: readonly string[];
}

export interface ExpiryOptions {
  readonly root: string;
  readonly scenario: string;
  readonly instances: number;
  readonly callersEach: number;
  readonly graceMs?: number;
  readonly failing?: number;
  readonly killAt?: Step;
  readonly faults?: readonly Fault[];
  /** A strict platform without a grace whose answer dies with its reader: the loss nobody can prevent. */
  readonly isLossExpected?: boolean;
}

export const THROTTLED: readonly Fault[] = [
  { service: 'dynamodb', kind: 'throttle', rate: 0.3 },
  { service: 'kms', kind: 'throttle', rate: 0.3 },
];

/** Everybody calls at the moment the one connection's token has expired. */
export async function atExpiry(options: ExpiryOptions): Promise<Row> {
  const { root, scenario, instances, callersEach, graceMs = 0, failing = 0, killAt, faults = [] } = options;
  let isKilled = false;
  const isToDie = (step: Step) => {
    if (isKilled || step !== killAt) return false;
    isKilled = true;
    return true;
  };
  const world = await startWorld({ root, instances, graceMs, failing, accessSeconds: 3_600, isToDie });
  try {
    const subject = await world.connect();
    for (const fault of faults) world.aws.faults.inject(fault);
    const calls = Array.from({ length: callersEach }, () => ({ subject, patienceMs: 90_000 }));
    const outcomes = await Promise.all(Array.from({ length: instances }, (_, i) => world.callers.call(i, calls)));
    world.aws.faults.clear();
    const row = summary(scenario, world, outcomes.flat(), (await world.isAlive(subject)) ? 0 : 1);
    const record = await world.read(subject);
    const expected = options.isLossExpected
      ? {
          'every caller is told to connect again': outcomes.flat().every(({ status }) => status === 'broken'),
          'broken, because an answer was lost': record?.facts.lastError?.code === 'answer_lost',
          'the platform is asked once more, and no further': row.invalidGrant === 1,
        }
      : {
          'one refresh': row.refreshes === 1,
          'no refresh token lost': row.lost === 0,
          'no invalid_grant': row.invalidGrant === 0,
          'all calls answered': row.answered === row.calls,
          'no call refused twice': row.refusedTwice === 0,
        };
    const killed = killAt === undefined || row.kills === 1;
    return { ...row, missed: missedOf({ ...expected, 'the holder was killed': killed }) };
  } finally {
    await world.close();
  }
}

export interface CyclesOptions {
  readonly root: string;
  readonly scenario: string;
  readonly cycles: number;
  readonly connections: number;
  /** Without one, no holder is killed with an answer in its hands. */
  readonly graceMs: number;
  /** Share of refreshes whose holder is killed, at any of the steps. */
  readonly killing: number;
  readonly failing: number;
  readonly faults: readonly Fault[];
}

/** Connections that are refreshed again and again, while everything that can fail does. */
export async function manyCycles(options: CyclesOptions): Promise<Row> {
  const { root, scenario, cycles, connections, graceMs, killing, failing, faults } = options;
  const instances = 4;
  const deadly: readonly Step[] = [
    'before the call',
    'after the write',
    ...(graceMs > 0 ? ['after the answer' as const] : []),
  ];
  const isToDie = (step: Step) => deadly.includes(step) && Math.random() < killing / deadly.length;
  // A second beyond the minute before its end in which a token is renewed.
  const world = await startWorld({
    root,
    instances,
    graceMs,
    failing,
    accessSeconds: 61,
    answerMs: 5,
    isToDie,
  });
  try {
    const subjects: string[] = [];
    for (let i = 0; i < connections; i += 1) subjects.push(await world.connect());
    for (const fault of faults) world.aws.faults.inject(fault);
    const outcomes: CallOutcome[] = [];
    // What is not answered is missed, and must not be waited for ever.
    let isStuck = false;
    const live = async (subject: string, index: number) => {
      while (world.platform.counts.refreshes < cycles && !isStuck) {
        // Two instances want the same connection at once, as ever.
        const call = [{ subject, patienceMs: 120_000 }];
        const both = [world.callers.call(index, call), world.callers.call(index + 1, call)];
        const [one = [], other = []] = await Promise.all(both);
        outcomes.push(...one, ...other);
        isStuck ||= [...one, ...other].some(({ status }) => status !== 200);
        await new Promise((resolve) => setTimeout(resolve, 800 + Math.random() * 400));
      }
    };
    await Promise.all(subjects.map(live));
    world.aws.faults.clear();
    const alive = await Promise.all(subjects.map((subject) => world.isAlive(subject)));
    const row = summary(scenario, world, outcomes, alive.filter((isAlive) => !isAlive).length);
    return {
      ...row,
      missed: missedOf({
        'as many refreshes as wanted': row.refreshes >= cycles,
        'no refresh token lost': row.lost === 0,
        'no invalid_grant': row.invalidGrant === 0,
        'all calls answered': row.answered === row.calls,
        'no call refused twice': row.refusedTwice === 0,
      }),
    };
  } finally {
    await world.close();
  }
}

function summary(scenario: string, world: World, outcomes: readonly CallOutcome[], lost: number): Row {
  const { refreshes, repetitions, refused } = world.platform.counts;
  const sum = (of: (outcome: CallOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    scenario,
    calls: outcomes.length,
    answered: outcomes.filter(({ status }) => status === 200).length,
    refreshes,
    repeated: repetitions,
    invalidGrant: refused,
    refusedTwice: sum(({ refusedTwice }) => refusedTwice),
    kills: world.refreshers.kills,
    lost,
    callsAgain: sum(({ retries }) => retries),
    slowestMs: Math.max(...outcomes.map(({ tookMs }) => tookMs)),
    missed: [],
  };
}

function missedOf(promises: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(promises).flatMap(([promise, isHeld]) => (isHeld ? [] : [promise]));
}
