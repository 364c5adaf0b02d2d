import { styleText } from 'node:util';
import { endpointPath } from '../../lambda/contract/paths';
import type { FirstCall } from './first-call';

export interface Report {
  readonly url: string;
  readonly issuer: string;
  readonly endpoints: readonly { readonly name: string; readonly url: string; readonly what: string }[];
  readonly call: FirstCall;
  /** Access token of the demo issuer; opens this local gateway only. */
  readonly token: string;
  readonly tokenExpiresAt: string;
  readonly paste: { readonly claudeCode: string; readonly vsCode: string; readonly inspector: string };
}

export const TOKEN_SECONDS = 24 * 60 * 60;

export function makeReport(facts: Omit<Report, 'endpoints' | 'paste' | 'tokenExpiresAt'> & { now: number }): Report {
  const { url, issuer, call, token, now } = facts;
  const endpoint = (name: string, what: string) => ({ name, url: url + endpointPath(name), what });
  const endpoints = [
    endpoint('everything', 'the official demo server'),
    endpoint('stripe', 'stands in for a service that demands a key'),
  ];
  const header = `--header "Authorization: Bearer $MCP_GATEWAY_TOKEN"`;
  const everything = url + endpointPath('everything');
  const headers = { Authorization: `Bearer ${token}` };
  return {
    url,
    issuer,
    endpoints,
    call,
    token,
    tokenExpiresAt: new Date(now + TOKEN_SECONDS * 1000).toISOString(),
    paste: {
      claudeCode: `claude mcp add --transport http everything ${everything} ${header}`,
      vsCode: JSON.stringify({ servers: { everything: { type: 'http', url: everything, headers } } }),
      inspector: `npx @modelcontextprotocol/inspector --cli ${everything} --transport http ${header} --method tools/list`,
    },
  };
}

/** What `npm start` shows. Colours only on a terminal, and not under NO_COLOR. */
export function reportText(report: Report, serving: boolean): string {
  const { url, call, endpoints, paste } = report;
  return [
    '',
    `${strong('MCP gateway')}  ${url}  ${faint('(a local demo: this machine only)')}`,
    '',
    `  agent called   stripe / show_key, with a token of the demo issuer`,
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
          `${strong('Token')}  ${faint(`local demo only, until ${report.tokenExpiresAt}`)}`,
          `  export MCP_GATEWAY_TOKEN=${report.token}`,
          '',
          strong('Claude Code'),
          `  ${paste.claudeCode}`,
          '',
          `${strong('VS Code')}  ${faint('.vscode/mcp.json')}`,
          `  ${paste.vsCode}`,
          '',
          strong('MCP Inspector'),
          `  ${paste.inspector}`,
          '',
          faint('Calls appear below. Ctrl-C stops it.'),
        ]
      : []),
    '',
  ].join('\n');
}

function strong(text: string): string {
  return styleText('bold', text);
}

function faint(text: string): string {
  return styleText('dim', text);
}
