import { resolve } from 'node:path';
import { parseStartOptions } from '../../../../local/start/start-options';

test('without options the gateway keeps no state and serves until stopped', () => {
  expect(parseStartOptions([])).toEqual({ port: undefined, dataDir: undefined, json: false, once: false, help: false });
});

test('a data directory is taken from the current folder', () => {
  expect(parseStartOptions(['--data-dir', 'state', '--port', '0', '--json', '--once'])).toEqual({
    port: 0,
    dataDir: resolve('state'),
    json: true,
    once: true,
    help: false,
  });
});

test.each([
  [['--prot', '4000'], "Unknown option '--prot': npm start -- --help lists the options"],
  [['4000'], "Unexpected argument '4000': npm start -- --help lists the options"],
  [['--port'], "Option '--port <value>' argument missing: npm start -- --help lists the options"],
  [['--json=yes'], "Option '--json' does not take an argument: npm start -- --help lists the options"],
  [['--port', 'http'], '--port "http" is not a port: use a number from 1 to 65535, or 0 for a free one'],
  [['--port', '65536'], '--port "65536" is not a port: use a number from 1 to 65535, or 0 for a free one'],
  [['--port', '6000'], '--port 6000 is one that browsers and fetch refuse to call: choose another, such as 4000'],
  [['--port', ''], '--port "" is not a port: use a number from 1 to 65535, or 0 for a free one'],
  [['--data-dir', ''], '--data-dir needs the path of a folder'],
])('refuses %j as wrong input', (argv, message) => {
  expect(() => parseStartOptions(argv)).toThrow(expect.objectContaining({ name: 'StartError', exitCode: 2, message }));
});
