import type { EmbeddedAws } from '../../local/aws/embedded-aws';
import { OPERATIONS, type Operation, type SignInProcess, startSignIn } from '../sign-in-process';
import {
  atMost,
  exactly,
  interleaved,
  median,
  perRound,
  type Ratio,
  type Row,
  row,
  type Sample,
  summarise,
} from '../stats';
import type { BenchContext, GroupResult } from './context';

/** What a table and a key service in the same region cost, about. */
const STORE_MS = 4;
const SIGN_MS = 8;

const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan'];
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems', 'BatchWriteItem'];

const NAMES: Readonly<Record<Operation, string>> = {
  authorize: 'authorize → code',
  token: 'token',
  refresh: 'refresh',
};

/** What one operation asks of store and keys. */
interface Uses {
  readonly reads: number;
  readonly writes: number;
  readonly signs: number;
  readonly others: number;
}

interface Contender {
  readonly name: string;
  readonly server: SignInProcess;
  /** One operation, and what it used. */
  uses(operation: Operation): Promise<Uses>;
  /** From now on, store and keys are as far away as they are in a region. */
  slow(): Promise<void>;
}

type Rounds = Record<Operation, Sample>;

/** Signing people in: the `authz` function beside `oidc-provider`, at the same distance from store and keys. */
export async function signInRows(bench: BenchContext): Promise<GroupResult> {
  bench.say('sign-in: warm-up');
  const { quick } = bench.options;
  const own = await bench.ownIssuer();
  const ours = oursOf(await own.startAuthz(), own.aws);
  const oracle = oracleOf(await startSignIn(bench.root, 'oidc-provider', own.job));
  const contenders = [ours, oracle];
  try {
    // At no distance, so that there are enough of them for V8.
    const warmUp = { signIns: 1_000, refreshes: 5, limitMs: quick ? 500 : 5_000 };
    for (const { server } of contenders) await server.round(warmUp);
    const uses = new Map<Contender, Record<Operation, Uses[]>>();
    for (const contender of contenders) uses.set(contender, await usesOf(contender, quick ? 2 : 5));

    bench.say('sign-in: store 4 ms and signature 8 ms away');
    for (const contender of contenders) await contender.slow();
    const size = { signIns: quick ? 2 : 10, refreshes: quick ? 2 : 4, limitMs: 60_000 };
    const rounds = await interleaved(contenders, quick ? 2 : 7, ({ server }) => server.round(size));
    return {
      rows: OPERATIONS.flatMap((operation) => contenders.map((one) => rowOf(one, operation, rounds.get(one) ?? []))),
      ratios: [
        ...OPERATIONS.map((operation) => faster(operation, ours, oracle, rounds)),
        ...countRatios(uses.get(ours) as Record<Operation, Uses[]>, uses.get(oracle) as Record<Operation, Uses[]>),
      ],
    };
  } finally {
    own.aws.faults.clear();
    for (const { server } of contenders) await server.process.stop();
  }
}

function oursOf(server: SignInProcess, aws: EmbeddedAws): Contender {
  const sum = (operations: readonly string[]) => operations.reduce((total, name) => total + aws.calls.count(name), 0);
  return {
    name: 'ours (authz)',
    server,
    async uses(operation) {
      aws.calls.reset();
      await server.step(operation);
      const used = { reads: sum(READS), writes: sum(WRITES), signs: sum(['Sign']) };
      return { ...used, others: aws.calls.count() - used.reads - used.writes - used.signs };
    },
    async slow() {
      aws.faults.inject({ service: 'dynamodb', kind: 'delay', delayMs: STORE_MS });
      aws.faults.inject({ service: 'kms', operation: 'Sign', kind: 'delay', delayMs: SIGN_MS });
    },
  };
}

function oracleOf(server: SignInProcess): Contender {
  return {
    name: 'oidc-provider',
    server,
    async uses(operation) {
      const { counts } = await server.step(operation);
      const { reads = Number.NaN, writes = Number.NaN, signs = Number.NaN } = counts;
      return { reads, writes, signs, others: 0 };
    },
    slow: () => server.slow({ storeMs: STORE_MS, signMs: SIGN_MS }),
  };
}

async function usesOf(contender: Contender, times: number): Promise<Record<Operation, Uses[]>> {
  const uses: Record<Operation, Uses[]> = { authorize: [], token: [], refresh: [] };
  for (let i = 0; i < times; i++) {
    for (const operation of OPERATIONS) uses[operation].push(await contender.uses(operation));
  }
  return uses;
}

function rowOf({ name }: Contender, operation: Operation, rounds: readonly Rounds[]): Row {
  const summary = summarise(rounds.map((round) => round[operation]));
  // One at a time: how many in a second says nothing more. Memory is not compared: one of them is its own store.
  return row(`${NAMES[operation]}: ${name}`, 1, { ...summary, rps: Number.NaN });
}

function faster(
  operation: Operation,
  ours: Contender,
  oracle: Contender,
  rounds: ReadonlyMap<Contender, readonly Rounds[]>,
): Ratio {
  const samples = new Map([ours, oracle].map((one) => [one, (rounds.get(one) ?? []).map((round) => round[operation])]));
  const p50 = (one: Contender) => `${(summarise(samples.get(one) ?? []).p50Us / 1000).toFixed(1)} ms`;
  return atMost(
    `${NAMES[operation]}: p50 / that of oidc-provider`,
    perRound(samples, [ours, oracle], (a, b) => a / b),
    1,
    `${p50(ours)} / ${p50(oracle)}`,
  );
}

function countRatios(ours: Record<Operation, Uses[]>, oracle: Record<Operation, Uses[]>): Ratio[] {
  const of = (uses: readonly Uses[], figure: (uses: Uses) => number) => median(uses.map(figure));
  const operationsOf = ({ reads, writes }: Uses) => reads + writes;
  const text = (uses: readonly Uses[]) =>
    `${of(uses, (one) => one.reads)} reads, ${of(uses, (one) => one.writes)} writes, ${of(uses, (one) => one.signs)} signatures`;
  const whole = OPERATIONS.map((operation) => ({
    operation,
    ratio: of(ours[operation], operationsOf) / of(oracle[operation], operationsOf),
    detail: `${text(ours[operation])} / ${text(oracle[operation])}`,
  }));
  return [
    ...whole.map(({ operation, ratio, detail }) =>
      atMost(`${NAMES[operation]}: store operations / those of oidc-provider`, ratio, 1, detail),
    ),
    ...(['token', 'refresh'] as const).flatMap((operation) => {
      const uses = ours[operation];
      const others = `${of(uses, (one) => one.others)} other AWS calls; ${uses.length} times`;
      return [
        atMost(
          `${operation}: DynamoDB reads`,
          of(uses, (one) => one.reads),
          1,
          others,
        ),
        exactly(
          `${operation}: DynamoDB writes, each conditional`,
          of(uses, (one) => one.writes),
          1,
        ),
        exactly(
          `${operation}: KMS signatures`,
          of(uses, (one) => one.signs),
          1,
        ),
      ];
    }),
  ];
}
