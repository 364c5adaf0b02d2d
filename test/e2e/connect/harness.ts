import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import type { DemoPersonName } from '../../../local/demo/people';
import { type ConsentChoice, consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../local/demo/platforms/demo-platform';
import { DEMO_PLATFORMS, type DemoPlatformName, upstreamOf } from '../../../local/demo/platforms/demo-platforms';
import type { McpPlatformOptions } from '../../../local/demo/platforms/mcp-platform';
import type { LocalConnection, LocalGatewayOptions } from '../../../local/gateway';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';
import { modernCall } from '../harness/mcp-wire';
import { type Outcome, Person } from '../harness/person';
import { Agent, codeOf, tokensOf } from '../sign-in/agent';

/** A gateway people connect accounts at, and the platforms they have them at. */
export interface ConnectScene<Name extends DemoPlatformName> {
  readonly issuer: DemoIssuer;
  readonly gateway: GatewayProcess;
  readonly platforms: Readonly<Record<Name, DemoPlatform>>;
  person(name?: DemoPersonName): Person;
  /** Access token of an agent that acts for a person, good at the endpoint of one platform. */
  token(endpoint: Name, person?: Person): Promise<string>;
  /** Clicks through it all: the gateway's page, the platform's, and back. @returns the page at the end */
  connect(person: Person, platform: Name, choice?: ConsentChoice, query?: string): Promise<Outcome>;
  /** To the platform's address and no further; `undefined` where the gateway does not lead there. */
  reachPlatform(person: Person, platform: Name, query?: string): Promise<URL | undefined>;
  disconnect(person: Person, platform: Name): Promise<Outcome>;
  /** A tool at the endpoint of a platform, in the revision of 2026-07-28. */
  callTool(token: string, endpoint: Name, tool?: string): Promise<ToolAnswer>;
  /** The hourly run of the refresher. */
  sweep(): Promise<unknown>;
  close(): Promise<void>;
}

export interface ToolAnswer {
  readonly raw: RawAnswer;
  /** Of the result, its text; of an error, its message; nothing where there is neither. */
  readonly text: string;
  readonly isError: boolean;
  /** The gateway's connect link, wherever it stands. */
  readonly link: string | undefined;
}

export async function startConnectScene<Name extends DemoPlatformName>(
  names: readonly Name[],
  options: Partial<Omit<LocalGatewayOptions, 'connections'>> & {
    /** What is for MCP servers, the others leave alone. */
    readonly platform?: McpPlatformOptions;
    /** What an operator sets differently for a platform. */
    readonly set?: Partial<Record<Name, Partial<ProviderConfig>>>;
    /** Of every platform's endpoint. */
    readonly upstream?: Partial<LocalGatewayOptions['upstreams'][number]>;
    /** Platforms beside the demo ones. */
    readonly connections?: readonly LocalConnection[];
  } = {},
): Promise<ConnectScene<Name>> {
  const { platform: platformOptions, set, upstream, connections = [], upstreams = [], ...gatewayOptions } = options;
  const issuer = await startDemoIssuer();
  const started = await Promise.all(names.map(async (name) => [name, await DEMO_PLATFORMS[name](platformOptions)]));
  const platforms = Object.fromEntries(started) as Record<Name, DemoPlatform>;
  const all: readonly DemoPlatform[] = Object.values(platforms);
  const closeAll = async () => {
    await Promise.all([...all, issuer].map((one) => one.close()));
  };
  const gateway = await startGatewayProcess({
    cacheTtlMs: 0,
    ...gatewayOptions,
    upstreams: [...all.map((platform) => ({ ...upstreamOf(platform), ...upstream })), ...upstreams],
    connections: [
      ...all.map(({ provider, clientSecret }) => {
        const changed: Partial<ProviderConfig> | undefined = set?.[provider.name as Name];
        return { provider: { ...provider, ...changed }, clientSecret };
      }),
      ...connections,
    ],
    signIn: {
      identityProvider: {
        issuer: issuer.issuer,
        clientId: issuer.client.id,
        administratorGroups: ['administrators'],
        ...gatewayOptions.signIn?.identityProvider,
      },
      clientSecret: issuer.client.secret,
    },
  }).catch(async (error: unknown) => {
    await closeAll();
    throw error;
  });
  const person = (name: DemoPersonName = 'alice') => new Person(gateway.url, issuer, name);

  const reachPlatform: ConnectScene<Name>['reachPlatform'] = async (who, platform, query = '') => {
    const { form } = await who.reachConsent(`${gateway.url}/connect/${platform}${query}`);
    const answer = await who.open(`${gateway.url}/connect/${platform}`, { body: form });
    return (await who.follow(answer)).redirect;
  };

  return {
    issuer,
    gateway,
    platforms,
    person,
    reachPlatform,
    token: async (endpoint, who = person()) => {
      const agent = await Agent.registered(gateway.url, gateway.endpoint(endpoint));
      const redirect = await who.signIn(agent.authorizationUrl());
      return tokensOf(await agent.redeem(codeOf(redirect))).access_token;
    },
    connect: async (who, platform, choice = 'work', query = '') => {
      const url = await reachPlatform(who, platform, query);
      if (url === undefined) throw new Error(`the gateway does not lead to ${platform}`);
      return who.visit(await consentAt(url, choice));
    },
    disconnect: async (who, platform) => {
      const { form } = await who.reachConsent(`${gateway.url}/account`);
      const body = new URLSearchParams({ csrf: form.get('csrf') ?? '', platform });
      return who.follow(await who.open(`${gateway.url}/account/disconnect`, { body }));
    },
    callTool: async (token, endpoint, tool = 'whoami') => {
      const { headers, body } = modernCall('tools/call', { name: tool, arguments: {} });
      const url = gateway.endpoint(endpoint);
      return readTool(
        await rawCall(url, { headers: [...headers, 'Authorization', `Bearer ${token}`], body }),
        gateway.url,
      );
    },
    sweep: () => gateway.commands.invoke('refresher', { action: 'sweep' }),
    close: async () => {
      await gateway.close();
      await closeAll();
    },
  };
}

interface ToolMessage {
  readonly result?: { readonly isError?: boolean; readonly content?: readonly { readonly text?: string }[] };
  readonly error?: { readonly message?: string };
}

function readTool(raw: RawAnswer, gatewayUrl: string): ToolAnswer {
  const event = raw.text.split('\n').find((line) => line.startsWith('data: {'));
  const json = event === undefined ? raw.text : event.slice('data: '.length);
  const message = json.startsWith('{') ? (JSON.parse(json) as ToolMessage) : {};
  const { result, error } = message;
  const text = result?.content?.map((item) => item.text ?? '').join('\n') ?? error?.message ?? '';
  const start = json.indexOf(`${gatewayUrl}/connect/`);
  const [link] = start < 0 ? [] : (/^[^"\s\\)]+/.exec(json.slice(start)) ?? []);
  return { raw, text, isError: result?.isError === true || error !== undefined, link };
}
