import type { ProviderFacts, ProviderVariable } from '../../providers/provider-facts';
import { isListedHost } from '../authz/clients/host-rules';
import { err, ok, type Result } from '../result';
import { textAt } from './exact-json';
import type { ProviderProblem } from './provider-port';

type Variables = Readonly<Record<string, string>>;
type Facts = Pick<ProviderFacts, 'variables'>;

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/gi;

/**
 * An address of the provider's with this connection's variables filled in. Whoever chose a value does not choose where
 * credentials go: the finished address is on a host the facts allow, or there is none.
 */
export function providerUrl(
  template: string,
  facts: Facts,
  variables: Variables = {},
): Result<string, ProviderProblem> {
  const used: ProviderVariable[] = [];
  let isComplete = true;
  const address = template.replace(PLACEHOLDER, (_, name: string) => {
    const variable = facts.variables?.find((known) => known.name === name);
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (variable === undefined || value === undefined || !matches(variable, value)) isComplete = false;
    else used.push(variable);
    return value ?? '';
  });
  if (!isComplete) return invalid('variable_missing');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !isSafe(url)) return invalid('address_not_allowed');
  return used.every(({ allowedHosts }) => isListedHost(url.hostname, allowedHosts))
    ? ok(address)
    : invalid('address_not_allowed');
}

/** The values of `token` variables in a token answer, each as its facts want it. */
export function tokenVariables(facts: Facts, answer: unknown): Result<Variables, ProviderProblem> {
  const found: Record<string, string> = {};
  for (const variable of facts.variables ?? []) {
    if (variable.from !== 'token') continue;
    const value = textAt(answer, variable.path ?? variable.name);
    if (value === undefined || !isAllowed(variable, value)) return invalid(`variable_${variable.name}`);
    found[variable.name] = value;
  }
  return ok(found);
}

/** A value that is an address or a whole host is checked by itself; a part of one, once the address is made. */
function isAllowed(variable: ProviderVariable, value: string): boolean {
  if (!matches(variable, value)) return false;
  const address = value.includes('://') ? value : value.includes('.') ? `https://${value}` : undefined;
  if (address === undefined) return true;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && isSafe(url) && isListedHost(url.hostname, variable.allowedHosts);
}

/** Anchored here as well: a pattern that forgot would let everything around it pass. */
function matches({ pattern }: ProviderVariable, value: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(value) && !/[\s\\]/.test(value);
}

/** https, or this machine for a local run: nothing of it crosses a network. No user and password in it. */
function isSafe({ protocol, hostname, username, password, hash }: URL): boolean {
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname));
}

function invalid(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'invalid', cause });
}
