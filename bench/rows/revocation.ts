import { setTimeout as sleep } from 'node:timers/promises';
import { type Instance, instanceStarter } from '../instances';
import { revokeGrantEvent, switchEvent } from '../lambda-event';
import type { OwnIssuer } from '../own-issuer';
import type { Target } from '../processes';
import { type Aftermath, aftermath, longestAt } from '../revocation';
import type { Ratio, Row } from '../stats';
import { type Called, figure, INSTANCES, rowOf, TTLS_MS, whileCalled } from '../while-called';
import type { BenchContext, GroupResult } from './context';

/** How often; it is dearer than a revocation, and the promise of another group. */
const KEYS_REPLACED = 3;

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
    const scene: Scene = { own, instances, ttlMs, upstream, path: own.path, refusal: /"reason":"unauthorized"/ };
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

interface Scene extends Called {
  readonly own: OwnIssuer;
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
  const { calls, changedMs } = await whileCalled(
    scene,
    agents.map(({ headers }) => headers),
    async () => {
      const { body } = await grants.invoke(event);
      if (!/"statusCode":20\d/.test(body)) throw new Error(`the grants function answered ${body}`);
      overMs = Date.parse(/"revokedBefore\W+([\w:.-]+)/.exec(body)?.[1] ?? '') || 0;
    },
  );
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
  const { calls, changedMs } = await whileCalled(
    scene,
    agents.map(({ headers }) => headers),
    () => own.replaceKey(key),
  );
  const answer = await fetch(`http://127.0.0.1:${upstream.port}/keys`);
  const seen = Object.entries((await answer.json()) as Record<string, string>);
  const old = seen.filter(([value]) => !value.includes(key)).map(([, ns]) => Number(ns) / 1e6);
  if (old.length === 0 || old.length === seen.length) throw new Error('the upstream saw one key only');
  return { lastMs: Math.max(...old) - changedMs, inFlightMs: longestAt(calls, changedMs + ttlMs) };
}

function compare(ttlMs: number, all: readonly Ended[], keys: readonly Late[]): Ratio[] {
  const longest = (some: readonly { readonly inFlightMs: number }[]) => Math.max(...some.map((one) => one.inFlightMs));
  const starts = all.map((one) => one.lastStartMs);
  const answers = all.map((one) => one.lastAnswerMs);
  const oldKeys = keys.map((one) => one.lastMs);
  return [
    figure(ttlMs, "revoked: last accepted call's start", starts),
    figure(ttlMs, "revoked: last accepted call's answer", answers, longest(all)),
    figure(ttlMs, 'key replaced: last call with the old one', oldKeys, longest(keys)),
  ];
}
