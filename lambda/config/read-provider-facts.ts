import type {
  ApiKeyFacts,
  Evidence,
  HostedMcpFacts,
  ProviderFacts,
  ProviderVariable,
} from '../providers/provider-facts';
import { defined } from './defined';
import type { Field } from './field';
import { readProviderUrl } from './provider-url';
import { readShownText } from './read-branding';
import { readHeaderTemplates, readName } from './read-credential';
import { readHostPattern } from './read-host';
import { readKeyRotationFacts } from './read-key-rotation';
import { readList } from './read-list';
import { readOAuthFacts } from './read-oauth-facts';
import { ifGiven, readPlainText, readWord } from './read-text';

const MOST = 50;
const VARIABLE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const PROSE = /^[^\p{C}\p{Zl}\p{Zp}]{1,1000}$/u;

/** What is known of a platform: of one file of the catalogue, of a custom one, or as it arrives in `gateway.json`. */
export function readProviderFacts(field: Field): ProviderFacts {
  const fields = field.members([
    'id',
    'name',
    'oauth',
    'apiKey',
    'apiBaseUrl',
    'mcp',
    'variables',
    'secretPatterns',
    'notes',
    'evidence',
  ]);
  const variables = ifGiven(fields.variables, (list) => list.items(0, MOST).map(readVariable));
  return defined<ProviderFacts>({
    id: readName(fields.id),
    name: readShownText(fields.name),
    oauth: ifGiven(fields.oauth, (oauth) => readOAuthFacts(oauth, variables ?? [])),
    apiKey: ifGiven(fields.apiKey, readApiKey),
    apiBaseUrl: ifGiven(fields.apiBaseUrl, (url) => readProviderUrl(url, variables ?? [])),
    mcp: ifGiven(fields.mcp, (list) => list.items(0, MOST).map((item) => readHostedMcp(item, variables ?? []))),
    variables,
    secretPatterns: ifGiven(fields.secretPatterns, (list) => list.items(0, MOST).map(readSecretPattern)),
    notes: ifGiven(fields.notes, readSentences),
    evidence: ifGiven(fields.evidence, readEvidence),
  });
}

/** The form of a key's headers; also of the one a connection sends. */
function readApiKey(field: Field): ApiKeyFacts {
  const { headers, help, rotation } = field.members(['headers', 'help', 'rotation']);
  return defined<ApiKeyFacts>({
    headers: readHeaderTemplates(headers, 'key'),
    help: ifGiven(help, (url) => readProviderUrl(url, [])),
    rotation: ifGiven(rotation, readKeyRotationFacts),
  });
}

function readHostedMcp(field: Field, variables: readonly ProviderVariable[]): HostedMcpFacts {
  const { url, registration, scopes, notes } = field.members(['url', 'registration', 'scopes', 'notes']);
  return defined<HostedMcpFacts>({
    url: readProviderUrl(url, variables),
    registration: readWord(registration, ['dynamic', 'client_id_metadata', 'preregistered', 'key', 'unknown']),
    scopes: ifGiven(scopes, (list) => readList(list, [], [0, MOST], readPlainText)),
    notes: ifGiven(notes, readSentence),
  });
}

function readVariable(field: Field): ProviderVariable {
  const fields = field.members(['name', 'from', 'path', 'pattern', 'allowedHosts', 'example']);
  const pattern = fields.pattern.text(/^\^.{1,500}\$$/, 'is not anchored', 'begin it with ^ and end it with $');
  const from = readWord(fields.from, ['operator', 'token']);
  if (from === 'operator' && !fields.path.absent) fields.path.refuse('is for values of a token answer', 'remove it');
  const example = readPlainText(fields.example);
  const compiled = pattern ? compile(pattern) : undefined;
  if (pattern && !compiled) fields.pattern.refuse('is not a regular expression', 'correct it');
  if (compiled && example && !compiled.test(example))
    fields.example.refuse('does not match its pattern', 'correct one of them');
  // What matches a blank, a slash or a second host lets whoever chose the value choose the address.
  const loose = ['a b', 'evil.example/', 'evil.example#', 'https://evil.example', 'a@evil.example', ''].find((text) =>
    compiled?.test(text),
  );
  if (loose !== undefined) fields.pattern.refuse(`would admit ${JSON.stringify(loose)}`, 'make it narrower');
  return defined<ProviderVariable>({
    name: fields.name.text(VARIABLE_NAME, 'is not a name of a variable', 'use letters, digits and underscores'),
    from,
    path: ifGiven(fields.path, readPlainText),
    pattern,
    allowedHosts: readList(fields.allowedHosts, [], [1, MOST], readHostPattern),
    example,
  });
}

function readSecretPattern(field: Field): { readonly name: string; readonly pattern: string } {
  const { name, pattern } = field.members(['name', 'pattern']);
  // A word boundary first: a pattern that may begin anywhere finds secrets in every long text, slowly.
  const text = pattern.text(/^\\b.{1,500}$/, 'does not begin at a word', 'begin it with \\b');
  if (text && !compile(text)) pattern.refuse('is not a regular expression', 'correct it');
  return { name: readName(name), pattern: text };
}

function readEvidence(field: Field): Evidence {
  const fields = field.members(['confidence', 'verifiedOn', 'sources', 'conflicts']);
  return defined<Evidence>({
    confidence: readWord(fields.confidence, ['high', 'medium', 'low']),
    verifiedOn: fields.verifiedOn.text(/^\d{4}-\d{2}-\d{2}$/, 'is not a date', 'write it as 2026-11-23'),
    sources: readSentences(fields.sources),
    conflicts: ifGiven(fields.conflicts, readSentences),
  });
}

function readSentences(field: Field): readonly string[] {
  return readList(field, [], [0, MOST], readSentence);
}

function readSentence(field: Field): string {
  return field.text(PROSE, 'is not a line of text', 'give 1 to 1000 characters on one line');
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    // Said by the caller, at its place.
    return undefined;
  }
}
