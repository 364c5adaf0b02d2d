import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import {
  CONNECTION_ATTRIBUTES,
  CONNECTION_KEYS,
  type ConnectionFacts,
} from '../../../lambda/contract/connection-record';
import { sdkConfig } from '../../../local/aws/sdk-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { DemoAccountName } from '../../../local/demo/platforms/demo-account';
import { rawCall } from '../../fixtures/raw-call';
import { startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import type { GatewayProcess } from '../harness/gateway-process';
import { modernCall } from '../harness/mcp-wire';
import type { Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { claimsOf } from '../sign-in/agent';
import type { Attempt, Flow } from '../sign-in/fault-flows';
import type { MeetingPlace } from '../sign-in/meet-faults';
import { startConnectScene } from './harness';

/** Alice's account at `notion`, whose refresh tokens work once, and her key of `keyed`; Bob's at `github` is left alone. */
export const FLOWS = [
  'open the connect page',
  'start',
  'callback of a first connect',
  'callback of a reconnect',
  'paste a key',
  'replace a key',
  'paste a key by a link',
  'open the account page',
  'disconnect',
  'disconnect as an administrator',
  'list connections as an administrator',
  'shred',
  'switch a platform off',
  'a call whose token has ended',
  'the hourly sweep',
] as const;
export type FlowName = (typeof FLOWS)[number];

/** What somebody was told where it did not work. */
export interface Said {
  readonly flow: string;
  readonly status: number;
  /** Heading of a page, code of an answer for programs. */
  readonly what: string;
}

export interface ConnectFaultScene extends MeetingPlace<FlowName> {
  readonly gateway: GatewayProcess;
  readonly said: readonly Said[];
  /** Every answer, to be searched. */
  readonly heard: readonly string[];
  close(): Promise<void>;
}

const SHOWN: Readonly<Record<DemoAccountName, string>> = { work: 'sam-at-work', private: 'sam-at-home' };
const TWO_WEEKS_MS = 14 * 24 * 3_600_000;
/** A token of an agent is not begun with so close to its end. */
const MARGIN_S = 60;

export async function startConnectFaultScene(): Promise<ConnectFaultScene> {
  const upstream = await startScriptedUpstream(answerJson(textResult('hello')));
  const scene = await startConnectScene(['notion', 'github'], {
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
      },
    ],
    connections: [{ provider: keyPlatform(upstream.origin) }],
  });
  const { gateway } = scene;
  const platform = scene.platforms.notion;
  const api = vaultClient(gateway);
  const alice = scene.person('alice');
  const bob = scene.person('bob');
  const said: Said[] = [];
  const heard: string[] = [];
  const url = (path: string) => gateway.url + path;

  const tokens = new Map<string, string>();
  const tokenOf = async (endpoint: 'notion' | 'github' | 'keyed', person: Person) => {
    const key = `${person.name} ${endpoint}`;
    const known = tokens.get(key);
    if (known !== undefined && Number(claimsOf(known)['exp']) > Date.now() / 1000 + MARGIN_S) return known;
    const token = await scene.token(endpoint as 'notion', person);
    tokens.set(key, token);
    return token;
  };
  const subject = String(claimsOf(await tokenOf('notion', alice))['sub']);

  /** Notes what was answered; says whether it is what was hoped for. */
  const note = async (flow: string, answer: Response, hoped: (answer: Response, text: string) => boolean) => {
    const text = await answer.text();
    heard.push(`${[...answer.headers].flat().join('\n')}\n${text}`);
    const isDone = hoped(answer, text);
    const what = /<h1[^>]*>([^<]*)<\/h1>/.exec(text)?.[1] ?? /"code":"([a-z_]+)"/.exec(text)?.[1] ?? text;
    if (!isDone) said.push({ flow, status: answer.status, what });
    return isDone;
  };
  const leadsTo = (start: string) => (answer: Response) => answer.headers.get('location')?.startsWith(start) === true;
  const shows = (part: string) => (_: Response, text: string) => text.includes(part);

  const call = async (flow: string) => {
    const { raw, text, isError, link } = await scene.callTool(await tokenOf('notion', alice), 'notion');
    heard.push(raw.bytes.toString());
    if (isError || text === '') said.push({ flow, status: raw.status, what: link === undefined ? text : 'a link' });
    return { text, isError, link };
  };
  /** Whose account calls go out with. */
  const account = async (flow = 'look'): Promise<DemoAccountName | 'none' | 'unknown'> => {
    const { text, link } = await call(flow);
    if (link !== undefined) return 'none';
    return text.includes(SHOWN.work) ? 'work' : text.includes(SHOWN.private) ? 'private' : 'unknown';
  };
  /** One whole connection, with nothing beside it at the platform, which lives through a refresh. */
  const problemWith = async (expected: DemoAccountName | 'none') => {
    const found = await account();
    if (found !== expected) return `connected: ${found}`;
    const live = [platform.liveAccessTokens, platform.liveRefreshTokens];
    const wanted = expected === 'none' ? 0 : 1;
    if (live.some((count) => count !== wanted)) return `${live.join(' and ')} tokens live at the platform`;
    if (expected === 'none') return undefined;
    const { invalidGrants } = platform.counts;
    // A platform is asked for one token a second at most.
    await timePassed(gateway.aws, subject);
    await platform.endAccessTokens();
    if ((await account()) !== expected) return 'the refresh token does not work';
    return platform.counts.invalidGrants === invalidGrants ? undefined : 'a dead refresh token was sent';
  };

  const disconnected = async () => {
    await scene.disconnect(alice, 'notion');
    await platform.endAccessTokens();
    await platform.endRefreshTokens();
  };
  const connected = async (choice: DemoAccountName) => {
    await disconnected();
    await scene.connect(alice, 'notion', choice);
    if ((await account()) !== choice) throw new Error('it is not connected');
  };
  const callbackOf = async (choice: DemoAccountName, query?: string) => {
    const at = await scene.reachPlatform(alice, 'notion', query);
    if (at === undefined) throw new Error('the gateway does not lead to the platform');
    return consentAt(at, choice);
  };
  const csrfAt = async (page: string) => (await alice.reachConsent(url(page))).form;

  /** Something that is simply done again. */
  const repeatable =
    (prepare: () => Promise<Pick<Attempt, 'run'> & Partial<Pick<Attempt, 'problem'>>>): Flow =>
    async () => {
      const { run, problem = async () => undefined } = await prepare();
      const recover = async () => {
        if (!(await run())) throw new Error(`it does not work again: ${JSON.stringify(said.at(-1))}`);
        return 'again' as const;
      };
      return { run, recover, problem };
    };

  /** Ends in one whole connection; in between, in that or in the one before. */
  const callback =
    (flow: string, before: DemoAccountName | 'none', after: DemoAccountName, prepare: () => Promise<URL>): Flow =>
    async () => {
      const at = await prepare();
      const run = async () => {
        const answer = await alice.open(at);
        return note(flow, answer, (_, text) => answer.status === 303 && text === '');
      };
      return {
        run,
        recover: async () => {
          const between = await account();
          if (between !== before && between !== after) throw new Error(`in between: ${between}`);
          // Whoever is sent to look finds it there.
          if (between === after) return 'again';
          if (await run()) return 'again';
          const { status } = await scene.connect(alice, 'notion', after);
          if (status !== 200) throw new Error(`it cannot be connected: ${status}`);
          return 'restart';
        },
        problem: () => problemWith(after),
      };
    };

  const withoutKey = async () => {
    await scene.disconnect(alice, 'keyed' as never);
    return '';
  };
  let keys = 0;
  /** `prepare`: gives the query of the link it is pasted by, if there is one. */
  const pasting = (flow: string, prepare: () => Promise<string>): Flow =>
    repeatable(async () => {
      const form = await csrfAt(`/connect/keyed${await prepare()}`);
      keys += 1;
      const key = `rk_live_${String(keys).padStart(16, '0')}`;
      form.set('part.key', key);
      const run = async () =>
        note(
          flow,
          await alice.open(url('/connect/keyed'), { body: form }),
          leadsTo(url(form.has('e') ? '/connect/keyed?done=1' : '/account?')),
        );
      const problem = async () => {
        const { headers, body } = modernCall('tools/list');
        const authorization = ['Authorization', `Bearer ${await tokenOf('keyed', alice)}`];
        await rawCall(gateway.endpoint('keyed'), { headers: [...headers, ...authorization], body });
        return upstream.requests.at(-1)?.headers['authorization'] === `Bearer ${key}`
          ? undefined
          : 'another key is sent';
      };
      return { run, problem };
    });

  const asked = async (flow: string, method: string, path: string, body?: object) => {
    const { status, text } = await api.call(method, path, body);
    return note(flow, new Response(text, { status }), () => status < 300);
  };
  const ended = () => problemWith('none');

  // The access token from before the sweep lives on at this platform until it is ended.
  const sweptProblem = async () => {
    await timePassed(gateway.aws, subject);
    await platform.endAccessTokens();
    if ((await account()) !== 'work') return 'the refresh token does not work';
    return platform.liveRefreshTokens === 1 ? undefined : `${platform.liveRefreshTokens} refresh tokens live`;
  };

  const flows: Record<FlowName, Flow> = {
    'open the connect page': repeatable(async () => {
      await disconnected();
      const { link = '' } = await call('look');
      return { run: async () => note('page', await alice.open(link), shows('name="csrf"')) };
    }),
    start: async () => {
      await disconnected();
      const form = await csrfAt('/connect/notion');
      let at: string | null = null;
      const run = async () => {
        const answer = await alice.open(url('/connect/notion'), { body: form });
        at = answer.headers.get('location');
        return note('start', answer, leadsTo(platform.origin));
      };
      return {
        run,
        recover: async () => {
          if (!(await run())) throw new Error('it does not work again');
          return 'again';
        },
        problem: async () => {
          await alice.visit(await consentAt(at ?? '', 'work'));
          return problemWith('work');
        },
      };
    },
    'callback of a first connect': callback('callback', 'none', 'work', async () => {
      await disconnected();
      const { link = '' } = await call('look');
      return callbackOf('work', new URL(link).search);
    }),
    'callback of a reconnect': callback('callback', 'private', 'work', async () => {
      await connected('private');
      return callbackOf('work');
    }),
    'paste a key': pasting('key', withoutKey),
    'replace a key': pasting('key', async () => ''),
    'paste a key by a link': pasting('key by a link', async () => {
      await withoutKey();
      const { link = '' } = await scene.callTool(await tokenOf('keyed', alice), 'keyed' as never);
      return new URL(link).search;
    }),
    'open the account page': repeatable(async () => {
      await connected('work');
      return { run: async () => note('account', await alice.open(url('/account')), shows(SHOWN_ON_PAGE)) };
    }),
    disconnect: repeatable(async () => {
      await connected('work');
      const csrf = (await csrfAt('/account')).get('csrf') ?? '';
      const body = new URLSearchParams({ csrf, platform: 'notion' });
      let at: string | null = null;
      const run = async () => {
        const answer = await alice.open(url('/account/disconnect'), { body });
        at = answer.headers.get('location');
        return note('disconnect', answer, leadsTo(url('/account?done=')));
      };
      const problem = async () => {
        const found = await ended();
        const isCalledDone = at?.includes('done=disconnected&') === true;
        return found !== undefined && isCalledDone ? `${found}, and it is called done` : found;
      };
      return { run, problem };
    }),
    'disconnect as an administrator': repeatable(async () => {
      await connected('work');
      return { run: () => asked('end', 'DELETE', `/connections/${subject}/notion`), problem: ended };
    }),
    'list connections as an administrator': repeatable(async () => ({
      run: () => asked('list', 'GET', '/connections'),
    })),
    shred: repeatable(async () => {
      await connected('work');
      return {
        run: () => asked('shred', 'DELETE', `/connections/${subject}`),
        // What nobody can read nobody can have revoked: the tokens live on.
        problem: async () => {
          const found = await account();
          if (found !== 'none') return `connected: ${found}`;
          const { status } = await scene.connect(alice, 'notion', 'private');
          return status === 200 && (await account()) === 'private' ? undefined : 'cannot be connected afterwards';
        },
      };
    }),
    'switch a platform off': repeatable(async () => {
      const turn = (blocked: boolean) => asked('switch', 'PUT', '/switches/provider', { id: 'notion', blocked });
      await turn(false);
      await connected('work');
      return {
        run: () => turn(true),
        problem: async () => {
          const { isError } = await call('look');
          await turn(false);
          return isError ? problemWith('work') : 'it is not switched off';
        },
      };
    }),
    'a call whose token has ended': repeatable(async () => {
      await connected('work');
      await platform.endAccessTokens();
      return { run: async () => (await account('call')) === 'work', problem: () => problemWith('work') };
    }),
    'the hourly sweep': async () => {
      await connected('work');
      await timePassed(gateway.aws, subject);
      const { refreshes } = platform.counts;
      const run = async () => {
        await scene.sweep();
        return platform.counts.refreshes > refreshes;
      };
      return {
        run,
        recover: async () => {
          await timePassed(gateway.aws, subject);
          if (!(await run())) throw new Error('it is not refreshed in the next hour');
          return 'again';
        },
        problem: sweptProblem,
      };
    },
  };
  await scene.connect(bob, 'github');
  return {
    gateway,
    flows,
    said,
    heard,
    bystander: {
      refresh: async () => !(await scene.callTool(await tokenOf('github', bob), 'github')).isError,
    },
    close: async () => {
      await scene.close();
      await upstream.close();
    },
  };
}

const SHOWN_ON_PAGE = 'Sam Sample';

/**
 * Time passes for a connection: nobody has used it for long, and whatever somebody waits for has come. What is changed
 * is open to whoever writes the table.
 */
async function timePassed(aws: GatewayProcess['aws'], subject: string): Promise<void> {
  const TableName = 'local-vault';
  const Key = { [CONNECTION_ATTRIBUTES.pk]: { S: CONNECTION_KEYS.connection(subject, 'notion') } };
  const client = new DynamoDBClient(sdkConfig(aws));
  const { Item = {} } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  const facts = JSON.parse(Item[CONNECTION_ATTRIBUTES.facts]?.S ?? '{}') as ConnectionFacts;
  const { refreshedAtMs: _, ...others } = facts;
  const older = { ...others, connectedAtMs: facts.connectedAtMs - TWO_WEEKS_MS };
  const isLeased = Item[CONNECTION_ATTRIBUTES.leaseUntil] !== undefined;
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression: `SET #facts = :facts${isLeased ? ', #leaseUntil = :past' : ''} REMOVE #retryAt`,
      ExpressionAttributeNames: {
        '#facts': CONNECTION_ATTRIBUTES.facts,
        '#retryAt': CONNECTION_ATTRIBUTES.retryAt,
        ...(isLeased && { '#leaseUntil': CONNECTION_ATTRIBUTES.leaseUntil }),
      },
      ExpressionAttributeValues: {
        ':facts': { S: JSON.stringify(older) },
        ...(isLeased && { ':past': { N: '1' } }),
      },
    }),
  );
  client.destroy();
}

/** A platform of keys people paste. */
export function keyPlatform(origin: string): ProviderConfig {
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
