import { statSync } from 'node:fs';
import { join } from 'node:path';
import { globalsUsedIn } from '../helpers/imports';
import { ROOT, readRepositoryFile } from '../helpers/repository';

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly bytes: number;
        readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
        readonly imports: readonly { readonly path: string; readonly kind: string }[];
      }
    >
  >;
}

/** What the last build put into a function's bundle, or into a chunk that it loads when it needs it: `mcp.people`. */
function bundleOf(bundle: string) {
  const [name = '', chunk = 'index'] = bundle.split('.');
  const metaPath = `build/meta/${bundle}.json`;
  const { inputs, outputs } = JSON.parse(readRepositoryFile(metaPath)) as Metafile;
  const output = Object.entries(outputs).find(([file]) => file.endsWith(`/${name}/${chunk}.mjs`))?.[1];
  if (output === undefined) throw new Error(`${metaPath} speaks of no bundle: run "npm run build"`);
  const files = Object.keys(output.inputs);
  return {
    bytes: statSync(join(ROOT, `assets/${name}/${chunk}.mjs`)).size,
    /** Left to be imported at run time. */
    external: output.imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? [] : path)),
    chunks: output.imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? path : [])),
    packages: [
      ...new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])),
    ].sort(),
    own: files.filter((file) => file.startsWith('lambda/')),
    files,
    isFresh: (file: string) => statSync(join(ROOT, file)).mtimeMs <= statSync(join(ROOT, metaPath)).mtimeMs,
    sources: Object.keys(inputs).filter((file) => !/^(get-)?builtin:/.test(file)),
    text: () => readRepositoryFile(`assets/${name}/${chunk}.mjs`),
  };
}

const NAMES = [
  'mcp',
  'mcp.people',
  'mcp.connect-offers',
  'mcp.refused-keys',
  'mcp.error-wire',
  'authorizer',
  'vault',
  'authz',
  'connect',
  'connect.mcp-target',
  'fetcher',
  'grants',
  'keys',
  'rotation',
] as const;
test.each(NAMES)('%s was built from the sources of now: if not, run "npm run build"', (name) => {
  const { isFresh, sources } = bundleOf(name);
  expect(sources.filter((file) => !isFresh(file))).toEqual([]);
});

test.each([
  // What a cold start has to fetch and compile: 64 KB.
  ['mcp', 65_536],
  // Of gateways with an upstream that is called on people's own accounts, beside it.
  ['mcp.people', 16_000],
  // By the first call that needs a link.
  ['mcp.connect-offers', 16_000],
  // By the first call whose key an upstream refuses.
  ['mcp.refused-keys', 1_500],
  // By the first call that fails.
  ['mcp.error-wire', 6_000],
  ['authorizer', 22_500],
  // Somebody waits for a page while it starts.
  ['authz', 122_880],
  ['connect', 163_840],
  // Of gateways with MCP servers that are found by discovery, beside it.
  ['connect.mcp-target', 17_000],
  ['fetcher', 8_192],
  // Sees and ends people's connections too: their store, and asking the refresher. No SDK.
  ['grants', 38_000],
  ['keys', 20_000],
  ['vault', 700_000],
  ['rotation', 700_000],
])('%s has at most %d bytes', (name, most) => {
  expect(bundleOf(name).bytes).toBeLessThanOrEqual(most);
});

test.each([
  ['mcp', ['jose']],
  ['mcp.people', []],
  ['mcp.connect-offers', []],
  ['mcp.refused-keys', []],
  ['mcp.error-wire', []],
  ['authorizer', ['jose']],
  ['authz', ['jose', 'oauth4webapi']],
  ['connect', ['jose', 'oauth4webapi']],
  ['connect.mcp-target', ['oauth4webapi']],
  ['fetcher', []],
  ['grants', []],
  ['keys', []],
])('%s contains no package but %j: no AWS SDK, MCP SDK, zod, ajv, express, undici or CDK', (name, packages) => {
  expect(bundleOf(name).packages).toEqual(packages);
});

test.each(['vault', 'rotation'])('%s contains the AWS SDK and nothing that answers agents', (name) => {
  const { packages } = bundleOf(name);
  expect(packages).toContain('@aws-sdk/client-secrets-manager');
  const strange = /^(zod|ajv|express|undici|aws-cdk-lib|constructs|oauth4webapi)$|^@modelcontextprotocol\//;
  expect(packages.filter((name) => strange.test(name))).toEqual([]);
});

test.each([
  ['mcp', []],
  ['mcp.people', []],
  ['mcp.connect-offers', []],
  ['mcp.refused-keys', []],
  ['mcp.error-wire', []],
  ['authorizer', []],
  ['authz', ['node:timers/promises']],
  ['connect', ['node:timers/promises', 'node:dns/promises']],
  ['connect.mcp-target', []],
  ['fetcher', ['node:dns/promises']],
  ['grants', ['node:timers/promises']],
  ['keys', ['node:timers/promises']],
])('%s imports no builtin as a module but %j: others make Node load all of undici', (name, light) => {
  expect(bundleOf(name).external).toEqual(light);
});

test.each([
  'mcp',
  'mcp.people',
  'mcp.connect-offers',
  'mcp.refused-keys',
  'mcp.error-wire',
  'authorizer',
  'fetcher',
  'grants',
  'keys',
])('%s never touches the global fetch, whose first use costs more than a call', (name) => {
  const globals = new Set(['fetch', 'Headers', 'Request', 'Response', 'WebSocket', 'EventSource']);
  const { files, own } = bundleOf(name);
  expect(own.flatMap((file) => globalsUsedIn(file, globals))).toEqual([]);
  expect(files.filter((file) => file.endsWith('jwks/remote.js'))).toEqual([]);
});

test('mcp loads what serves people only where it is used, the words of a link and what follows a refused key by itself', () => {
  expect(['mcp', 'mcp.people', 'mcp.connect-offers', 'mcp.refused-keys'].map((name) => bundleOf(name).chunks)).toEqual([
    ['./error-wire.mjs', './refused-keys.mjs', './people.mjs'],
    ['./connect-offers.mjs'],
    [],
    [],
  ]);
  expect(bundleOf('mcp').own.filter((file) => /\/connections\//.test(file))).toEqual([]);
});

test.each([
  // It can open a key, not store one.
  ['mcp', /^lambda\/(io\/vault\/|core\/vault\/(serve|seal|change|parse|check|settle)|config\/parse)/],
  // What it has at hand is handed over, and it can neither make a data key nor store a connection.
  [
    'mcp.people',
    /^lambda\/(io\/aws\/aws-client|core\/(record-cache|render-credential|vault\/seal)|io\/connections\/(dynamodb-connections|kms|person-salts))/,
  ],
  // It verifies a signature: no secret, no table, no upstream.
  ['authorizer', /^lambda\/(io\/(aws|vault|auth)\/|io\/upstream|core\/(credentials|vault\/|session|serve|authz\/))/],
  // It signs people in, and knows no key of a provider and no upstream.
  [
    'authz',
    /^lambda\/(io\/vault\/|io\/upstream|io\/aws\/(kms-data|dynamodb-vault)|core\/(credentials|vault\/|serve-mcp))/,
  ],
  // It seals what people connect, and opens nothing; it issues no token and serves no agent.
  [
    'connect',
    /^lambda\/(io\/(vault\/|upstream|aws\/(kms-data|dynamodb-vault))|core\/(credentials|serve-mcp|refresh\/(?!revoke-tokens)|authz\/(clients\/(?!host-rules)|token\/)))/,
  ],
  // It visits addresses strangers chose, and can reach nothing else.
  ['fetcher', /^lambda\/((io|core)\/(?!fetcher\/|log\.))/],
  // It revokes, and has the refresher revoke: nothing that signs, nothing that seals or opens a secret.
  [
    'grants',
    /^lambda\/io\/(vault\/|upstream|aws\/(kms|secrets|dynamodb-vault)|auth\/(kms|oidc|idp|token)|connections\/(kms|provider))/,
  ],
  // It makes signing keys: nothing that signs with one, nothing that opens a secret.
  [
    'keys',
    /^lambda\/io\/(vault\/|upstream|aws\/(kms-data|secrets|lambda|dynamodb-vault)|auth\/(kms-signer|oidc|idp|token))/,
  ],
])('%s holds no code of what it may not do', (name, foreign) => {
  expect(bundleOf(name).own.filter((file) => foreign.test(file))).toEqual([]);
});

test.each(NAMES)('%s names no folder of the machine it was built on, and makes no code of text', (name) => {
  const text = bundleOf(name).text();
  expect(text.includes(ROOT)).toBe(false);
  expect(text.includes('sourceMappingURL')).toBe(false);
  expect(text.match(/\bnew Function\(|\beval\(/g)).toBeNull();
});
