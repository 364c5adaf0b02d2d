import type { Readable, Writable } from 'node:stream';
import type { McpGateway, McpGatewayOptions } from '../sdk/index';
import type { ExitCode } from './exit-code';

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Invocation {
  readonly positionals: readonly string[];
  /** Options of this command that were given: flags as `true`, repeatable ones as lists. */
  readonly options: Readonly<Record<string, boolean | string | readonly string[] | undefined>>;
  readonly json: boolean;
  readonly terminal: Terminal;
  /** Made on first use, so that wrong arguments are told before a missing URL. By AWS credentials if nothing is said. */
  readonly gateway: (as?: Partial<Pick<McpGatewayOptions, 'authMode' | 'openBrowser'>>) => McpGateway;
  /** One JSON document with `--json`, else the lines, in which no escape sequence of a server's survives. */
  readonly print: (document: unknown, lines: readonly string[]) => void;
}

export interface Command {
  /** Words that select it: `vault store`. */
  readonly name: string;
  /** Arguments, as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly examples: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How many positional arguments it takes. */
  readonly arguments: { readonly min: number; readonly max: number };
  /** Said instead of "too many arguments". */
  readonly tooMany?: { readonly problem: string; readonly fix: string };
  run(invocation: Invocation): Promise<ExitCode>;
}

export interface CommandOption {
  readonly type: 'boolean' | 'string';
  readonly multiple?: boolean;
  readonly value?: string;
  readonly help: string;
}
