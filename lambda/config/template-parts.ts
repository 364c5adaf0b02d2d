import type { CredentialTemplate } from './gateway-config';

/** The part that is an account's access token. Not a `NAME_PATTERN`, so no part of a stored key is called so. */
export const ACCESS_TOKEN_PART = 'access_token';

/** A placeholder in a header template: a part's name (`NAME_PATTERN`) in braces, or that of the access token. */
export const PLACEHOLDER = /\{([a-z][a-z0-9-]{0,62}|access_token)\}/g;

/** Names of the secret parts a credential is made of, each once, in order of appearance. */
export function templateParts(template: CredentialTemplate): readonly string[] {
  return [...new Set(Object.values(template.headers).flatMap(placeholders))];
}

/** Part names in one header value. */
export function placeholders(pattern: string): readonly string[] {
  return Array.from(pattern.matchAll(PLACEHOLDER), ([, name]) => name ?? '');
}
