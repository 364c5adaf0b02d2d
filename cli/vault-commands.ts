import type { ListKeysResponse, VaultKeyMetadata } from '../sdk/index';
import { checkedName } from '../sdk/vault';
import { announceDestination } from './announce-destination';
import type { Command } from './command';
import { EXIT } from './exit-code';
import { readParts } from './key-parts';
import { ROTATION_COMMANDS } from './rotation-commands';
import { NOBODY_ASKED } from './sign-in-commands';
import { table } from './table';
import { UsageError } from './usage-error';
import { gatewayOf, KEY_IN_ARGUMENT, KEY_PARTS, SIGNED_IN, wholeNumber } from './vault-options';

const store: Command = {
  name: 'vault store',
  usage: '<provider>',
  summary: 'Store the key of a provider, or replace it',
  details: [
    'The key is read from standard input, from a variable, or asked for without being shown.',
    'It is never an argument: arguments end in the shell history and in process lists.',
    'Where it goes is shown first. Without a prompt, an outputs file does not decide that: pass --url.',
    'It is everyone’s key, an administrator’s to store; --mine: your own, which only your own calls are made with.',
  ],
  examples: [
    'mcp-gateway vault store stripe                          # asks for the key',
    'pass show stripe | mcp-gateway vault store stripe --url https://mcp.example.com',
    'MCP_GATEWAY_URL=https://mcp.example.com mcp-gateway vault store stripe --from-env STRIPE_KEY',
    'mcp-gateway vault store jira --part user --part token   # asks for both',
    'mcp-gateway vault store stripe --expected-version 0     # only if nothing is stored',
    'mcp-gateway vault store airtable --mine                 # after "mcp-gateway login --connections"',
  ],
  options: {
    ...KEY_PARTS,
    'expected-version': { type: 'string', value: 'N', help: 'replace only this version; 0: only if nothing is stored' },
    mine: { type: 'boolean', help: 'your own key, as who signed in by "login --connections" or "login --vault"' },
    ...SIGNED_IN,
  },
  arguments: { min: 1, max: 1 },
  tooMany: KEY_IN_ARGUMENT,
  async run(invocation) {
    // Before it is shown: it may be the key, in the wrong place.
    const provider = checkedName('provider', invocation.positionals[0]);
    const expectedVersion = wholeNumber('--expected-version', invocation.options['expected-version']);
    const { mine } = invocation.options;
    if (mine === true && expectedVersion !== undefined) {
      throw new UsageError('--mine and --expected-version do not go together', 'Leave --expected-version out.');
    }
    const gateway = mine === true ? invocation.gateway(NOBODY_ASKED) : gatewayOf(invocation);
    announceDestination(invocation, provider, gateway);
    const parts = await readParts(invocation);
    if (mine === true) {
      const own = await gateway.storeInVault({ provider, parts, owner: 'me' });
      invocation.print(own, [`Stored your own key of ${provider}; only your calls are made with it.`]);
      return EXIT.done;
    }
    const stored = await gateway.storeInVault({
      provider,
      parts,
      owner: 'everyone',
      ...(expectedVersion === undefined ? {} : { expectedVersion }),
    });
    invocation.print(stored, [
      `Stored the key of ${provider}, version ${stored.version}; it is sent to ${stored.origins.join(', ')} only.`,
    ]);
    return EXIT.done;
  },
};

const list: Command = {
  name: 'vault list',
  usage: '',
  summary: 'List the stored keys, without their values',
  examples: ['mcp-gateway vault list', 'mcp-gateway vault list --json | jq .keys'],
  options: SIGNED_IN,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const listed = await gatewayOf(invocation).vault.list();
    invocation.print(listed, listLines(listed));
    return EXIT.done;
  },
};

const disable = switching('disable', 'Keep a key, and refuse its use', 'Disabled');
const enable = switching('enable', 'Allow the use of a key again', 'Enabled');

const remove: Command = {
  name: 'vault delete',
  usage: '<provider> --yes',
  summary: 'Erase a key',
  examples: ['mcp-gateway vault delete stripe --yes'],
  options: { yes: { type: 'boolean', help: 'confirm: it cannot be undone' }, ...SIGNED_IN },
  arguments: { min: 1, max: 1 },
  async run(invocation) {
    const { positionals, options, print } = invocation;
    const provider = positionals[0] ?? '';
    if (options['yes'] !== true) {
      throw new UsageError(
        'Deleting a key cannot be undone, and --yes was not given',
        'Add --yes, or use "mcp-gateway vault disable" to stop its use and keep it.',
      );
    }
    await gatewayOf(invocation).vault.delete(provider);
    print({ provider, deleted: true }, [`Deleted the key of ${provider}.`]);
    return EXIT.done;
  },
};

export const VAULT_COMMANDS: readonly Command[] = [store, list, ...ROTATION_COMMANDS, disable, enable, remove];

function switching(verb: 'disable' | 'enable', summary: string, done: string): Command {
  return {
    name: `vault ${verb}`,
    usage: '<provider>',
    summary,
    examples: [`mcp-gateway vault ${verb} stripe`],
    options: SIGNED_IN,
    arguments: { min: 1, max: 1 },
    async run(invocation) {
      const provider = invocation.positionals[0] ?? '';
      const changed = await gatewayOf(invocation).vault[verb](provider);
      invocation.print(changed, [`${done} the key of ${provider}, version ${changed.version}.`]);
      return EXIT.done;
    },
  };
}

function listLines({ keys, configured }: ListKeysResponse): string[] {
  const missing = configured.filter((provider) => !keys.some((key) => key.provider === provider));
  if (keys.length + missing.length === 0) return ['No upstream of this gateway uses a key.'];
  return table(
    ['PROVIDER', 'STATUS', 'VERSION', 'PARTS', 'CHANGED', 'BY'],
    [...keys.map(row), ...missing.map((provider) => [provider, 'not stored', '', '', '', ''])],
  );
}

function row(key: VaultKeyMetadata): string[] {
  const status = key.rotationStartedAt
    ? `${key.status}, rotation under way since ${key.rotationStartedAt}`
    : key.status;
  return [key.provider, status, String(key.version), key.parts.join(','), key.updatedAt, key.updatedBy];
}
