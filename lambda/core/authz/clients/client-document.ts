import { isObject } from '../../json';
import { err, ok, type Result } from '../../result';
import type { Client } from './client';
import { isAllowedKeysUrl } from './client-id-url';
import { readClientMetadata } from './client-metadata';

/** Where the document came from and what the operator allows. */
export interface DocumentContext {
  readonly clientId: string;
  readonly host: string;
  /** Hosts of client ids. */
  readonly allowedHosts: readonly string[];
  readonly privateSchemes: readonly string[];
}

/** Members that only a shared secret needs. A secret in a public document is none. */
const SECRET_MEMBERS = ['client_secret', 'client_secret_expires_at'];

/** Members of private keys (RFC 7518 §6): a document that shows one has lost it. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MOST_KEYS = 20;

/**
 * The client a metadata document describes. The error says why not, for the log.
 * @see draft-ietf-oauth-client-id-metadata-document-00 §4
 */
export function readClientDocument(document: unknown, context: DocumentContext): Result<Client, string> {
  if (!isObject(document)) return err('not an object');
  // Byte by byte: otherwise one host could speak for an address that only looks like its own.
  if (document['client_id'] !== context.clientId) return err('client_id is not the address of the document');
  if (SECRET_MEMBERS.some((member) => Object.hasOwn(document, member))) return err('has a client secret');

  const metadata = readClientMetadata(document, { privateSchemes: context.privateSchemes }, 'drop');
  if (!metadata.ok) return err(metadata.error.cause);
  if (metadata.value.name === '') return err('client_name is missing');
  const authentication = readAuthentication(document, context);
  if (!authentication.ok) return authentication;
  return ok({
    clientId: context.clientId,
    kind: 'metadata_document',
    host: context.host,
    ...metadata.value,
    ...authentication.value,
  });
}

type Authentication = Pick<Client, 'authentication' | 'jwks' | 'jwksUri'>;

/**
 * A document names one method, and may offer several in `token_endpoint_auth_methods_supported`. One that offers
 * `none` is public, whatever else it can do; its keys are kept, for the assertions it may send all the same.
 */
function readAuthentication(
  document: Record<string, unknown>,
  context: DocumentContext,
): Result<Authentication, string> {
  const named = document['token_endpoint_auth_method'];
  const offered = document['token_endpoint_auth_methods_supported'];
  if (named !== undefined && named !== 'none' && named !== 'private_key_jwt') return err('wants a shared secret');
  if (offered !== undefined && !Array.isArray(offered)) return err('methods are no list');

  const keys = readKeys(document, context);
  if (!keys.ok) return keys;
  const isPublic = named === 'none' || offered?.includes('none') || (named === undefined && offered === undefined);
  if (isPublic) return ok({ authentication: 'none', ...keys.value });
  const hasKeys = keys.value.jwks !== undefined || keys.value.jwksUri !== undefined;
  if (named !== 'private_key_jwt' && !offered?.includes('private_key_jwt')) return err('offers no method known here');
  return hasKeys ? ok({ authentication: 'private_key_jwt', ...keys.value }) : err('private_key_jwt without keys');
}

function readKeys(
  document: Record<string, unknown>,
  context: DocumentContext,
): Result<Pick<Client, 'jwks' | 'jwksUri'>, string> {
  const { jwks, jwks_uri: jwksUri } = document;
  if (jwks !== undefined && jwksUri !== undefined) return err('both jwks and jwks_uri');
  if (jwksUri !== undefined) {
    const isAllowed = typeof jwksUri === 'string' && isAllowedKeysUrl(jwksUri, context.host, context.allowedHosts);
    return isAllowed ? ok({ jwksUri }) : err('jwks_uri is on a host that is not the client’s');
  }
  if (jwks === undefined) return ok({});
  const keys = publicKeys(jwks);
  return keys === undefined ? err('jwks is no set of public keys') : ok({ jwks: { keys } });
}

/** The keys of a JWK set, if every one of them is public. RFC 7517 §5. */
export function publicKeys(jwks: unknown): readonly object[] | undefined {
  const keys = isObject(jwks) ? jwks['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MOST_KEYS) return undefined;
  return keys.every(isPublicKey) ? keys : undefined;
}

function isPublicKey(key: unknown): key is object {
  return isObject(key) && key['kty'] !== 'oct' && !PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member));
}
