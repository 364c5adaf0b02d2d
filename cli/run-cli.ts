import { parseArgs } from 'node:util';
import { version } from '../package.json';
import { McpGateway, McpGatewayError } from '../sdk/index';
import { printable } from '../sdk/printable';
import { CALL_COMMANDS } from './call-commands';
import type { Command, CommandOption, Invocation, Terminal } from './command';
import { CONNECTIONS_COMMANDS } from './connections-commands';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code';
import { GRANTS_COMMANDS } from './grants-commands';
import { commandHelp, overview } from './help';
import { PEOPLE_COMMANDS } from './people-commands';
import { PROVIDERS_COMMANDS } from './providers-commands';
import { SIGN_IN_COMMANDS } from './sign-in-commands';
import { STATUS_COMMAND } from './status-command';
import { UsageError } from './usage-error';
import { VAULT_COMMANDS } from './vault-commands';

export const COMMANDS: readonly Command[] = [
  ...SIGN_IN_COMMANDS,
  ...CALL_COMMANDS,
  ...CONNECTIONS_COMMANDS,
  ...VAULT_COMMANDS,
  ...PEOPLE_COMMANDS,
  ...PROVIDERS_COMMANDS,
  ...GRANTS_COMMANDS,
  STATUS_COMMAND,
];

const COMMON_OPTIONS: Readonly<Record<string, CommandOption>> = {
  url: { type: 'string', help: '' },
  json: { type: 'boolean', help: '' },
  help: { type: 'boolean', help: '' },
};

/** Where the SDK's advice speaks of options of the SDK. */
const HELP_HERE: Readonly<Record<string, string>> = {
  token_missing: 'Sign in by "mcp-gateway login", or set MCP_GATEWAY_TOKEN to a token of the gateway’s issuer.',
  sign_in_required:
    'Sign in by "mcp-gateway login"; for your connections, add --connections, and for the vault, --vault.',
  gateway_url_missing:
    'Pass --url, set MCP_GATEWAY_URL, deploy with "npx cdk deploy --outputs-file cdk-outputs.json", or run "npm start".',
  gateway_url_ambiguous: 'Say which one: pass --url or set MCP_GATEWAY_URL.',
  outputs_file_unusable: 'Pass --url or set MCP_GATEWAY_URL.',
  aws_region_missing: 'Set AWS_REGION.',
  aws_credentials_missing:
    'Sign in ("aws sso login"), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
};

/** Runs one command line; gives the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const json = argv.includes('--json');
  try {
    return await dispatch(argv, terminal, json);
  } catch (error) {
    terminal.stderr.write(`${json ? JSON.stringify({ error: describe(error) }) : errorLines(error)}\n`);
    return exitCodeOf(error);
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal, json: boolean): Promise<ExitCode> {
  const write = (text: string) => terminal.stdout.write(`${text}\n`);
  const command = COMMANDS.find(({ name }) => startsWith(argv, name.split(' ')));
  if (!command) {
    if (argv.includes('--version')) write(version);
    else if (argv.length === 0 || argv.includes('--help')) write(overview(COMMANDS));
    else throw unknownCommand(argv);
    return EXIT.done;
  }
  const args = argv.slice(command.name.split(' ').length);
  if (args.includes('--help')) {
    write(commandHelp(command));
    return EXIT.done;
  }
  const { positionals, values } = parse(command, args);
  const url = values['url'];
  const invocation: Invocation = {
    positionals,
    options: values,
    json,
    terminal,
    gateway: (as = {}) =>
      new McpGateway({
        authMode: 'iam',
        clientId: `mcp-gateway-cli/${version}`,
        timeout: '30s',
        ...(typeof url === 'string' ? { url } : {}),
        ...(terminal.env['MCP_GATEWAY_TOKEN'] ? { token: terminal.env['MCP_GATEWAY_TOKEN'] } : {}),
        ...as,
      }),
    print: (document, lines) => write(json ? JSON.stringify(document) : printable(lines.join('\n'))),
  };
  return command.run(invocation);
}

function parse(command: Command, args: readonly string[]): { positionals: string[]; values: Invocation['options'] } {
  const fix = `See: mcp-gateway ${command.name} --help`;
  const { tokens, positionals, values } = parseArgs({
    args: [...args],
    options: optionTypes({ ...COMMON_OPTIONS, ...command.options }),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = { ...COMMON_OPTIONS, ...command.options }[token.name];
    // The name only: what follows "=" may be a key.
    if (!option) {
      // Ids are random: one in 64 looks like an option.
      const orArgument = command.arguments.max > 0 ? '. An argument that begins with "-" goes after "--"' : '';
      throw new UsageError(`${command.name} has no option ${printable(token.rawName)}`, `${fix}${orArgument}`);
    }
    const missing = token.value === undefined || (token.value.startsWith('--') && token.inlineValue !== true);
    if (option.type === 'string' && missing) {
      throw new UsageError(`${token.rawName} needs a value`, fix);
    }
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value`, fix);
    }
  }
  if (positionals.length < command.arguments.min) {
    throw new UsageError(`${command.name} needs ${command.usage.split(' ')[0]}`, fix);
  }
  if (positionals.length > command.arguments.max) {
    const { problem, fix: how } = command.tooMany ?? { problem: `${command.name} takes fewer arguments`, fix };
    throw new UsageError(problem, how);
  }
  return { positionals, values: values as Invocation['options'] };
}

function optionTypes(options: Readonly<Record<string, CommandOption>>) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }]),
  );
}

function startsWith(argv: readonly string[], words: readonly string[]): boolean {
  return words.every((word, i) => argv[i] === word);
}

function unknownCommand(argv: readonly string[]): UsageError {
  const [word = ''] = argv;
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${word} `)).map(({ name }) => name.split(' ')[1]);
  if (group.length > 0) return new UsageError(`${word} needs one of: ${group.join(', ')}`, 'See: mcp-gateway --help');
  return new UsageError(
    `There is no command ${JSON.stringify(printable(word.slice(0, 40)))}`,
    'See: mcp-gateway --help',
  );
}

function describe(error: unknown): { code: string; message: string; help: string } {
  if (error instanceof UsageError || error instanceof McpGatewayError) {
    return { code: error.code, message: error.message, help: HELP_HERE[error.code] ?? error.help };
  }
  // The official client's errors carry the gateway's reason and help in `data`.
  const { message, data } = error as { message?: unknown; data?: { reason?: unknown; help?: unknown } };
  return {
    code: typeof data?.reason === 'string' ? data.reason : 'failed',
    message: typeof message === 'string' ? message : 'Failed for an unknown reason',
    help: typeof data?.help === 'string' ? data.help : '',
  };
}

function errorLines(error: unknown): string {
  const { message, help } = describe(error);
  return [`error: ${printable(message)}`, ...(help ? [`  fix: ${printable(help)}`] : [])].join('\n');
}
