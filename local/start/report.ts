import { styleText } from 'node:util';
import { endpointPath, PATHS } from '../../lambda/contract/paths';
import { LOCAL_OUTPUTS, OUTPUT } from '../../sdk/outputs-file';
import { DEMO_PEOPLE, type DemoPerson, type DemoPersonName } from '../demo/people';
import type { DemoPlatform } from '../demo/platforms/demo-platform';
import type { DemoPlatformName } from '../demo/platforms/demo-platforms';
import type { FirstCall } from './first-call';

export interface Report {
  readonly url: string;
  /** Of the access tokens: the gateway itself. */
  readonly issuer: string;
  /** Where people sign in. */
  readonly identityProvider: string;
  readonly people: readonly { readonly id: DemoPersonName; readonly name: string; readonly isAdministrator: boolean }[];
  /** Where a signed-in person sees and revokes the agents that act for them. */
  readonly accountUrl: string;
  readonly endpoints: readonly { readonly name: string; readonly url: string; readonly what: string }[];
  /** Where people have accounts to connect; each has an endpoint that is called as the account of whoever calls. */
  readonly platforms: readonly {
    readonly name: string;
    readonly url: string;
    readonly connectUrl: string;
    readonly what: string;
  }[];
  /** `person`: for whom the agent of the first call acts. */
  readonly call: FirstCall & { readonly person: DemoPersonName };
  /** Access token of that agent; opens this local gateway only. */
  readonly token: string;
  readonly tokenExpiresAt: string;
  readonly paste: {
    readonly claudeCode: string;
    readonly vsCode: string;
    readonly inspector: string;
    /** Puts the token of the moment into the shell; `curl` uses it. */
    readonly token: string;
    readonly curl: string;
  };
}

export interface ReportFacts extends Pick<Report, 'url' | 'identityProvider' | 'call' | 'token'> {
  readonly tokenExpiresAtMs: number;
  readonly platforms: readonly Pick<DemoPlatform, 'provider'>[];
}

/** What is odd about each, as about the real one. */
const ODDITIES: Readonly<Record<DemoPlatformName, string>> = {
  slack: 'like Slack: errors in HTTP 200, the token inside the answer',
  github: 'like a GitHub App: a refresh ends the token before',
  google: 'like Google: a refresh brings no new refresh token',
  notion: 'like Notion: JSON, a version header, no expiry',
  tracker: 'an MCP server with OAuth: the gateway finds it and registers itself',
};

export function makeReport(facts: ReportFacts): Report {
  const { url, identityProvider, call, token, tokenExpiresAtMs, platforms } = facts;
  const endpoint = (name: string, what: string) => ({ name, url: url + endpointPath(name), what });
  const everything = endpoint('everything', 'the official demo server');
  const stripe = endpoint('stripe', 'stands in for a service that demands a key');
  return {
    url,
    issuer: url,
    identityProvider,
    people: (Object.entries(DEMO_PEOPLE) as [DemoPersonName, DemoPerson][]).map(([id, { name, groups }]) => ({
      id,
      name,
      isAdministrator: groups.includes(ADMINISTRATORS),
    })),
    accountUrl: url + PATHS.account,
    endpoints: [everything, stripe],
    platforms: platforms.map(({ provider: { name } }) => ({
      ...endpoint(name, ODDITIES[name as DemoPlatformName]),
      connectUrl: `${url}${PATHS.connect}/${name}`,
    })),
    call,
    token,
    tokenExpiresAt: new Date(tokenExpiresAtMs).toISOString(),
    paste: {
      claudeCode: `claude mcp add --transport http everything ${everything.url}`,
      vsCode: JSON.stringify({ servers: { everything: { type: 'http', url: everything.url } } }),
      inspector: `npx @modelcontextprotocol/inspector --cli ${everything.url} --transport http --method tools/list`,
      token: `export MCP_GATEWAY_TOKEN=$(node -p "require('./${LOCAL_OUTPUTS}').Local.${OUTPUT.token}")`,
      curl: `curl ${stripe.url} -H "Authorization: Bearer $MCP_GATEWAY_TOKEN" -H "Content-Type: application/json" -H "Accept: application/json, text/event-stream" -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"show_key"}}'`,
    },
  };
}

/** The group of the demo's people whose members administer the gateway. */
export const ADMINISTRATORS = 'administrators';

/** What `npm start` shows. Colours only on a terminal, and not under NO_COLOR. */
export function reportText(report: Report, serving: boolean): string {
  const { url, call, endpoints, platforms, people, paste } = report;
  const agent = nameOf(report, call.person);
  return [
    '',
    `${strong('MCP gateway')}  ${url}  ${faint('(a local demo: this machine only)')}`,
    '',
    `  signed in      ${agent}, at the demo identity provider; let an agent act for her`,
    '  agent called   stripe / show_key, with the access token it got',
    `  agent saw      ${call.agentSaw}`,
    `  upstream got   ${call.upstreamGot}  ${faint('(masked; from the vault, the agent never had it)')}`,
    `  gateway added  ${call.addedMs} ms  ${faint(
      `(median of ${call.calls}: ${call.throughGatewayMs} through the gateway, ${call.directMs} direct)`,
    )}`,
    ...(serving
      ? [
          '',
          strong('Endpoints'),
          ...endpoints.map((endpoint) => `  ${endpoint.url}  ${faint(endpoint.what)}`),
          '',
          `${strong('Connect an agent')}  ${faint('it opens your browser to sign in: Chrome, Edge or Firefox, as Safari keeps no secure cookie of plain http')}`,
          `  You are one of ${people.map(({ id }) => nameOf(report, id)).join(' and ')}; no passwords`,
          '',
          `  Claude Code  ${faint('then /mcp in a session, to sign in')}`,
          `    ${paste.claudeCode}`,
          `  VS Code  ${faint('.vscode/mcp.json')}`,
          `    ${paste.vsCode}`,
          '  MCP Inspector',
          `    ${paste.inspector}`,
          '',
          `${strong('Your account')}  ${faint('connect the platforms below to it; see the agents that act for you, and revoke them')}`,
          `  ${report.accountUrl}`,
          '',
          `${strong('Platforms')}  ${faint('an agent that calls one before it is connected gets a link; the tool whoami says as whom it calls')}`,
          ...platforms.map((platform) => `  ${platform.url}  ${faint(platform.what)}`),
          '',
          `${strong('Without a browser')}  ${faint(`the token of that first agent, ${call.person}’s; it lasts minutes and is renewed here, so fetch it again`)}`,
          `  ${paste.token}`,
          `  ${paste.curl}`,
          '',
          faint('Calls appear below. Ctrl-C stops it.'),
        ]
      : []),
    '',
  ].join('\n');
}

function nameOf({ people }: Report, wanted: DemoPersonName): string {
  const person = people.find(({ id }) => id === wanted);
  return `${person?.name}${person?.isAdministrator ? ' (administrator)' : ''}`;
}

function strong(text: string): string {
  return styleText('bold', text);
}

function faint(text: string): string {
  return styleText('dim', text);
}
