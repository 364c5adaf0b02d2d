import type { ProviderFacts, ProviderVariable } from '../providers/provider-facts';
import { type ConfigProblem, show } from './field';
import { fillAddress, isHostOf, variablesIn } from './provider-url';

type Values = Readonly<Record<string, string>>;

/** Names of the operator's variables that some address of these facts has. */
export function operatorVariables(facts: ProviderFacts): readonly ProviderVariable[] {
  const used = new Set(
    textsIn({ ...facts, variables: [], notes: [], secretPatterns: [], mcp: [] }).flatMap(variablesIn),
  );
  return (facts.variables ?? []).filter(({ name, from }) => from === 'operator' && used.has(name));
}

/**
 * Facts with the operator's variables filled in. Paths of problems are names of variables.
 *
 * A value is held against its pattern, and the address made with it against the hosts allowed.
 */
export function fillProvider(
  facts: ProviderFacts,
  values: Values,
): { readonly facts: ProviderFacts; readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const wanted = operatorVariables(facts);
  for (const name of Object.keys(values)) {
    if (wanted.some((variable) => variable.name === name)) continue;
    const known = wanted.map((variable) => variable.name).join(', ') || 'none';
    problems.push({
      path: name,
      value: show(values[name]),
      problem: `is no variable of ${facts.name}`,
      fix: `known: ${known}`,
    });
  }
  const good = new Map<string, string>();
  for (const { name, pattern, example } of wanted) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      problems.push({
        path: name,
        value: '(undefined)',
        problem: 'is required',
        fix: `give it, such as ${show(example)}`,
      });
    } else if (!new RegExp(`^(?:${pattern})$`).test(value) || /[\s\\]/.test(value)) {
      problems.push({
        path: name,
        value: show(value),
        problem: `does not match ${pattern}`,
        fix: `give it as in ${show(example)}`,
      });
    } else if (isTooLongForHost(value)) {
      problems.push({
        path: name,
        value: show(value),
        problem: 'is longer than a name in the internet may be',
        fix: `give it as in ${show(example)}`,
      });
    } else {
      good.set(name, value);
    }
  }
  // By the example, where the value is wrong: one mistake is reported once, not at every address again.
  const stand = Object.fromEntries(wanted.map(({ name, example }) => [name, good.get(name) ?? example]));
  const filled = filledIn(facts, stand) as ProviderFacts;
  for (const { name, allowedHosts } of wanted) {
    if (!good.has(name)) continue;
    const strange = addressesWith(facts, name)
      .map((address) => fillAddress(address, { ...examples(facts), ...Object.fromEntries(good) }))
      .find((address) => !URL.canParse(address) || !isHostOf(new URL(address).hostname, allowedHosts));
    if (strange !== undefined) {
      problems.push({
        path: name,
        value: show(good.get(name)),
        problem: `makes the address ${strange}`,
        fix: `stay on ${allowedHosts.join(', ')}`,
      });
    }
  }
  const { variables, ...others } = filled;
  const remaining = (variables ?? []).filter(({ from }) => from === 'token');
  return { facts: remaining.length > 0 ? { ...others, variables: remaining } : others, problems };
}

/** RFC 1035 §2.3.4: `URL` does not look, and nobody would find it. */
function isTooLongForHost(value: string): boolean {
  return value.length > 253 || value.split('.').some((label) => label.length > 63);
}

function addressesWith(facts: ProviderFacts, name: string): readonly string[] {
  return textsIn({ ...facts, variables: [], notes: [], secretPatterns: [], mcp: [] }).filter((text) =>
    variablesIn(text).includes(name),
  );
}

function examples({ variables = [] }: ProviderFacts): Values {
  return Object.fromEntries([...variables.map(({ name, example }) => [name, example]), ['client_id', 'client']]);
}

function filledIn(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fillAddress(value, values);
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, values)]));
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
