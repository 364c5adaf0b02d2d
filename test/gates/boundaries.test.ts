import { globalsUsedIn, type Import, importsOf } from '../helpers/imports';
import { repositoryFiles } from '../helpers/repository';

/**
 * Who may import whom. A room is a folder (or one file); a file belongs to the first room whose name begins its path.
 * `may`: paths from the root, packages, `node:` for any builtin. `types`: of these, types only. A `!` takes back.
 */
interface Room {
  readonly room: string;
  readonly may: readonly string[];
  readonly types?: readonly string[];
}

const CDK = ['aws-cdk-lib', 'aws-cdk-lib/', 'constructs'];
const ANY_ROOM_OF_LOCAL = ['local/private-file.ts', 'local/project-root.ts', 'node:'];

const ROOMS: readonly Room[] = [
  { room: 'lambda/contract/', may: ['lambda/contract/'] },
  { room: 'lambda/providers/', may: ['lambda/providers/'] },
  { room: 'lambda/config/', may: ['lambda/config/', 'lambda/contract/'], types: ['lambda/providers/'] },
  {
    room: 'lambda/core/',
    may: ['lambda/core/', 'lambda/contract/', 'lambda/config/', 'node:crypto'],
    types: ['node:stream', 'lambda/providers/'],
  },
  {
    room: 'lambda/io/vault/',
    may: ['lambda/io/', 'lambda/core/', 'lambda/contract/', 'node:', '@aws-sdk/', '@smithy/'],
    types: ['lambda/config/'],
  },
  {
    room: 'lambda/io/connections/',
    may: ['lambda/io/', '!lambda/io/vault/', 'lambda/core/', 'lambda/contract/', 'node:', 'jose', 'oauth4webapi'],
    types: ['lambda/config/', 'lambda/providers/'],
  },
  {
    room: 'lambda/io/auth/',
    may: ['lambda/io/', '!lambda/io/vault/', 'lambda/core/', 'lambda/contract/', 'node:', 'jose', 'oauth4webapi'],
    types: ['lambda/config/'],
  },
  {
    room: 'lambda/io/',
    may: ['lambda/io/', '!lambda/io/vault/', 'lambda/core/', 'lambda/contract/', 'node:', 'jose'],
    types: ['lambda/config/'],
  },
  {
    room: 'lambda/vault.lambda.ts',
    may: ['lambda/io/', 'lambda/core/', 'lambda/contract/', 'node:crypto', '@aws-sdk/'],
  },
  {
    room: 'lambda/rotation.lambda.ts',
    may: ['lambda/io/', 'lambda/core/', 'lambda/contract/', 'node:crypto', '@aws-sdk/'],
  },
  {
    room: 'lambda/',
    may: ['lambda/io/', 'lambda/core/', 'lambda/contract/', 'node:crypto'],
    types: ['lambda/config/'],
  },

  { room: 'lib/stage-function.ts', may: ['lambda/contract/', 'node:fs', 'node:path'], types: ['lambda/config/'] },
  {
    room: 'lib/',
    may: [
      'lib/',
      'lambda/contract/',
      'lambda/config/',
      'lambda/providers/',
      ...CDK,
      'node:crypto',
      'node:fs',
      'node:path',
      'node:os',
    ],
  },
  {
    room: 'sdk/',
    may: [
      'sdk/',
      'lambda/contract/',
      'node:',
      '@modelcontextprotocol/client',
      '@aws-sdk/credential-provider-node',
      '@smithy/protocol-http',
      '@smithy/signature-v4',
      '@aws-crypto/sha256-js',
    ],
  },
  { room: 'cli/', may: ['cli/', 'sdk/', 'package.json', 'node:'], types: ['@modelcontextprotocol/client'] },
  { room: 'bin/', may: ['cdk-mcp-gateway', ...CDK, 'cdk-nag'] },
  { room: 'examples/', may: ['cdk-mcp-gateway', 'cdk-mcp-gateway/sdk', ...CDK, 'node:'] },

  { room: 'local/aws/provision.ts', may: ['local/aws/', 'lambda/contract/', '@aws-sdk/', ...ANY_ROOM_OF_LOCAL] },
  { room: 'local/aws/', may: ['local/aws/', 'lambda/contract/', 'dynalite/', ...ANY_ROOM_OF_LOCAL] },
  {
    room: 'local/front-door/',
    may: ['local/front-door/', 'local/functions/', 'lambda/contract/', ...ANY_ROOM_OF_LOCAL],
  },
  { room: 'local/functions/', may: ['local/functions/', 'lambda/contract/', ...ANY_ROOM_OF_LOCAL] },
  { room: 'local/runtime-api/', may: ['local/runtime-api/', 'local/functions/', ...ANY_ROOM_OF_LOCAL] },
  {
    // What a demo platform is connected by is what the catalogue knows of the real one.
    room: 'local/demo/platforms/',
    may: ['local/demo/', 'lambda/providers/', 'oidc-provider', '@modelcontextprotocol/', ...ANY_ROOM_OF_LOCAL],
    types: ['lambda/config/'],
  },
  {
    room: 'local/demo/',
    may: ['local/demo/', 'oidc-provider', '@modelcontextprotocol/', ...ANY_ROOM_OF_LOCAL],
  },
  {
    room: 'local/',
    may: [
      'local/',
      'lambda/config/',
      'lambda/contract/',
      'lib/stage-function.ts',
      'sdk/',
      '@modelcontextprotocol/client',
      ...ANY_ROOM_OF_LOCAL,
    ],
  },

  // Outside the product: may use any of it, and any package, but not the tests.
  { room: 'bench/', may: ['', '!test/'] },
  { room: 'test/', may: [''] },
];

const files = repositoryFiles().filter((path) => path.endsWith('.ts'));
const imports = files.flatMap(importsOf);

function roomOf(path: string): Room | undefined {
  return ROOMS.find(({ room }) => path.startsWith(room));
}

function isAllowed({ from, to, isTypeOnly }: Import): boolean {
  const { may = [], types = [] } = roomOf(from) ?? {};
  const rules = isTypeOnly ? [...may, ...types] : may;
  const matches = (rule: string) => (rule === '' || /[/:]$/.test(rule) ? to.startsWith(rule) : to === rule);
  return rules.some(matches) && !rules.some((rule) => rule.startsWith('!') && matches(rule.slice(1)));
}

const told = ({ from, line, to }: Import, why: string) => `${from}:${line} imports ${to}: ${why}`;

test('every file belongs to a room', () => {
  expect(files.filter((path) => roomOf(path) === undefined)).toEqual([]);
});

test('a file imports only what its room may', () => {
  const refused = imports.filter((found) => !isAllowed(found));
  expect(
    refused.map((found) => told(found, `${roomOf(found.from)?.room} may import ${roomOf(found.from)?.may.join(' ')}`)),
  ).toEqual([]);
});

test('nobody imports an entry: it only wires', () => {
  const entries = imports.filter(
    ({ from, to }) => /\.lambda\.ts$|^bin\/app\.ts$|^cli\/main\.ts$/.test(to) && !from.startsWith('test/'),
  );
  expect(entries.map((found) => told(found, 'an entry'))).toEqual([]);
});

test('nobody but tests imports tests', () => {
  const found = imports.filter(({ from, to }) => to.startsWith('test/') && !from.startsWith('test/'));
  expect(found.map((one) => told(one, 'a test'))).toEqual([]);
});

test('the functions do not know that they may run locally', () => {
  const found = imports.filter(({ from, to }) => from.startsWith('lambda/') && /^(local|sdk|cli|lib|bench)\//.test(to));
  expect(found.map((one) => told(one, 'not of the functions'))).toEqual([]);
});

test('the core has no clock, no randomness, no environment and no effect of its own', () => {
  const effects = new Set(
    'process console fetch setTimeout setInterval setImmediate queueMicrotask Date performance Math.random randomBytes randomUUID'.split(
      ' ',
    ),
  );
  const core = files.filter((path) => /^lambda\/(core|config|contract)\//.test(path));
  expect(core.flatMap((path) => globalsUsedIn(path, effects))).toEqual([]);
});

test('only what keeps operator keys loads the AWS SDK', () => {
  const found = imports.filter(({ from, to }) => from.startsWith('lambda/') && to.startsWith('@aws-sdk/'));
  expect(found.filter(({ from }) => !/^lambda\/(io\/vault\/|(vault|rotation)\.lambda\.ts$)/.test(from))).toEqual([]);
  expect(found).not.toEqual([]);
});

test('no import goes in a circle that is more than types', () => {
  const graph = new Map<string, string[]>();
  for (const { from, to, isTypeOnly } of imports) {
    if (!isTypeOnly && files.includes(to)) graph.set(from, [...(graph.get(from) ?? []), to]);
  }
  expect(circles(graph)).toEqual([]);
});

/** Each circle once, as a path that comes back to where it began. */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
