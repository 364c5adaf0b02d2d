import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { RecordedExchange } from '../../../local/demo/platforms/platform-recorder';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import type { Outcome, Person } from '../harness/person';
import { type ConnectScene, startConnectScene } from './harness';

// Over the real functions behind the door: who tries what, and that nothing comes of it at the platform either.

export const NAMES = ['github', 'google', 'slack', 'notion', 'tracker'] as const;
export type Name = (typeof NAMES)[number];

export interface AttackScene extends ConnectScene<Name> {
  /** Takes keys of people's own. */
  readonly upstream: ScriptedUpstream;
  /** Everything any platform was asked, in order. */
  readonly exchanges: readonly RecordedExchange[];
  url(path: string): string;
  /** The query of a link an agent was given for this person. */
  linkFor(person: Person, name: Name): Promise<string>;
  /** A browser that has been at the platform and allowed; not back yet. */
  callbackOf(person: Person, name: Name, query?: string): Promise<URL>;
  isConnected(person: Person, name: Name): Promise<boolean>;
  disconnected(person: Person, name: Name): Promise<Person>;
  clearFaults(): Promise<void>;
}

export async function startAttackScene(): Promise<AttackScene> {
  const upstream = await startScriptedUpstream(answerJson(textResult('hello')));
  const exchanges: RecordedExchange[] = [];
  const scene = await startConnectScene(NAMES, {
    platform: { onExchange: (exchange) => void exchanges.push(exchange) },
    set: { slack: { allowedAccounts: { workspaces: ['T01EXAMPLE'] } } },
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
      },
    ],
    connections: [{ provider: keyPlatform(upstream.origin) }],
  });
  const isConnected = async (person: Person, name: Name) =>
    !(await scene.callTool(await scene.token(name, person), name)).isError;

  return {
    ...scene,
    upstream,
    exchanges,
    url: (path) => scene.gateway.url + path,
    isConnected,
    async linkFor(person, name) {
      const { link } = await scene.callTool(await scene.token(name, person), name);
      if (link === undefined) throw new Error('no link: is the account connected already?');
      return new URL(link).search;
    },
    async callbackOf(person, name, query) {
      const at = await scene.reachPlatform(person, name, query);
      if (at === undefined) throw new Error('the gateway does not lead to the platform');
      return consentAt(at);
    },
    async disconnected(person, name) {
      await scene.disconnect(person, name);
      return person;
    },
    async clearFaults() {
      await scene.gateway.commands.clearFaults();
      for (const platform of Object.values(scene.platforms)) platform.faults.clear();
    },
    async close() {
      await scene.close();
      await upstream.close();
    },
  };
}

/** Status and heading of a page. */
export function saying({ status, body }: Outcome): readonly [number, string | undefined] {
  return [status, /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1]];
}

export function changed(callback: URL, change: (query: URLSearchParams) => void): URL {
  const copy = new URL(callback);
  change(copy.searchParams);
  return copy;
}

function keyPlatform(origin: string): ProviderConfig {
  return {
    name: 'keyed',
    kind: 'key',
    facts: {
      id: 'keyed',
      name: 'Keyed',
      apiKey: { headers: { Authorization: 'Bearer {key}' } },
      evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
    },
    scopes: [],
    origins: [origin],
    headers: { Authorization: 'Bearer {key}' },
  };
}
