import { setTimeout as sleep } from 'node:timers/promises';
import { type Instance, instanceStarter } from '../instances';
import { mcpEvent, revokeGrantEvent, switchEvent } from '../lambda-event';
import type { OwnIssuer } from '../own-issuer';
import type { Target } from '../processes';
import { type Aftermath, aftermath, longestAt, type TimedCall } from '../revocation';
import { atMost, percentile, type Ratio, type Row } from '../stats';
import type { BenchContext, GroupResult } from './context';

const INSTANCES = 8;
const TTLS_MS = [0, 250, 1000];
/** Between two calls of one instance: eight of them share a core, and a call that waits for it says nothing. */
const PAUSE_MS = 5;
/** How often; it is dearer than a revocation, and the promise of another group. */
const KEYS_REPLACED = 3;
/** A function reads the clock in whole milliseconds. */
const TICK_MS = 1;

type SignedIn = Awaited<ReturnType<OwnIssuer['signIn']>>;

/** A way to end what agents may do; the grants of the agents, and what the administrator sends. */
interface Kind {
  readonly name: string;
  /** `false`: each instance is called under a grant of its own. */
  readonly sharesGrant: boolean;
  revoke(agent: SignedIn): object;
}

const KINDS: readonly Kind[] = [
  { name: 'grant', sharesGrant: true, revoke: ({ subject, grantId }) => revokeGrantEvent(subject, grantId) },
  {
    name: 'person',
    sharesGrant: false,
    revoke: ({ subject }) => switchEvent('person', { action: 'revoke', id: subject }),
  },
  {
    name: 'client',
    sharesGrant: false,
    revoke: ({ clientId }) => switchEvent('client', { action: 'revoke', id: clientId }),
  },
  { name: 'gateway', sharesGrant: false, revoke: () => switchEvent('gateway', { action: 'revoke' }) },
];

/** How long an agent is still served once its administrator has been told that it is out, at most: across warm instances. */
export async function revocationRows(bench: BenchContext): Promise<GroupResult> {
  const start = await instanceStarter(bench);
  const own = await bench.ownIssuer();
  // Makes the signing keys known, which an instance reads at its start.
  await own.signIn();
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/keyed`;
  const grants = await start(await own.stage({ upstreamUrl }, 'grants'), 'buffered');
  const { quick } = bench.options;
  const times = quick ? 1 : 5;
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  for (const ttlMs of quick ? TTLS_MS.slice(0, 2) : TTLS_MS) {
    bench.say(`revocation: cacheTtl ${ttlMs} ms`);
    const staged = await own.stage({ upstreamUrl, cacheTtlMs: ttlMs });
    const instances = await Promise.all(Array.from({ length: INSTANCES }, () => start(staged, 'stream')));
    const scene: Scene = { own, instances, ttlMs, upstream };
    const found = new Map<string, Ended[]>();
    for (const kind of KINDS) found.set(kind.name, []);
    const lateKeys: Late[] = [];
    for (let time = 0; time < times; time++) {
      for (const kind of KINDS) found.get(kind.name)?.push(await revokeOnce(scene, grants, kind));
      if (time < KEYS_REPLACED)
        lateKeys.push(await replaceKeyOnce(scene, `bench_sk_${ttlMs}_${time}_zdp7dc4eC39HqLyjWDarjtT1`));
    }
    for (const instance of instances) await instance.stop();
    const all = [...found.values()].flat();
    rows.push(
      ...[...found].map(([name, some]) =>
        rowOf(
          `cacheTtl ${ttlMs} ms, ${name} revoked: last accepted call's start`,
          some.map((one) => one.lastStartMs),
        ),
      ),
      rowOf(
        `cacheTtl ${ttlMs} ms, revoked: last accepted call's answer`,
        all.map((one) => one.lastAnswerMs),
      ),
      rowOf(
        `cacheTtl ${ttlMs} ms, key replaced: last call with the old one`,
        lateKeys.map((one) => one.lastMs),
      ),
    );
    ratios.push(...compare(ttlMs, all, lateKeys));
  }
  await grants.stop();
  return { rows, ratios };
}

interface Scene {
  readonly own: OwnIssuer;
  readonly instances: readonly Instance[];
  readonly ttlMs: number;
  readonly upstream: Target;
}

interface Ended extends Aftermath {
  /** Of the calls under way when the TTL had passed. */
  readonly inFlightMs: number;
}

async function revokeOnce(scene: Scene, grants: Instance, kind: Kind): Promise<Ended> {
  const { own, instances } = scene;
  const first = await own.signIn();
  const agents = [first];
  while (agents.length < instances.length) agents.push(kind.sharesGrant ? first : await own.signIn());
  const event = kind.revoke(first);
  let overMs = 0;
  const { calls, changedMs } = await whileCalled(scene, agents, async () => {
    const { body } = await grants.invoke(event);
    if (!/"statusCode":20\d/.test(body)) throw new Error(`the grants function answered ${body}`);
    overMs = Date.parse(/"revokedBefore\W+([\w:.-]+)/.exec(body)?.[1] ?? '') || 0;
  });
  // A switch ends what is made in the next moments as well, because clocks differ.
  await sleep(Math.max(0, overMs - Date.now() + 1));
  return { ...aftermath(calls, changedMs), inFlightMs: longestAt(calls, changedMs + scene.ttlMs) };
}

interface Late {
  /** When the old key last reached the upstream, counted from the vault's answer. */
  readonly lastMs: number;
  readonly inFlightMs: number;
}

async function replaceKeyOnce(scene: Scene, key: string): Promise<Late> {
  const { own, instances, upstream, ttlMs } = scene;
  const agent = await own.signIn();
  const agents = instances.map(() => agent);
  const { calls, changedMs } = await whileCalled(scene, agents, () => own.replaceKey(key));
  const answer = await fetch(`http://127.0.0.1:${upstream.port}/keys`);
  const seen = Object.entries((await answer.json()) as Record<string, string>);
  const old = seen.filter(([value]) => !value.includes(key)).map(([, ns]) => Number(ns) / 1e6);
  if (old.length === 0 || old.length === seen.length) throw new Error('the upstream saw one key only');
  return { lastMs: Math.max(...old) - changedMs, inFlightMs: longestAt(calls, changedMs + ttlMs) };
}

/** Calls every instance over and over, changes something, and goes on until nobody can remember what was before. */
async function whileCalled(
  { own, instances, ttlMs }: Scene,
  agents: readonly SignedIn[],
  change: () => Promise<void>,
): Promise<{ readonly calls: readonly TimedCall[][]; readonly changedMs: number }> {
  let isOver = false;
  const calls: TimedCall[][] = instances.map(() => []);
  const calling = Promise.all(
    instances.map(async (instance, i) => {
      // Each reads again at another moment, so that whenever the change comes, one of them has just read.
      await sleep((i * ttlMs) / instances.length);
      const event = mcpEvent(own.path, agents[i]?.headers ?? {});
      while (!isOver) {
        calls[i]?.push(await timed(instance, event));
        await sleep(PAUSE_MS);
      }
    }),
  );
  const allCalledSince = async (momentMs: number) => {
    while (!calls.every((some) => (some.at(-1)?.startedMs ?? 0) > momentMs)) await sleep(PAUSE_MS);
  };
  try {
    // A call that fails ends the wait for others.
    await Promise.race([calling, allCalledSince(0)]);
    await sleep(100);
    await change();
    const changedMs = clockMs();
    await Promise.race([calling, allCalledSince(changedMs + ttlMs + 50)]);
    isOver = true;
    await calling;
    return { calls, changedMs };
  } finally {
    isOver = true;
  }
}

async function timed(instance: Instance, event: object): Promise<TimedCall> {
  const startedMs = clockMs();
  const { body, answeredMs } = await instance.invoke(event);
  const isAccepted = body.includes('"text":"ok"');
  if (!isAccepted && !body.includes('"reason":"unauthorized"')) throw new Error(`a call was answered ${body}`);
  return { startedMs, answeredMs: startedMs + answeredMs, isAccepted };
}

/** The clock the upstream reads, too. */
function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function rowOf(name: string, valuesMs: readonly number[]): Row {
  const us = valuesMs.map((ms) => ms * 1000);
  // Of so few values the 99th percentile is the largest.
  return {
    name,
    concurrency: INSTANCES,
    p50Us: percentile(us, 50),
    p99Us: percentile(us, 99),
    cpuUs: undefined,
    rps: Number.NaN,
    rssMb: undefined,
  };
}

function compare(ttlMs: number, all: readonly Ended[], keys: readonly Late[]): Ratio[] {
  const figure = (what: string, values: readonly number[], inFlightMs?: number) =>
    atMost(
      `cacheTtl ${ttlMs} ms, ${what}, ms`,
      Math.max(...values),
      ttlMs + TICK_MS + (inFlightMs ?? 0),
      [
        `p50 ${percentile(values, 50).toFixed(1)}; ${values.length} times`,
        ...(inFlightMs === undefined ? [] : [`longest call in flight ${inFlightMs.toFixed(1)} ms`]),
      ].join('; '),
    );
  const longest = (some: readonly { readonly inFlightMs: number }[]) => Math.max(...some.map((one) => one.inFlightMs));
  const starts = all.map((one) => one.lastStartMs);
  const answers = all.map((one) => one.lastAnswerMs);
  const oldKeys = keys.map((one) => one.lastMs);
  return [
    figure("revoked: last accepted call's start", starts),
    figure("revoked: last accepted call's answer", answers, longest(all)),
    figure('key replaced: last call with the old one', oldKeys, longest(keys)),
  ];
}
