import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ConfigProblem, show } from '../lambda/config/field';
import { fillProvider } from '../lambda/config/fill-provider';
import type { ProviderFacts } from '../lambda/providers/provider-facts';
import type { Connection } from './connection';
import type { DeployTimeValues } from './deploy-time-values';
import type { McpGatewayProps } from './mcp-gateway-props';
import { withoutAbsent } from './without-absent';

const UNNAMED = 'unnamed';

/** What a connection needs of the stack. */
export interface ConnectionSettings {
  /** The secret given for it, if any. */
  readonly secret: ISecret | undefined;
  /** Its client has a secret, which somebody has to enter if none is given. */
  readonly needsSecret: boolean;
  /** There is no client before: the gateway keeps the one it registers. */
  readonly registersItself: boolean;
}

/** Connections as the configuration has them, and who uses them. */
export interface ConnectionsInput {
  /** `providers` of the configuration. */
  readonly providers: readonly object[];
  /** The prop each of them was made from. */
  readonly places: readonly string[];
  /** By name, in alphabetical order. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
  readonly problems: readonly ConfigProblem[];
  nameOf(connection: Connection): string;
}

interface Used {
  readonly connection: Connection;
  readonly place: string;
  readonly name: string;
  /** As in the configuration, and as given. */
  readonly urls: { readonly text: string; readonly given: string }[];
}

/** @param urls of the upstreams, as the configuration has them */
export function connectionsInput(
  { upstreams, connections: others = [] }: McpGatewayProps,
  urls: readonly string[],
  values: DeployTimeValues,
): ConnectionsInput {
  const used = new Map<Connection, Used>();
  const add = (connection: Connection, place: string, upstreamName: string) => {
    const { name = connection._provider?.id ?? upstreamName } = connection._options;
    const entry = used.get(connection) ?? { connection, place, name, urls: [] };
    used.set(connection, entry);
    return entry;
  };
  for (const [index, { name, _options: options }] of upstreams.entries()) {
    const connection = options.credential?._connection;
    if (!connection) continue;
    add(connection, `upstreams[${index}].credential.connection`, name).urls.push({
      text: urls[index] ?? '',
      given: options.url,
    });
  }
  for (const [index, connection] of others.entries()) add(connection, `connections[${index}]`, '');
  const all = [...used.values()];
  const read = all.map((one) => providerInput(one, values));
  return {
    providers: read.map(({ provider }) => provider),
    places: all.map(({ place }) => place),
    problems: [...read.flatMap(({ problems }) => problems), ...all.flatMap(optionProblems)],
    connections: new Map(
      all.map(({ name, connection }) => [name, settingsOf(connection)] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    nameOf: (connection) => used.get(connection)?.name ?? '',
  };
}

function settingsOf({ _kind: kind, _options: options }: Connection): ConnectionSettings {
  const registersItself = kind === 'mcp' && options.clientId === undefined;
  return {
    secret: options.clientSecret,
    needsSecret: kind !== 'key' && !registersItself && options.publicClient !== true,
    registersItself,
  };
}

function providerInput(
  { connection, place, urls, name: given }: Used,
  values: DeployTimeValues,
): { readonly provider: object; readonly problems: readonly ConfigProblem[] } {
  const { _kind: kind, _options: options } = connection;
  // Without one, that is what is wrong, once.
  const name = given === '' ? UNNAMED : given;
  const { clientId, publicClient: isPublic = false, allowedWorkspaces, allowedDomains } = options;
  const client = clientId === undefined ? undefined : { clientId: values.textStandIn(clientId), isPublic };
  const { facts, problems } = platformFacts(connection, name);
  const accounts = withoutAbsent({ workspaces: allowedWorkspaces, domains: allowedDomains });
  return {
    provider: withoutAbsent({
      name,
      kind,
      facts: kind === 'key' ? ofKey(facts) : ofOAuth(facts, isPublic),
      client,
      scopes: options.scopes ?? (kind === 'oauth' ? facts.oauth?.defaultScopes : undefined),
      resource: kind === 'mcp' ? (options.url === undefined ? urls[0]?.text : values.standIn(options.url)) : undefined,
      allowedAccounts: Object.keys(accounts).length > 0 ? accounts : undefined,
      origins: [...new Set(urls.map(({ text, given }) => values.originStandIn(given, text)))].sort(),
      headers: connection._templates,
    }),
    problems: problems.map((problem) => ({ ...problem, path: `${place}.variables.${problem.path}` })),
  };
}

function platformFacts({ _kind: kind, _provider: platform, _options: options }: Connection, name: string) {
  if (!platform) return { facts: { id: name, name: options.displayName ?? name } as ProviderFacts, problems: [] };
  // A key is pasted and sent as it is: no address of the platform's is ever asked.
  if (kind === 'key') return { facts: platform._facts, problems: [] };
  return fillProvider(platform._facts, literals(options.variables));
}

/** A value that comes with the deployment cannot be held against its pattern: shown as what it is, and refused by it. */
function literals(variables: { readonly [name: string]: string } = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      Token.isUnresolved(value) ? '<known at deploy time>' : value,
    ]),
  );
}

/** What the functions need of the facts of a key. */
function ofKey({ id, name, apiKey, secretPatterns }: ProviderFacts): object {
  return withoutAbsent({ id, name, apiKey, secretPatterns });
}

/** The same of an account. */
function ofOAuth(facts: ProviderFacts, isPublic: boolean): object {
  const { id, name, oauth, apiBaseUrl, variables } = facts;
  return withoutAbsent({
    id,
    name,
    oauth: isPublic && oauth ? { ...oauth, clientAuthentication: 'none' } : oauth,
    apiBaseUrl,
    variables,
  });
}

/** What the parser cannot see, as it is not in the configuration. */
function optionProblems({ connection, place, name }: Used): ConfigProblem[] {
  const { _kind: kind, _options: options, _provider: platform } = connection;
  const problems: ConfigProblem[] = [];
  const add = (path: string, value: string, problem: string, fix: string) =>
    problems.push({ path: `${place}${path}`, value, problem, fix });
  const secret = options.clientSecret;
  if (secret && options.publicClient) {
    add('.clientSecret', show(secret.node.path), 'is given to a client without one', 'remove it, or publicClient');
  }
  if (secret && kind === 'mcp' && options.clientId === undefined) {
    add(
      '.clientSecret',
      show(secret.node.path),
      'is of no client',
      'give its clientId; the gateway keeps its own otherwise',
    );
  }
  if (kind === 'key' && !platform?._facts.apiKey) {
    add('.provider', show(platform?.id), 'has no keys', 'use Connection.account, or Provider.custom with keyTemplates');
  }
  if (name === '') add('.name', '(undefined)', 'is required', 'give it a name: no upstream has one for it');
  return problems;
}
