import { basename, dirname } from 'node:path';
import ts from 'typescript';
import { readRepositoryFile, repositoryFiles } from '../helpers/repository';

const files = repositoryFiles();
const programs = files.filter((path) => /\.(ts|mjs|cjs)$/.test(path));
const typescript = programs.filter((path) => path.endsWith('.ts'));
const product = typescript.filter((path) => !path.startsWith('test/') && !path.endsWith('.d.ts'));
const texts = files.filter((path) => !/\.(png|jpg|gif|ico|node)$/.test(path));
const self = 'test/gates/files.test.ts';

/** `path:line` of every line that matches. */
function linesWith(pattern: RegExp, among: readonly string[]): readonly string[] {
  return among.flatMap((path) =>
    readRepositoryFile(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
  );
}

/** `path:line` of every syntax node that `isFound` picks. */
function nodesWith(isFound: (node: ts.Node) => boolean, among: readonly string[]): readonly string[] {
  return among.flatMap((path) => {
    const file = ts.createSourceFile(path, readRepositoryFile(path), ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (isFound(node)) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`);
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

test('no file is too long to be read at once: 400 lines, a test 600', () => {
  const lengths = programs.map((path) => ({ path, lines: readRepositoryFile(path).split('\n').length - 1 }));
  expect(lengths.filter(({ path, lines }) => lines > (path.startsWith('test/') ? 600 : 400))).toEqual([]);
});

test('a file is called by its main export, in kebab-case', () => {
  const names = typescript.map((path) => basename(path)).filter((name) => !name.endsWith('.d.ts'));
  expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.lambda|(\.property)?\.test)?\.ts$/.test(name))).toEqual([]);
});

test('nothing of the product has the type any', () => {
  expect(nodesWith((node) => node.kind === ts.SyntaxKind.AnyKeyword, product)).toEqual([]);
});

test('nothing is exported by default or wholesale', () => {
  const isWholesale = (node: ts.Node) =>
    ts.isExportAssignment(node) ||
    node.kind === ts.SyntaxKind.DefaultKeyword ||
    (ts.isExportDeclaration(node) && node.exportClause === undefined);
  const isSwitch = (node: ts.Node) => ts.isDefaultClause(node);
  expect(nodesWith((node) => isWholesale(node) && !isSwitch(node), product)).toEqual([]);
});

test('nothing is left for later, and no check is switched off without a reason', () => {
  const programsElsewhere = programs.filter((path) => path !== self);
  expect(linesWith(/\b(TODO|FIXME|XXX|HACK)\b/, programsElsewhere)).toEqual([]);
  expect(linesWith(/@ts-(ignore|nocheck)|@ts-expect-error\s*$|biome-ignore [^:]*:?\s*$/, programsElsewhere)).toEqual(
    [],
  );
});

test('no test is skipped or runs alone', () => {
  // They decide by themselves whether AWS's runtime client could be built here, and a browser is there, and say so.
  const deciding = ['test/lambda-runtime/describe-lambda-runtime.ts', 'test/browser/present.test.ts'];
  const always = typescript.filter((path) => !deciding.includes(path));
  expect(linesWith(/\b(test|it|describe)\.(only|skip|todo)\b|\b(fit|xit|xtest|fdescribe|xdescribe)\(/, always)).toEqual(
    [],
  );
});

test('every folder of lambda says what it is for', () => {
  const folders = new Set(typescript.filter((path) => path.startsWith('lambda/')).map(dirname));
  expect([...folders].filter((folder) => !files.includes(`${folder}/README.md`))).toEqual([]);
});

test('every room of local is in its README', () => {
  const readme = readRepositoryFile('local/README.md');
  const rooms = new Set(typescript.flatMap((path) => /^local\/([^/]+)\//.exec(path)?.[1] ?? []));
  expect([...rooms].filter((room) => !readme.includes(`\`${room}/\``))).toEqual([]);
});

test('no file names a folder of somebody’s machine', () => {
  expect(
    linesWith(
      /(^|[\s"'`(=:])\/(work|home|root|Users)\/[a-z]/,
      texts.filter((path) => path !== self),
    ),
  ).toEqual([]);
});

test('no file names a package registry, so that everyone installs from their own', () => {
  const host = /registry\.(npmjs|yarnpkg)\.|npm\.pkg\.github|artifactory|codeartifact|verdaccio|:4873\b/i;
  expect(
    linesWith(
      host,
      texts.filter((path) => path !== self),
    ),
  ).toEqual([]);
  const locks = files.filter((path) => basename(path) === 'package-lock.json');
  expect(locks).toContain('package-lock.json');
  expect(linesWith(/^\s*"resolved":/, locks)).toEqual([]);
});

test('every package of a lock file is pinned by its hash', () => {
  interface Locked {
    readonly integrity?: string;
    readonly link?: boolean;
    readonly inBundle?: boolean;
    readonly optional?: boolean;
  }
  for (const path of files.filter((file) => basename(file) === 'package-lock.json')) {
    const { packages } = JSON.parse(readRepositoryFile(path)) as {
      readonly packages: Readonly<Record<string, Locked>>;
    };
    const loose = Object.entries(packages).filter(
      ([name, { integrity, link, inBundle, optional }]) => name !== '' && !integrity && !link && !inBundle && !optional,
    );
    expect({ path, loose: loose.map(([name]) => name) }).toEqual({ path, loose: [] });
  }
});
