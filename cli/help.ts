import type { Command } from './command';
import { table } from './table';

const COMMON = [
  ['--url URL', 'gateway; else MCP_GATEWAY_URL, else the newest of cdk-outputs.json and .mcp-gateway/local.json'],
  ['--json', 'one JSON document on standard output; errors as JSON on standard error'],
  ['--help', 'this text'],
];

const EXIT_CODES = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong input'],
  ['3', 'not signed in, or not allowed'],
  ['4', 'no such provider, key, grant or upstream'],
  ['5', 'the tool answered with an error'],
  ['6', 'the key has another version than expected'],
  ['7', 'the gateway cannot be reached'],
];

const ENVIRONMENT = [
  ['MCP_GATEWAY_URL', 'the gateway, if --url is not given'],
  ['MCP_GATEWAY_TOKEN', 'access token for call and tools, instead of a sign-in'],
  ['AWS_PROFILE, AWS_REGION, …', 'AWS identity of an administrator, as every AWS tool reads it'],
];

export function overview(commands: readonly Command[]): string {
  return [
    'mcp-gateway: sign-in, calls, connected accounts, keys and grants of an MCP gateway',
    '',
    'Usage: mcp-gateway <command> [options]',
    '',
    'Commands:',
    ...indented(commands.map((command) => [`${command.name} ${command.usage}`.trim(), command.summary])),
    '',
    'Options:',
    ...indented([...COMMON, ['--version', 'version of this program']]),
    '',
    'Environment:',
    ...indented(ENVIRONMENT),
    '',
    'Exit codes:',
    ...indented(EXIT_CODES),
    '',
    'mcp-gateway <command> --help shows examples.',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const own = Object.entries(command.options).map(([name, option]) => [
    `--${name}${option.value ? ` ${option.value}` : ''}`,
    option.help,
  ]);
  return [
    `${command.summary}.`,
    ...(command.details ?? []),
    '',
    `Usage: mcp-gateway ${command.name} ${command.usage}`.trimEnd(),
    '',
    'Options:',
    ...indented([...own, ...COMMON]),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n');
}

function indented(rows: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = rows;
  return table(first, others).map((line) => `  ${line}`);
}
