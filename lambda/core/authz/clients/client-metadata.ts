import { GRANT_TYPES } from '../../../contract/authorization-server';
import { err, ok, type Result } from '../../result';
import { visibleText } from '../visible-text';
import { isAllowedRedirect, LONGEST_REDIRECT_URIS, MOST_REDIRECT_URIS, type RedirectRules } from './redirect-rules';

/** What counts of a client's metadata (RFC 7591 §2); every other member is left out. */
export interface ClientMetadata {
  /** Cleaned; empty if there is none. It is what the client calls itself and proves nothing. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly grantTypes: readonly string[];
}

/** RFC 7591 §3.2.2. */
export interface MetadataProblem {
  readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata';
  /** Fixed text; quotes nothing of the document. */
  readonly cause: string;
}

const LONGEST_NAME = 100;

/** What any client here uses; a client may not register for more, and not for less than a code. */
const OWN_GRANT_TYPES: readonly string[] = [GRANT_TYPES.authorizationCode, GRANT_TYPES.refreshToken];

type Document = Readonly<Record<string, unknown>>;

/**
 * Reads what documents and registrations have in common.
 *
 * `unusable: 'drop'` leaves out redirect URIs that are not allowed, and refuses where none is left: a published
 * document is written for many servers. `'refuse'` answers a client that registers here and can do better.
 */
export function readClientMetadata(
  document: Document,
  rules: RedirectRules,
  unusable: 'drop' | 'refuse',
): Result<ClientMetadata, MetadataProblem> {
  const redirectUris = readRedirectUris(document['redirect_uris'], rules, unusable);
  if (!redirectUris.ok) return redirectUris;

  const name = document['client_name'];
  if (name !== undefined && typeof name !== 'string') return refuse('client_name is not text');

  const grantTypes = readTexts(document['grant_types'] ?? OWN_GRANT_TYPES);
  if (!grantTypes?.includes(GRANT_TYPES.authorizationCode)) return refuse('grant_types without authorization_code');
  const responseTypes = readTexts(document['response_types'] ?? ['code']);
  if (!responseTypes?.includes('code')) return refuse('response_types without code');

  return ok({
    name: cleanName(name ?? ''),
    redirectUris: redirectUris.value,
    grantTypes: OWN_GRANT_TYPES.filter((type) => grantTypes.includes(type)),
  });
}

/** A name as it can be shown, not longer than a line. */
export function cleanName(name: string): string {
  return [...visibleText(name.slice(0, 10 * LONGEST_NAME))].slice(0, LONGEST_NAME).join('');
}

function readRedirectUris(
  value: unknown,
  rules: RedirectRules,
  unusable: 'drop' | 'refuse',
): Result<readonly string[], MetadataProblem> {
  const uris = readTexts(value);
  const problem = (cause: string) => err({ error: 'invalid_redirect_uri', cause } as const);
  if (uris === undefined || uris.length === 0) return problem('redirect_uris is no list of addresses');
  if (uris.length > MOST_REDIRECT_URIS) return problem('too many redirect_uris');
  const allowed = uris.filter((uri) => isAllowedRedirect(uri, rules));
  if (allowed.length === 0) return problem('no redirect_uri is allowed');
  if (allowed.length < uris.length && unusable === 'refuse') return problem('a redirect_uri is not allowed');
  if (unusable === 'refuse' && uris.join('').length > LONGEST_REDIRECT_URIS) return problem('redirect_uris too long');
  return ok([...new Set(allowed)]);
}

function readTexts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
}

function refuse(cause: string): Result<never, MetadataProblem> {
  return err({ error: 'invalid_client_metadata', cause });
}
