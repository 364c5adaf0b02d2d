import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from './start-error';

export interface StartOptions {
  /** 0 takes a free one. */
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  readonly json: boolean;
  readonly once: boolean;
  readonly help: boolean;
}

export const HELP = `Serves the MCP gateway on this machine: embedded AWS, a demo identity provider with
two people, two demo upstreams.

Usage: npm start -- [options]

Options:
  --port N        port of the gateway (default 4000; 0 takes a free one)
  --data-dir DIR  keep keys, sign-ins and addresses in DIR, so that they survive a restart
  --json          one JSON document on standard output, nothing else
  --once          do one tool call through the gateway, print it, and stop
  --help          this text

Exit codes: 0 done or stopped by Ctrl-C while serving, 1 failed, 2 wrong option, 130 interrupted before it was ready`;

export function parseStartOptions(argv: readonly string[]): StartOptions {
  const values = parseStrictly(argv);
  if (values['data-dir'] === '') throw new StartError('--data-dir needs the path of a folder', 2);
  return {
    port: values.port === undefined ? undefined : portNumber(values.port),
    dataDir: values['data-dir'] === undefined ? undefined : resolve(values['data-dir']),
    json: values.json ?? false,
    once: values.once ?? false,
    help: values.help ?? false,
  };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        json: { type: 'boolean' },
        once: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    const [problem] = (error as Error).message.split(/\. |\n/);
    throw new StartError(`${problem}: npm start -- --help lists the options`, 2);
  }
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new StartError(
    `--port ${JSON.stringify(text)} is not a port: use a number from 1 to 65535, or 0 for a free one`,
    2,
  );
}
