import type { ResourceName, SignedIn } from '../sdk/index';
import { McpGatewayError } from '../sdk/index';
import { openBrowser } from '../sdk/oauth/open-browser';
import { printable } from '../sdk/printable';
import type { Command, CommandOption, Invocation } from './command';
import { EXIT } from './exit-code';
import { UsageError } from './usage-error';

const RESOURCE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  vault: { type: 'boolean', help: 'for the vault instead of the endpoints: a sign-in of its own, for administrators' },
  connections: { type: 'boolean', help: 'for the vault again, but for your own connected accounts only' },
};

const login: Command = {
  name: 'login',
  usage: '',
  summary: 'Sign in with a browser; tools, call, connections and vault --signed-in use it from then on',
  details: [
    'The sign-in is kept in your configuration folder, readable by you only, and refreshed by itself.',
    'Without a browser on this machine, forward the port in the address shown: ssh -L PORT:127.0.0.1:PORT.',
  ],
  examples: [
    'mcp-gateway login --url https://mcp.example.com',
    'mcp-gateway login --connections',
    'mcp-gateway login --vault',
  ],
  options: RESOURCE_OPTIONS,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const resource = resourceOf(invocation);
    const gateway = invocation.gateway({ authMode: 'oauth2.1-pkce', openBrowser: showAndOpen(invocation.terminal) });
    // A file in a repository somebody else wrote may name the gateway: the person sees which one it is.
    invocation.terminal.stderr.write(printable(`Signing in to ${gateway.url} (from ${gateway.urlSource})\n`));
    const signedIn = await gateway.signIn(resource);
    invocation.print(signedIn, ['Signed in.', ...lines(signedIn)]);
    return EXIT.done;
  },
};

const logout: Command = {
  name: 'logout',
  usage: '',
  summary: 'End the sign-in, on this machine and at the gateway',
  examples: ['mcp-gateway logout', 'mcp-gateway logout --vault'],
  options: RESOURCE_OPTIONS,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const gateway = invocation.gateway(NOBODY_ASKED);
    const wasSignedIn = await gateway.signOut(resourceOf(invocation));
    invocation.print({ url: gateway.url, wasSignedIn }, [
      wasSignedIn ? `Signed out of ${gateway.url}.` : `Nobody was signed in to ${gateway.url}.`,
    ]);
    return EXIT.done;
  },
};

const whoami: Command = {
  name: 'whoami',
  usage: '',
  summary: 'Show who is signed in on this machine, and what for',
  examples: ['mcp-gateway whoami', 'mcp-gateway whoami --vault --json | jq -r .subject'],
  options: RESOURCE_OPTIONS,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const gateway = invocation.gateway(NOBODY_ASKED);
    const signedIn = await gateway.signedIn(resourceOf(invocation));
    if (signedIn === undefined) {
      throw new McpGatewayError(
        'sign_in_required',
        `Nobody is signed in to ${gateway.url}`,
        `mcp-gateway login${resourceOf(invocation) === 'endpoints' ? '' : ` --${resourceOf(invocation)}`}`,
      );
    }
    invocation.print(signedIn, lines(signedIn));
    return EXIT.done;
  },
};

export const SIGN_IN_COMMANDS: readonly Command[] = [login, logout, whoami];

/** As whoever is signed in; a command that is not `login` opens no browser. */
export const NOBODY_ASKED = { authMode: 'oauth2.1-pkce', openBrowser: false } as const;

/** Takes an address to the person: shown as well as opened, since there may be no browser here. */
export function showAndOpen({ stderr }: Invocation['terminal']): (url: string) => void {
  return (url) => {
    stderr.write(`If no browser opens, open this address yourself:\n\n  ${url}\n\n`);
    openBrowser(url);
  };
}

function resourceOf({ options }: Invocation): ResourceName {
  const { vault, connections } = options;
  if (vault === true && connections === true) {
    throw new UsageError(
      '--vault and --connections are given together',
      'Give --vault, which allows both, or the other.',
    );
  }
  if (vault === true) return 'vault';
  return connections === true ? 'connections' : 'endpoints';
}

function lines({ resource, issuer, subject, grantId, clientId, scopes }: SignedIn): string[] {
  return [
    `Resource  ${resource}`,
    `Issuer    ${issuer}`,
    `Subject   ${subject ?? 'not told'}`,
    `Grant     ${grantId ?? 'not told'}`,
    `Client    ${clientId}`,
    `Scopes    ${scopes.join(' ') || 'none'}`,
  ];
}
