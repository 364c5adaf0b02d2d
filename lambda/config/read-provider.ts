import { defined } from './defined';
import type { Field } from './field';
import type { ProviderConfig } from './gateway-config';
import { readHeaderTemplates, readName } from './read-credential';
import { readHostPattern } from './read-host';
import { readList } from './read-list';
import { readScopeText } from './read-oauth-facts';
import { readProviderFacts } from './read-provider-facts';
import { ifGiven, readPlainText, readWord } from './read-text';
import { readOrigin, readUrl } from './read-url';

/** Each has a page, a secret and a row of everybody's account page. */
const MOST_PROVIDERS = 100;
const MOST_ENTRIES = 100;
/** It stands in URLs, and in the user name of HTTP Basic. */
const CLIENT_ID = /^[\x21-\x7e]{1,512}$/;

/** The platforms people connect. What upstreams have to do with them is checked by `checkConnections`. */
export function readProviders(field: Field): readonly { readonly provider: ProviderConfig; readonly field: Field }[] {
  const names = new Set<string>();
  return field.items(0, MOST_PROVIDERS).map((item) => {
    const provider = readProvider(item);
    const { name } = provider;
    if (name && names.has(name))
      item.refuse('has the name of another provider', 'give one of them another name', `"${name}"`);
    names.add(name);
    return { provider, field: item };
  });
}

function readProvider(field: Field): ProviderConfig {
  const fields = field.members([
    'name',
    'kind',
    'facts',
    'client',
    'scopes',
    'resource',
    'allowedAccounts',
    'origins',
    'headers',
  ]);
  const kind = readWord(fields.kind, ['oauth', 'mcp', 'key']);
  const facts = readProviderFacts(fields.facts);
  const provider = defined<ProviderConfig>({
    name: readName(fields.name),
    kind,
    facts,
    client: ifGiven(fields.client, readClient),
    scopes: readList(fields.scopes, [], [0, MOST_ENTRIES], readScopeText),
    resource: ifGiven(fields.resource, (url) => readUrl(url, { query: true })),
    allowedAccounts: ifGiven(fields.allowedAccounts, (one) => readAllowedAccounts(one, facts)),
    origins: readList(fields.origins, [], [0, MOST_ENTRIES], readOrigin),
    headers: readHeaderTemplates(fields.headers, kind === 'key' ? 'key' : 'token'),
  });
  checkKind(provider, fields);
  checkFilled(provider, fields.facts);
  return provider;
}

function checkKind(
  provider: ProviderConfig,
  fields: Readonly<Record<'facts' | 'client' | 'scopes' | 'resource', Field>>,
): void {
  const { kind, facts, client, resource, scopes } = provider;
  if (kind === 'oauth') {
    if (!facts.oauth)
      fields.facts.refuse(
        'says nothing of OAuth',
        'let people bring a key of their own instead',
        shownProvider(provider),
      );
    if (!client) fields.client.refuse('is needed: the platform registers no clients by itself', 'give the client id');
    const isNone = facts.oauth?.clientAuthentication === 'none';
    if (client && facts.oauth && client.isPublic !== isNone) {
      fields.client.refuse(
        'and the facts differ on whether the client has a secret',
        'say the same in both',
        '(client)',
      );
    }
    if (facts.oauth?.scopeSeparator === 'none' && scopes.length > 0) {
      fields.scopes.refuse(
        'are given to a platform that knows none',
        'remove them; what may be done is set at the platform',
      );
    }
  }
  if (kind === 'mcp' && resource === undefined) {
    fields.resource.refuse('is required', "give the MCP server's URL: it says who its authorization server is");
  }
  if (kind !== 'mcp' && resource !== undefined) fields.resource.refuse('is for MCP servers', 'remove it');
  if (kind === 'key' && client) fields.client.refuse('is of no use for a key', 'remove it', '(client)');
  if (kind === 'key' && scopes.length > 0) fields.scopes.refuse('are of no use for a key', 'remove them');
}

/** Operator variables are constants of a deployment: the functions find none, and nothing can be put into an address later. */
function checkFilled({ facts }: ProviderConfig, field: Field): void {
  const open = (facts.variables ?? []).filter(({ from }) => from === 'operator').map(({ name }) => name);
  if (open.length > 0)
    field.refuse(`has variables without a value: ${open.join(', ')}`, 'fill them in', shownProvider({ facts }));
}

function readClient(field: Field): { readonly clientId: string; readonly isPublic: boolean } {
  const { clientId, isPublic } = field.members(['clientId', 'isPublic']);
  return {
    clientId: clientId.text(CLIENT_ID, 'is not a client id', 'give it as the platform shows it, 1 to 512 characters'),
    isPublic: isPublic.flag(false),
  };
}

function readAllowedAccounts(
  field: Field,
  { oauth, name }: ProviderConfig['facts'],
): NonNullable<ProviderConfig['allowedAccounts']> {
  const { workspaces, domains } = field.members(['workspaces', 'domains']);
  if (!workspaces.absent && !oauth?.identity?.workspaceIdPath) {
    workspaces.refuse(`would admit nobody: nothing says which workspace of ${name} an account is of`, 'remove it');
  }
  if (!domains.absent && !oauth?.identity?.emailPath) {
    domains.refuse(`would admit nobody: ${name} vouches for no e-mail address`, 'remove it');
  }
  return defined<NonNullable<ProviderConfig['allowedAccounts']>>({
    workspaces: ifGiven(workspaces, (list) => readList(list, [], [1, MOST_ENTRIES], readPlainText)),
    domains: ifGiven(domains, (list) => readList(list, [], [1, MOST_ENTRIES], readHostPattern)),
  });
}

/** Facts are long; the name says which. */
export function shownProvider({ facts }: Pick<ProviderConfig, 'facts'>): string {
  return `(${facts.name || 'facts'})`;
}
