import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { ROOT, readRepositoryFile } from './repository';

/** One thing a file imports. */
export interface Import {
  readonly from: string;
  readonly line: number;
  /** A path from the root of the repository, `node:…`, or a package as it is written. */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** Everything a TypeScript file imports, re-exports, loads or names as a type of another file. */
export function importsOf(path: string): readonly Import[] {
  const file = parse(path);
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = file.getLineAndCharacterOfPosition(specifier.getStart(file)).line + 1;
    found.push({ from: path, line, to: resolveFrom(path, specifier.text), isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && isLoad(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Global names a file uses, with the line of their first use. */
export function globalsUsedIn(path: string, names: ReadonlySet<string>): readonly string[] {
  const file = parse(path);
  const used = new Map<string, number>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && names.has(node.text) && !isMemberName(node) && !isGivenDate(node)) {
      used.set(node.text, file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return Array.from(used, ([name, line]) => `${path}:${line} uses ${name}`);
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readRepositoryFile(path), ts.ScriptTarget.Latest, true);
}

function isTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  return (
    clause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

function isLoad(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  const text = callee.getText();
  return text === 'require' || text === 'process.getBuiltinModule';
}

/** `new Date(ms)` reads no clock. */
function isGivenDate(node: ts.Identifier): boolean {
  const { parent } = node;
  return node.text === 'Date' && ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0;
}

/** `x.now` and `{ now: … }` name a member; `now` alone is the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isParameter(parent)) &&
      parent.name === node)
  );
}

function resolveFrom(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const target = normalize(join(dirname(path), specifier)).replaceAll('\\', '/');
  const candidates = [`${target}.ts`, `${target}.d.ts`, `${target}/index.ts`, target];
  return candidates.find((candidate) => existsSync(join(ROOT, candidate))) ?? target;
}
