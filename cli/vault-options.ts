import type { McpGateway } from '../sdk/index';
import type { Command, CommandOption, Invocation } from './command';
import { NOBODY_ASKED } from './sign-in-commands';
import { UsageError } from './usage-error';

export const SIGNED_IN: Readonly<Record<string, CommandOption>> = {
  'signed-in': { type: 'boolean', help: 'as who signed in by "login --vault", instead of by AWS credentials' },
};

/** Where a key is read from. */
export const KEY_PARTS: Readonly<Record<string, CommandOption>> = {
  'from-env': {
    type: 'string',
    multiple: true,
    value: '[PART=]NAME',
    help: 'take the key from an environment variable',
  },
  part: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    help: 'name of a part; several are read as JSON from a pipe',
  },
};

/** A second argument is probably the key. */
export const KEY_IN_ARGUMENT: NonNullable<Command['tooMany']> = {
  problem: 'The key is not taken from the command line',
  fix: 'Leave it out and paste it when asked, or pipe it in. If it was a real key, replace it: your shell has recorded it.',
};

export function gatewayOf({ gateway, options }: Invocation): McpGateway {
  return gateway(options['signed-in'] === true ? NOBODY_ASKED : {});
}

export function wholeNumber(option: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(
    `${option} is not a whole number from 0`,
    `Write ${option} 3, as "mcp-gateway vault list" shows it.`,
  );
}
