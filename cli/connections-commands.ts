import type { ConnectProgress, ListConnectionsResponse } from '../sdk/index';
import { openBrowser } from '../sdk/oauth/open-browser';
import { printable } from '../sdk/printable';
import { checkedName } from '../sdk/vault';
import type { Command, Invocation } from './command';
import { accountOf, stateOf } from './connection-cells';
import { EXIT } from './exit-code';
import { NOBODY_ASKED, showAndOpen } from './sign-in-commands';
import { table } from './table';
import { wholeSeconds } from './whole-seconds';

const YOUR_OWN = 'Your own accounts, as who signed in by "mcp-gateway login --connections"; no administrator’s right.';
/** A line as often tells that it still runs, and does not fill the screen. */
const SAID_EVERY_MS = 15_000;

const list: Command = {
  name: 'connections list',
  usage: '',
  summary: 'List which of your accounts are connected, and what can be',
  details: [YOUR_OWN],
  examples: ['mcp-gateway connections list', 'mcp-gateway connections list --json | jq ".connections[].provider"'],
  options: {},
  arguments: { min: 0, max: 0 },
  async run({ gateway, print }) {
    const listed = await gateway(NOBODY_ASKED).connections.list();
    print(listed, lines(listed));
    return EXIT.done;
  },
};

const connect: Command = {
  name: 'connections connect',
  usage: '<provider>',
  summary: 'Connect an account in the browser, or connect it anew, and wait until it is done',
  details: ['Signs you in first, if nobody is.', YOUR_OWN],
  examples: [
    'mcp-gateway connections connect github',
    'mcp-gateway connections connect slack --timeout 60 --url https://mcp.example.com',
  ],
  options: { timeout: { type: 'string', value: 'SECONDS', help: 'longest wait for you; 300 if nothing is said' } },
  arguments: { min: 1, max: 1 },
  async run(invocation) {
    const { terminal, positionals, options, print } = invocation;
    const provider = checkedName('provider', positionals[0]);
    const timeout = wholeSeconds('--timeout', options['timeout'], 300) * 1000;
    const gateway = invocation.gateway({ authMode: 'oauth2.1-pkce', openBrowser: showAndOpen(terminal) });
    // A file in a repository somebody else wrote may name the gateway: the person sees which one it is.
    terminal.stderr.write(printable(`Connecting ${provider} at ${gateway.url} (from ${gateway.urlSource})\n`));
    const connected = await gateway.connections.connect(provider, {
      timeout,
      openBrowser: (url) => openBrowser(url),
      onProgress: progressLines(terminal, timeout),
    });
    const account = accountOf(connected);
    print(connected, [`Connected ${connected.name}${account === '' ? '' : ` as ${account}`}.`]);
    return EXIT.done;
  },
};

const disconnect: Command = {
  name: 'connections disconnect',
  usage: '<provider>',
  summary: 'End the connection of one of your accounts, here and at the platform',
  details: [YOUR_OWN],
  examples: ['mcp-gateway connections disconnect github'],
  options: {},
  arguments: { min: 1, max: 1 },
  async run({ gateway, positionals, print }) {
    const provider = checkedName('provider', positionals[0]);
    const ended = await gateway(NOBODY_ASKED).connections.disconnect(provider);
    const here = ended.existed ? `${provider} is not connected any more` : `${provider} was not connected`;
    print({ provider, connected: false, ...ended }, [
      ended.revokedAtProvider
        ? `${here}, and access was revoked at the platform.`
        : `${here}. Nothing was revoked at the platform${ended.existed ? ': it cannot revoke, or did not answer' : ''}. To be thorough, remove this gateway in your settings there.`,
    ]);
    return EXIT.done;
  },
};

export const CONNECTIONS_COMMANDS: readonly Command[] = [list, connect, disconnect];

/** On standard error, so that `--json` stays one document. */
function progressLines({ stderr }: Invocation['terminal'], timeoutMs: number): (progress: ConnectProgress) => void {
  let saidMs = 0;
  return ({ stage, name, url, waitedMs }) => {
    if (stage === 'opening') {
      stderr.write(printable(`If no browser opens, open this address yourself:\n\n  ${url}\n\n`));
      stderr.write(printable(`Waiting for ${name} …\n`));
    } else if (stage === 'waiting' && waitedMs - saidMs >= SAID_EVERY_MS) {
      saidMs = waitedMs;
      stderr.write(printable(`Still waiting for ${name}: ${seconds(waitedMs)} of ${seconds(timeoutMs)} s\n`));
    }
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

function lines({ connections, providers }: ListConnectionsResponse): string[] {
  if (providers.length === 0) return ['No platform can be connected at this gateway.'];
  return table(
    ['PROVIDER', 'PLATFORM', 'STATE', 'ACCOUNT', 'LAST USED', 'LAST ERROR'],
    providers.map(({ provider, name, blocked }) => {
      const connection = connections.find((one) => one.provider === provider);
      return [
        provider,
        name,
        blocked ? 'switched off' : stateOf(connection),
        accountOf(connection),
        connection?.lastUsedAt ?? '',
        connection?.lastError?.message ?? '',
      ];
    }),
  );
}
