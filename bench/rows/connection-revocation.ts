import { setTimeout as sleep } from 'node:timers/promises';
import type { RefresherRequest } from '../../lambda/contract/refresher-api';
import { type Instance, instanceStarter } from '../instances';
import { providerSwitchEvent, shredEvent } from '../lambda-event';
import { benchPlatform, connectAccount } from '../person-account';
import { aftermath } from '../revocation';
import type { Ratio, Row } from '../stats';
import { type Called, figure, INSTANCES, rowOf, TTLS_MS, whileCalled } from '../while-called';
import type { BenchContext, GroupResult } from './context';

/** Not the one of `connections`, whose account of the same person is there in a whole run. */
const PLATFORM = 'ended-platform';
/** Without an account, with the platform off, or with one nobody can open any more: each says so in its own words. */
const REFUSAL = /onnect your Platform account|"reason":"connection_blocked"/;

/** How long the account of a person who has ended it is still used, at most: across warm instances. */
export async function connectionRevocationRows(bench: BenchContext): Promise<GroupResult> {
  const start = await instanceStarter(bench);
  const own = await bench.ownIssuer();
  const agent = await own.signIn();
  const upstream = await bench.target('upstream-nothing.mjs');
  const upstreamUrl = `http://127.0.0.1:${upstream.port}/mcp`;
  const platform = benchPlatform(PLATFORM, new URL(upstreamUrl).origin);
  const stage = (fn: 'mcp' | 'grants' | 'refresher', cacheTtlMs: number) =>
    own.stage({ upstreamUrl, platform, cacheTtlMs }, fn);
  const grants = await start(await stage('grants', 0), 'buffered');
  const refresher = await start(await stage('refresher', 0), 'buffered');

  const { subject } = agent;
  const connect = async () => void (await connectAccount(await stage('mcp', 0), subject, platform));
  const setSwitch = (blocked: boolean) =>
    ask(grants, providerSwitchEvent({ id: PLATFORM, blocked }), /"statusCode":200/);
  const disconnect: RefresherRequest = { action: 'disconnect', subject, provider: PLATFORM, by: 'bench' };
  const kinds: readonly Kind[] = [
    {
      name: 'account disconnected',
      begin: connect,
      end: () => ask(refresher, disconnect, /"outcome":"done"/),
    },
    {
      name: 'platform switched off',
      begin: connect,
      end: () => setSwitch(true),
      undo: async () => {
        await setSwitch(false);
        await ask(refresher, disconnect, /"outcome":"done"/);
      },
    },
    {
      name: 'person shredded',
      begin: connect,
      end: () => ask(grants, shredEvent(subject), /"statusCode":200.*complete\W+true/s),
    },
  ];

  const { quick } = bench.options;
  const times = quick ? 1 : 20;
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  for (const ttlMs of quick ? TTLS_MS.slice(0, 2) : TTLS_MS) {
    bench.say(`revocation of accounts: cacheTtl ${ttlMs} ms`);
    const staged = await stage('mcp', ttlMs);
    const instances = await Promise.all(Array.from({ length: INSTANCES }, () => start(staged, 'stream')));
    const called: Called = { instances, ttlMs, path: own.path, refusal: REFUSAL };
    for (const kind of kinds) {
      const starts: number[] = [];
      for (let time = 0; time < times; time++) {
        await kind.begin();
        // What an instance remembers of the one before is over.
        await sleep(ttlMs + 20);
        const { calls, changedMs } = await whileCalled(
          called,
          instances.map(() => agent.headers),
          kind.end,
        );
        starts.push(aftermath(calls, changedMs).lastStartMs);
        await kind.undo?.();
      }
      const what = `${kind.name}: last accepted call's start`;
      rows.push(rowOf(`cacheTtl ${ttlMs} ms, ${what}`, starts));
      ratios.push(figure(ttlMs, what, starts));
    }
    for (const instance of instances) await instance.stop();
  }
  await grants.stop();
  await refresher.stop();
  return { rows, ratios };
}

/** A way to end the use of an account. */
interface Kind {
  readonly name: string;
  begin(): Promise<void>;
  end(): Promise<void>;
  /** Makes way for the next `begin`. */
  undo?(): Promise<void>;
}

async function ask(instance: Instance, event: object, expected: RegExp): Promise<void> {
  const { body } = await instance.invoke(event);
  if (!expected.test(body)) throw new Error(`a function answered ${body}`);
}
