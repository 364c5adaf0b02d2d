import type { ResourceName, SignedIn } from '../sdk/index';
import { McpGatewayError } from '../sdk/index';
import { openBrowser } from '../sdk/oauth/open-browser';
import { printable } from '../sdk/printable';
import type { Command, CommandOption, Invocation } from './command';
import { EXIT } from './exit-code';

const VAULT_OPTION: Readonly<Record<string, CommandOption>> = {
  vault: { type: 'boolean', help: 'for the vault instead of the endpoints: a sign-in of its own, for administrators' },
};

const login: Command = {
  name: 'login',
  usage: '',
  summary: 'Sign in with a browser; tools, call and vault --signed-in use it from then on',
  details: [
    'The sign-in is kept in your configuration folder, readable by you only, and refreshed by itself.',
    'Without a browser on this machine, forward the port in the address shown: ssh -L PORT:127.0.0.1:PORT.',
  ],
  examples: ['mcp-gateway login --url https://mcp.example.com', 'mcp-gateway login --vault'],
  options: VAULT_OPTION,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { stderr } = invocation.terminal;
    const gateway = invocation.gateway({
      authMode: 'oauth2.1-pkce',
      openBrowser: (url) => {
        stderr.write(`If no browser opens, open this address yourself:\n\n  ${url}\n\n`);
        openBrowser(url);
      },
    });
    // A file in a repository somebody else wrote may name the gateway: the person sees which one it is.
    stderr.write(printable(`Signing in to ${gateway.url} (from ${gateway.urlSource})\n`));
    const signedIn = await gateway.signIn(resourceOf(invocation));
    invocation.print(signedIn, ['Signed in.', ...lines(signedIn)]);
    return EXIT.done;
  },
};

const logout: Command = {
  name: 'logout',
  usage: '',
  summary: 'End the sign-in, on this machine and at the gateway',
  examples: ['mcp-gateway logout', 'mcp-gateway logout --vault'],
  options: VAULT_OPTION,
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
  options: VAULT_OPTION,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const gateway = invocation.gateway(NOBODY_ASKED);
    const signedIn = await gateway.signedIn(resourceOf(invocation));
    if (signedIn === undefined) {
      throw new McpGatewayError(
        'sign_in_required',
        `Nobody is signed in to ${gateway.url}`,
        `mcp-gateway login${invocation.options['vault'] === true ? ' --vault' : ''}`,
      );
    }
    invocation.print(signedIn, lines(signedIn));
    return EXIT.done;
  },
};

export const SIGN_IN_COMMANDS: readonly Command[] = [login, logout, whoami];

/** As whoever is signed in; a command that is not `login` opens no browser. */
export const NOBODY_ASKED = { authMode: 'oauth2.1-pkce', openBrowser: false } as const;

function resourceOf({ options }: Invocation): ResourceName {
  return options['vault'] === true ? 'vault' : 'endpoints';
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
