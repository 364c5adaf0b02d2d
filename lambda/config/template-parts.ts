import type { CredentialTemplate } from './gateway-config';

/** A placeholder in a header template: a part's name (`NAME_PATTERN`) in braces. */
export const PLACEHOLDER = /\{([a-z][a-z0-9-]{0,62})\}/g;

/** Names of the secret parts a credential is made of, each once, in order of appearance. */
export function templateParts(template: CredentialTemplate): readonly string[] {
  return [...new Set(Object.values(template.headers).flatMap(placeholders))];
}

/** Part names in one header value. */
export function placeholders(pattern: string): readonly string[] {
  return Array.from(pattern.matchAll(PLACEHOLDER), ([, name]) => name ?? '');
}
