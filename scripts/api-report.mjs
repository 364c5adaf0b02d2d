// The construct's public API as text, from what jsii found in it. Committed as api.txt, so that a change shows in review.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function apiReport(root) {
  const assembly = JSON.parse(readFileSync(join(root, '.jsii'), 'utf8'));
  const local = `${assembly.name}.`;
  const short = (fqn) => (fqn.startsWith(local) ? fqn.slice(local.length) : fqn.replace('aws-cdk-lib.', ''));
  const typeOf = (type) => {
    if (!type) return 'void';
    if (type.fqn) return short(type.fqn);
    if (type.primitive) return type.primitive;
    const element = typeOf(type.collection.elementtype);
    return type.collection.kind === 'array' ? `${element}[]` : `{ [name: string]: ${element} }`;
  };
  const parameters = (list = []) =>
    list.map(({ name, optional, type }) => `${name}${optional ? '?' : ''}: ${typeOf(type)}`).join(', ');
  const line = (member) =>
    `  ${member.static ? 'static ' : ''}${member.abstract && !member.immutable ? 'abstract ' : ''}${member.name}`;
  const types = Object.values(assembly.types).sort((a, b) => (a.name < b.name ? -1 : 1));
  const blocks = types.map((type) => {
    const extended = [type.base, ...(type.interfaces ?? [])].filter(Boolean).map(short);
    return [
      `${type.abstract ? 'abstract ' : ''}${type.kind} ${type.name}${extended.length ? ` extends ${extended.join(', ')}` : ''}`,
      ...(type.initializer ? [`  new (${parameters(type.initializer.parameters)})`] : []),
      ...(type.members ?? []).map(({ name }) => `  ${name}`),
      ...(type.properties ?? []).map(
        (p) =>
          `${line({ ...p, abstract: false })}${p.optional ? '?' : ''}: ${typeOf(p.type)}${p.docs?.default ? ` = ${p.docs.default.replace(/\s+/g, ' ')}` : ''}`,
      ),
      ...(type.methods ?? []).map((m) => `${line(m)}(${parameters(m.parameters)}): ${typeOf(m.returns?.type)}`),
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
