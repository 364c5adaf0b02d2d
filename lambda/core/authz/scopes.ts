import type { PersonRecord } from '../../contract/auth-record';
import { VAULT_SCOPE } from '../../contract/vault-api';

/** RFC 6749 §3.3: printable ASCII without quotation mark and backslash. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const MOST_SCOPES = 50;

/** The scopes of a `scope` parameter, each once; `undefined` if a character does not belong there. */
export function parseScope(text: string): readonly string[] | undefined {
  const scopes = [...new Set(text.split(' ').filter(Boolean))];
  return scopes.length <= MOST_SCOPES && scopes.every((scope) => SCOPE.test(scope)) ? scopes : undefined;
}

/**
 * What is granted of what was asked for, in our own order: scopes nobody here knows are left out (RFC 6749 §3.3).
 * Everything on offer where nothing was asked for; `undefined` where nothing of it is left.
 */
export function scopesFor(text: string | undefined, offered: readonly string[]): readonly string[] | undefined {
  const asked = parseScope(text ?? '');
  if (asked === undefined) return undefined;
  if (asked.length === 0) return offered;
  const granted = offered.filter((scope) => asked.includes(scope));
  return granted.length > 0 ? granted : undefined;
}

/** What a person can consent to: nobody gives away a right of an administrator without being one. */
export function grantableScopes(
  scopes: readonly string[],
  person: Pick<PersonRecord, 'isAdministrator'>,
): readonly string[] {
  return person.isAdministrator ? scopes : scopes.filter((scope) => scope !== VAULT_SCOPE);
}
