import type { ProviderVariable } from '../providers/provider-facts';
import { Field, show } from './field';
import { readUrl } from './read-url';

/** A placeholder in a platform's address. */
const VARIABLE = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/** Names of the variables in an address. */
export function variablesIn(template: string): readonly string[] {
  return Array.from(template.matchAll(VARIABLE), ([, name]) => name ?? '');
}

/** The address with those variables filled in that have a value. */
export function fillAddress(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(VARIABLE, (text, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? text) : text,
  );
}

/** Whether a host is one of those listed, exactly or as `*.example.com` for any below. */
export function isHostOf(hostname: string, allowed: readonly string[]): boolean {
  return allowed.some((entry) => (entry.startsWith('*.') ? hostname.endsWith(entry.slice(1)) : hostname === entry));
}

/**
 * An address of a platform, possibly with variables in it. Tried out with their examples: what is no address then, or on
 * a host a variable does not allow, never will be.
 */
export function readProviderUrl(
  field: Field,
  variables: readonly ProviderVariable[],
  alsoKnown: Readonly<Record<string, string>> = {},
): string {
  const { value } = field;
  if (typeof value !== 'string') {
    field.refuse(field.absent ? 'is required' : 'is not an absolute URL', 'give an https:// URL');
    return '';
  }
  const used = variables.filter(({ name }) => variablesIn(value).includes(name));
  const unknown = variablesIn(value).filter(
    (name) => !used.some((variable) => variable.name === name) && !Object.hasOwn(alsoKnown, name),
  );
  if (unknown.length > 0) {
    field.refuse(
      `has a variable nobody knows: ${unknown.join(', ')}`,
      'describe it in variables, or write what it stands for',
    );
    return '';
  }
  const examples = Object.fromEntries(used.map(({ name, example }) => [name, example]));
  const address = fillAddress(value, { ...alsoKnown, ...examples });
  const problems: { readonly problem: string; readonly fix: string }[] = [];
  readUrl(new Field(field.path, address, problems as never), { query: true });
  for (const { problem, fix } of problems) field.refuse(problem, fix);
  if (problems.length > 0) return '';
  const { hostname } = new URL(address);
  const strangers = used.filter(({ allowedHosts }) => !isHostOf(hostname, allowedHosts));
  for (const { name } of strangers) {
    field.refuse(
      `is on a host that its variable ${name} does not allow: ${show(hostname)}`,
      'list it in allowedHosts of the variable',
    );
  }
  return value;
}
