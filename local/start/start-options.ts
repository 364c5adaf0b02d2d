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
two people, two demo upstreams, and five demo platforms people connect accounts of.

Usage: npm start -- [options]

Options:
  --port N        port of the gateway (default 4000; 0 takes a free one)
  --data-dir DIR  keep keys, sign-ins and addresses in DIR, so that they survive a restart
                  (accounts are to be connected again: the demo platforms remember nobody)
  --json          one JSON document on standard output, nothing else
  --once          do one tool call through the gateway, print it, and stop
  --help          this text

Exit codes: 0 done or stopped by Ctrl-C while serving, 1 failed, 2 wrong option, 130 interrupted before it was ready`;

/** @see https://fetch.spec.whatwg.org/#port-blocking */
const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

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
  if (BLOCKED_PORTS.has(port)) {
    throw new StartError(
      `--port ${port} is one that browsers and fetch refuse to call: choose another, such as 4000`,
      2,
    );
  }
  if (port <= 65_535) return port;
  throw new StartError(
    `--port ${JSON.stringify(text)} is not a port: use a number from 1 to 65535, or 0 for a free one`,
    2,
  );
}
