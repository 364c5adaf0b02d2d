import type { KeyRotationFacts } from '../providers/provider-facts';
import { defined } from './defined';
import type { Field } from './field';
import type { KeyRotationConfig, UpstreamConfig } from './gateway-config';
import { readProviderUrl } from './provider-url';
import { readHeaderTemplates, readName } from './read-credential';
import { readList } from './read-list';
import { ifGiven } from './read-text';
import { readUrl } from './read-url';
import { templateParts } from './template-parts';

const MOST = 20;
/** A dotted path into an answer. */
const PATH = /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,7}$/;
const MEMBER = /^[A-Za-z0-9_-]{1,64}$/;
/** Stands in a URL while it is checked. */
const EXAMPLE_ID = 'id';

export function readKeyRotation(field: Field): KeyRotationConfig {
  const { provider, facts, headers } = field.members(['provider', 'facts', 'headers']);
  return {
    provider: readName(provider),
    facts: readKeyRotationFacts(facts),
    headers: readHeaderTemplates(headers, 'key'),
  };
}

/** How a platform rolls keys: of the catalogue, of a custom one, or as it arrives in `gateway.json`. */
export function readKeyRotationFacts(field: Field): KeyRotationFacts {
  const fields = field.members(['create', 'list', 'remove', 'describe', 'idPattern']);
  const create = fields.create.members(['url', 'nameMember', 'kept', 'keyPath', 'idPath']);
  const list = fields.list.members(['url', 'itemsPath', 'idPath', 'namePath']);
  const remove = fields.remove.members(['url']);
  const describe = fields.describe.members(['url', 'idPath']);
  const facts: KeyRotationFacts = {
    create: defined<KeyRotationFacts['create']>({
      url: readUrl(create.url, { query: true }),
      nameMember: create.nameMember.text(MEMBER, 'is not the name of a member', 'give a name such as name'),
      kept: ifGiven(create.kept, readKept),
      keyPath: readPath(create.keyPath),
      idPath: readPath(create.idPath),
    }),
    list: {
      url: readUrl(list.url, { query: true }),
      itemsPath: readPath(list.itemsPath),
      idPath: readPath(list.idPath),
      namePath: readPath(list.namePath),
    },
    remove: { url: readProviderUrl(remove.url, [], { id: EXAMPLE_ID }) },
    describe: defined<KeyRotationFacts['describe']>({
      url: readProviderUrl(describe.url, [], { id: EXAMPLE_ID }),
      idPath: ifGiven(describe.idPath, readPath),
    }),
    ...(fields.idPattern.absent ? {} : { idPattern: readIdPattern(fields.idPattern) }),
  };
  checkOrigins(facts, field);
  const { idPattern } = facts;
  if (facts.remove.url && !facts.remove.url.includes('{id}')) {
    remove.url.refuse('does not say which key to end', 'write {id} where the id goes');
  }
  if (facts.describe.url.includes('{id}') && idPattern === undefined) {
    fields.idPattern.refuse('is needed: the description is asked for by id', 'say where the id is in a key');
  }
  return facts;
}

/** What a key may do must not leak: all of it is asked of whom the key was stored for. */
function checkOrigins({ create, list, remove, describe }: KeyRotationFacts, field: Field): void {
  const urls = [create.url, list.url, remove.url, describe.url].filter((url) => url !== '');
  const origins = new Set(urls.map((url) => new URL(withExample(url)).origin));
  if (origins.size > 1) {
    field.refuse('is at more than one origin', 'give addresses of one', `(${[...origins].join(', ')})`);
  }
}

function readKept(field: Field): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    field.entries().map(([member, paths]) => {
      if (!MEMBER.test(member)) paths.refuse('is not the name of a member', 'give a name such as scopes');
      return [member, readList(paths, [], [1, MOST], readPath)] as const;
    }),
  );
}

function readPath(field: Field): string {
  return field.text(PATH, 'is not a path', 'give members with dots between them, such as token.id');
}

function withExample(url: string): string {
  return url.replaceAll('{id}', EXAMPLE_ID);
}

function readIdPattern(field: Field): string {
  const pattern = field.text(/^\^.{1,500}$/, 'does not begin with ^', 'match from the beginning of a key');
  if (!pattern) return '';
  try {
    // One alternative more that is empty: what it gives are the groups there are.
    const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
    if (groups !== 1) field.refuse(`has ${groups} groups`, 'put one around the id');
  } catch {
    field.refuse('is not a regular expression', 'correct it');
  }
  return pattern;
}

/** That rotations and credentials fit together. */
export function checkKeyRotations(
  rotations: readonly { readonly rotation: KeyRotationConfig; readonly field: Field }[],
  upstreams: readonly UpstreamConfig[],
): void {
  const seen = new Set<string>();
  for (const {
    rotation: { provider, headers },
    field,
  } of rotations) {
    const shown = `(${provider})`;
    if (seen.has(provider)) field.refuse('is there twice', 'remove one of them', shown);
    seen.add(provider);
    const uses = upstreams.flatMap(({ credential }) =>
      credential?.provider === provider && credential.owner !== 'person' ? [credential] : [],
    );
    if (provider && uses.length === 0) field.refuse('is of a key no upstream uses', 'remove it', shown);
    const parts = new Set([...uses, { provider, headers }].flatMap(templateParts));
    if (uses.length > 0 && parts.size !== 1) {
      field.refuse(`is of a key with the parts ${[...parts].join(', ')}`, 'rotate keys of one part only', shown);
    }
  }
}
