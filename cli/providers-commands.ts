import { checkedName } from '../sdk/vault';
import { announceDestination } from './announce-destination';
import type { Command } from './command';
import { EXIT } from './exit-code';
import { promptSecret, readPiped } from './read-secret';
import { UsageError } from './usage-error';

const ADMINISTRATOR = 'Signed with your AWS credentials.';

const setSecret: Command = {
  name: 'providers set-secret',
  usage: '<provider>',
  summary: 'Store the gateway’s own client secret at a platform, or replace it',
  details: [
    'The secret is read from standard input, or asked for without being shown; it is never an argument.',
    'Where it goes is shown first. Without a prompt, an outputs file does not decide that: pass --url.',
    ADMINISTRATOR,
  ],
  examples: [
    'mcp-gateway providers set-secret github                 # asks for the secret',
    'pass show github-app | mcp-gateway providers set-secret github --url https://mcp.example.com',
  ],
  options: {},
  arguments: { min: 1, max: 1 },
  tooMany: {
    problem: 'The secret is not taken from the command line',
    fix: 'Leave it out and paste it when asked, or pipe it in. If it was a real secret, replace it: your shell has recorded it.',
  },
  async run(invocation) {
    // Before it is shown: it may be the secret, in the wrong place.
    const provider = checkedName('provider', invocation.positionals[0]);
    const { terminal, print } = invocation;
    const gateway = invocation.gateway();
    announceDestination(invocation, provider, gateway);
    const secret = terminal.stdin.isTTY ? await promptSecret(terminal, 'client secret') : await readPiped(terminal);
    if (secret === '') {
      throw new UsageError('No secret was given', 'Pipe it in, or paste it when asked. Nothing was changed.');
    }
    await gateway.administration.setClientSecret(provider, secret);
    print({ provider, stored: true }, [`Stored the gateway’s client secret at ${provider}.`]);
    return EXIT.done;
  },
};

export const PROVIDERS_COMMANDS: readonly Command[] = [switching('block'), switching('allow'), setSecret];

function switching(verb: 'block' | 'allow'): Command {
  const isBlock = verb === 'block';
  return {
    name: `providers ${verb}`,
    usage: '<provider>',
    summary: isBlock
      ? 'Switch a platform off: nobody’s connection is used, and none is made'
      : 'Take that back: what was connected works again, unless the platform has ended it unused',
    details: [
      'In effect everywhere within the gateway’s cacheTtl. "mcp-gateway grants switches" lists what is off.',
      ADMINISTRATOR,
    ],
    examples: [`mcp-gateway providers ${verb} github`],
    options: {},
    arguments: { min: 1, max: 1 },
    async run({ positionals, gateway, print }) {
      const provider = checkedName('provider', positionals[0]);
      const { administration } = gateway();
      const set = isBlock ? await administration.blockProvider(provider) : await administration.allowProvider(provider);
      print(set, [isBlock ? `Switched ${provider} off for everybody.` : `Switched ${provider} on again.`]);
      return EXIT.done;
    },
  };
}
