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
        readonly imports: readonly { readonly path: string }[];
      }
    >
  >;
}

/** What the last build put into a function's bundle. */
function bundleOf(name: string) {
  const metaPath = `build/meta/${name}.json`;
  const { inputs, outputs } = JSON.parse(readRepositoryFile(metaPath)) as Metafile;
  const output = Object.entries(outputs).find(([file]) => file.endsWith(`/${name}/index.mjs`))?.[1];
  if (output === undefined) throw new Error(`${metaPath} speaks of no bundle: run "npm run build"`);
  const files = Object.keys(output.inputs);
  return {
    bytes: statSync(join(ROOT, `assets/${name}/index.mjs`)).size,
    /** Left to be imported at run time. */
    external: output.imports.map(({ path }) => path),
    packages: [
      ...new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [])),
    ].sort(),
    own: files.filter((file) => file.startsWith('lambda/')),
    files,
    isFresh: (file: string) => statSync(join(ROOT, file)).mtimeMs <= statSync(join(ROOT, metaPath)).mtimeMs,
    sources: Object.keys(inputs).filter((file) => !file.startsWith('builtin:')),
    text: () => readRepositoryFile(`assets/${name}/index.mjs`),
  };
}

const NAMES = ['mcp', 'authorizer', 'vault'] as const;

test.each(NAMES)('%s was built from the sources of now: if not, run "npm run build"', (name) => {
  const { isFresh, sources } = bundleOf(name);
  expect(sources.filter((file) => !isFresh(file))).toEqual([]);
});

test.each([
  // What a cold start has to fetch and compile: 64 KB, however one counts them.
  ['mcp', 64_000],
  ['authorizer', 22_500],
  ['vault', 700_000],
])('%s has at most %d bytes', (name, most) => {
  expect(bundleOf(name).bytes).toBeLessThanOrEqual(most);
});

test.each(['mcp', 'authorizer'])(
  '%s contains one package: no AWS SDK, MCP SDK, zod, ajv, express, undici or CDK',
  (name) => {
    expect(bundleOf(name).packages).toEqual(['jose']);
  },
);

test('vault contains the AWS SDK and nothing that answers agents', () => {
  const { packages } = bundleOf('vault');
  expect(packages).toContain('@aws-sdk/client-secrets-manager');
  const strange = /^(zod|ajv|express|undici|aws-cdk-lib|constructs|jose|oauth4webapi)$|^@modelcontextprotocol\//;
  expect(packages.filter((name) => strange.test(name))).toEqual([]);
});

test.each(['mcp', 'authorizer'])('%s imports no builtin as a module: that makes Node load all of undici', (name) => {
  expect(bundleOf(name).external).toEqual([]);
});

test.each(['mcp', 'authorizer'])(
  '%s never touches the global fetch, whose first use costs more than a call',
  (name) => {
    const globals = new Set(['fetch', 'Headers', 'Request', 'Response', 'WebSocket', 'EventSource']);
    const { files, own } = bundleOf(name);
    expect(own.flatMap((file) => globalsUsedIn(file, globals))).toEqual([]);
    expect(files.filter((file) => file.endsWith('jwks/remote.js'))).toEqual([]);
  },
);

test('mcp can open a key, not store one', () => {
  const writers = /^lambda\/(io\/vault\/|core\/vault\/(serve|seal|change|parse|check|settle)|config\/parse)/;
  expect(bundleOf('mcp').own.filter((file) => writers.test(file))).toEqual([]);
});

test('authorizer holds no code that could reach a secret, a table or an upstream', () => {
  const reach = /^lambda\/(io\/(aws|vault)\/|io\/upstream|core\/(credentials|vault\/|session|serve))/;
  expect(bundleOf('authorizer').own.filter((file) => reach.test(file))).toEqual([]);
});

test.each(NAMES)('%s names no folder of the machine it was built on, and makes no code of text', (name) => {
  const text = bundleOf(name).text();
  expect(text.includes(ROOT)).toBe(false);
  expect(text.includes('sourceMappingURL')).toBe(false);
  expect(text.match(/\bnew Function\(|\beval\(/g)).toBeNull();
});
