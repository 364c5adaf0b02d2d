import { checkedName } from '../sdk/vault';
import { announceDestination } from './announce-destination';
import type { Command, CommandOption } from './command';
import { EXIT } from './exit-code';
import { readParts } from './key-parts';
import { gatewayOf, KEY_IN_ARGUMENT, KEY_PARTS, SIGNED_IN, wholeNumber } from './vault-options';

const EXPECTED_VERSION: Readonly<Record<string, CommandOption>> = {
  'expected-version': { type: 'string', value: 'N', help: 'only if the stored version is this one' },
};

const rotate: Command = {
  name: 'vault rotate',
  usage: '<provider>',
  summary: 'Begin to replace a key by a new one, both valid until "vault confirm"',
  details: [
    'Calls carry the old key, and the new one where the upstream no longer takes the old one (401).',
    'The key is read as by "vault store": from standard input, a variable, or asked for; never an argument.',
  ],
  examples: [
    'mcp-gateway vault rotate stripe            # asks for the new key',
    'mcp-gateway vault confirm stripe           # then end the old one at the platform',
    'pass show stripe-new | mcp-gateway vault rotate stripe --confirm --url https://mcp.example.com',
  ],
  options: {
    ...KEY_PARTS,
    confirm: { type: 'boolean', help: 'confirm at once: the old key has ended already' },
    ...EXPECTED_VERSION,
    ...SIGNED_IN,
  },
  arguments: { min: 1, max: 1 },
  tooMany: KEY_IN_ARGUMENT,
  async run(invocation) {
    // Before it is shown: it may be the key, in the wrong place.
    const provider = checkedName('provider', invocation.positionals[0]);
    const expectedVersion = wholeNumber('--expected-version', invocation.options['expected-version']);
    const gateway = gatewayOf(invocation);
    announceDestination(invocation, provider, gateway);
    const parts = await readParts(invocation);
    const isConfirmed = invocation.options['confirm'] === true;
    const rotated = await gateway.vault.rotate({
      provider,
      parts,
      confirm: isConfirmed ? 'now' : 'later',
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
    });
    invocation.print(
      rotated,
      isConfirmed
        ? [`The new key of ${provider} is in use, version ${rotated.version}.`]
        : [
            `The new key of ${provider} is kept beside the one in use, version ${rotated.version}.`,
            `Next: mcp-gateway vault confirm ${provider}, and end the old key at the platform; or: vault abandon ${provider}.`,
          ],
    );
    return EXIT.done;
  },
};

const confirm = ending(
  'confirm',
  'Put the new key of a rotation into use, and the old one out of it',
  (provider) => `The new key of ${provider} is in use; the old one can be ended at the platform`,
);
const abandon = ending(
  'abandon',
  'Drop the new key of a rotation',
  (provider) => `Dropped the new key of ${provider}; the old one stays in use`,
);

export const ROTATION_COMMANDS: readonly Command[] = [rotate, confirm, abandon];

function ending(verb: 'confirm' | 'abandon', summary: string, done: (provider: string) => string): Command {
  return {
    name: `vault ${verb}`,
    usage: '<provider>',
    summary,
    examples: [`mcp-gateway vault ${verb} stripe`, `mcp-gateway vault ${verb} stripe --expected-version 4`],
    options: { ...EXPECTED_VERSION, ...SIGNED_IN },
    arguments: { min: 1, max: 1 },
    async run(invocation) {
      const provider = checkedName('provider', invocation.positionals[0]);
      const expectedVersion = wholeNumber('--expected-version', invocation.options['expected-version']);
      const { vault } = gatewayOf(invocation);
      const options = expectedVersion === undefined ? {} : { expectedVersion };
      const ended = await (verb === 'confirm'
        ? vault.confirmRotation(provider, options)
        : vault.abandonRotation(provider, options));
      invocation.print(ended, [`${done(provider)}; version ${ended.version}.`]);
      return EXIT.done;
    },
  };
}
