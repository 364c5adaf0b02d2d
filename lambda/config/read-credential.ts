import { NAME_PATTERN } from '../contract/paths';
import { type Field, isObject, show } from './field';
import type { CredentialTemplate } from './gateway-config';
import { readWord } from './read-text';
import { ACCESS_TOKEN_PART, PLACEHOLDER, placeholders } from './template-parts';

const NAME_FIX = 'use a lower-case letter, then at most 62 lower-case letters, digits and hyphens';
const MOST_HEADERS = 10;
const LONGEST_TEMPLATE = 1024;

/** RFC 9110 §5.6.2 token, starting with a letter. */
export const HEADER_NAME = /^[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,63}$/;

/** Framing, routing and protocol fields the gateway itself decides on: a credential must not overwrite them. */
const RESERVED = new Set([
  'connection',
  'cookie',
  'date',
  'expect',
  'host',
  'keep-alive',
  'last-event-id',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);
const RESERVED_PREFIX = /^(accept|content|mcp)(-|$)/;

export function readName(field: Field): string {
  return field.text(NAME_PATTERN, 'is not a valid name', NAME_FIX);
}

export function readCredential(field: Field): CredentialTemplate {
  const { provider, owner, headers } = field.members(['provider', 'owner', 'headers']);
  const isPersonal = !owner.absent && readWord(owner, ['operator', 'person']) === 'person';
  return {
    provider: readName(provider),
    ...(owner.absent ? {} : { owner: isPersonal ? 'person' : 'operator' }),
    // Whether a person's is a key or a token, only the provider says.
    headers: readHeaderTemplates(headers, isPersonal ? 'any' : 'key'),
  };
}

/**
 * Headers that carry a credential.
 *
 * @param of `key`: parts of a stored key. `token`: an account's access token, and nothing else.
 */
export function readHeaderTemplates(field: Field, of: 'key' | 'token' | 'any'): Readonly<Record<string, string>> {
  const entries = field.entries();
  const shown = `(${entries.length} headers)`;
  if (entries.length > MOST_HEADERS) field.refuse('has too many headers', `give at most ${MOST_HEADERS}`, shown);
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    readHeaderName(name, value, seen);
    readTemplate(value);
  }
  const texts = entries.map(([, { value }]) => value).filter((value) => typeof value === 'string');
  if (isObject(field.value) && !texts.some((text) => text.search(PLACEHOLDER) >= 0)) {
    field.refuse(
      'has no placeholder, so it would send no secret',
      of === 'token'
        ? 'write {access_token} where the token goes'
        : 'write {key} where the secret goes; the value itself belongs in the vault, never here',
      shown,
    );
  }
  const parts = new Set(texts.flatMap(placeholders));
  if (of === 'key' && parts.has(ACCESS_TOKEN_PART)) {
    field.refuse(
      'has {access_token}, which is of a connected account',
      'give the part another name, such as {key}',
      shown,
    );
  }
  if (of === 'token' && parts.size > (parts.has(ACCESS_TOKEN_PART) ? 1 : 0)) {
    field.refuse('has a placeholder other than {access_token}', 'a connected account has no other secret', shown);
  }
  return Object.fromEntries(entries.map(([name, { value }]) => [name, String(value)]));
}

function readHeaderName(name: string, field: Field, seen: Set<string>): void {
  const lower = name.toLowerCase();
  if (!HEADER_NAME.test(name)) {
    field.refuse('is not a header name', 'use letters, digits and hyphens, starting with a letter', show(name));
  } else if (RESERVED.has(lower) || RESERVED_PREFIX.test(lower)) {
    field.refuse('is a header the gateway sets itself', 'use another header, such as Authorization', show(name));
  } else if (seen.has(lower)) {
    field.refuse('is given twice', 'header names are case-insensitive: keep one of them', show(name));
  }
  seen.add(lower);
}

function readTemplate(field: Field): void {
  const { value } = field;
  if (typeof value !== 'string') {
    field.refuse('must be text', 'give text such as "Bearer {key}"', `(${typeof value})`);
    return;
  }
  const shown = show(maskTemplate(value));
  // CR or LF here would let a configuration smuggle a second header (request splitting).
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) || value.length > LONGEST_TEMPLATE) {
    field.refuse(
      'is not a valid header value',
      `use 1 to ${LONGEST_TEMPLATE} printable ASCII characters, no blank at either end`,
      shown,
    );
  }
  if (/[{}]/.test(value.replace(PLACEHOLDER, ''))) {
    field.refuse('has a brace outside a placeholder', `write placeholders as {name}; in a name, ${NAME_FIX}`, shown);
  }
}

/** The scheme word and the placeholders stay readable; anything else could be a key pasted in the wrong place. */
function maskTemplate(value: string): string {
  const scheme = /^(Bearer|Basic|Token|Key) /.exec(value)?.[0] ?? '';
  const rest = value.slice(scheme.length);
  return (
    scheme +
    rest.replace(/\{[a-z0-9_-]{1,63}\}|[^{]+|\{/g, (piece) => (piece.length > 1 && piece.startsWith('{') ? piece : '…'))
  );
}
