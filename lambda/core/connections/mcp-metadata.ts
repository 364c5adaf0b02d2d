import { isObject, isText } from '../json';

/** What an MCP server says of who may use it (RFC 9728). */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
}

/** What matters of an authorization server's metadata (RFC 8414). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly tokenAuthentication: readonly string[];
  /** It sends `iss` with every authorization response (RFC 9207). */
  readonly sendsIssuer: boolean;
  /** It takes a URL of a document as client id. */
  readonly takesMetadataDocuments: boolean;
  readonly scopes: readonly string[];
}

/** What a 401 says to who has no token (RFC 9728 §5.1). */
export interface Challenge {
  readonly resourceMetadata?: string;
  readonly scopes: readonly string[];
}

const MAX_SCOPES = 100;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** Where a server's own metadata may be: below its path first, then at the root (RFC 9728 §3.1). */
export function resourceMetadataUrls(resource: string): readonly string[] {
  return inserted(resource, 'oauth-protected-resource', true);
}

/** Where an issuer's metadata may be, in the order MCP wants: RFC 8414, then OpenID Connect Discovery in both forms. */
export function serverMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const appended = path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`];
  return [
    ...inserted(issuer, 'oauth-authorization-server', false),
    ...inserted(issuer, 'openid-configuration', false),
    ...appended,
  ];
}

function inserted(url: string, name: string, alsoAtRoot: boolean): readonly string[] {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/$/, '');
  const root = `${origin}/.well-known/${name}`;
  return path === '' ? [root] : [root + path, ...(alsoAtRoot ? [root] : [])];
}

/** The resource's metadata, if it is of this resource: anybody could publish that a resource is theirs. */
export function readResourceMetadata(document: unknown, url: string): ResourceMetadata | undefined {
  if (!isObject(document)) return undefined;
  const { resource, authorization_servers: servers, scopes_supported: scopes } = document;
  if (!isText(resource) || !covers(resource, url)) return undefined;
  if (!Array.isArray(servers) || servers.length === 0 || !servers.every(isText)) return undefined;
  return { resource, authorizationServers: servers, scopes: readScopes(scopes) };
}

/** The resource itself, with or without a slash at its end, or one above it on the same origin. */
function covers(resource: string, url: string): boolean {
  if (!URL.canParse(resource) || resource.includes('#')) return false;
  const [declared, asked] = [new URL(resource), new URL(url)];
  if (declared.origin !== asked.origin || declared.username !== '' || declared.password !== '') return false;
  if (declared.search !== '' && declared.search !== asked.search) return false;
  const above = declared.pathname.replace(/\/$/, '');
  return asked.pathname === above || asked.pathname.startsWith(`${above}/`);
}

/**
 * An authorization server's metadata, or what is wrong with it.
 *
 * @param isUsable whether one of its endpoints may be asked at all
 */
export function readServerMetadata(
  document: unknown,
  issuer: string,
  isUsable: (url: unknown) => url is string,
): ServerMetadata | string {
  if (!isObject(document)) return 'metadata_document';
  // As text: a slash more or less is another issuer (RFC 8414 §3.3).
  if (document['issuer'] !== issuer) return 'metadata_issuer';
  const required = ['authorization_endpoint', 'token_endpoint'] as const;
  for (const name of required) if (!isUsable(document[name])) return `metadata_${name}`;
  const optional = ['registration_endpoint', 'revocation_endpoint'] as const;
  // Left out is not the same as leading somewhere it must not.
  for (const name of optional) if (document[name] != null && !isUsable(document[name])) return `metadata_${name}`;
  // A server that does not say so may ignore it, and then a stolen code is worth something.
  if (!texts(document['code_challenge_methods_supported']).includes('S256')) return 'metadata_pkce';
  const { registration_endpoint: registration, revocation_endpoint: revocation } = document;
  const methods = document['token_endpoint_auth_methods_supported'];
  return {
    issuer,
    authorizationEndpoint: document['authorization_endpoint'] as string,
    tokenEndpoint: document['token_endpoint'] as string,
    ...(isText(registration) ? { registrationEndpoint: registration } : {}),
    ...(isText(revocation) ? { revocationEndpoint: revocation } : {}),
    // RFC 8414 §2: what it means to say nothing.
    tokenAuthentication: methods === undefined ? ['client_secret_basic'] : texts(methods),
    sendsIssuer: document['authorization_response_iss_parameter_supported'] === true,
    takesMetadataDocuments: document['client_id_metadata_document_supported'] === true,
    scopes: readScopes(document['scopes_supported']),
  };
}

/** The parameters of a Bearer challenge that lead on. */
export function readChallenge(header: string | undefined): Challenge {
  const bearer = /(?:^|,)\s*Bearer\s+(.*)$/is.exec(header ?? '')?.[1] ?? '';
  const parameter = (name: string) =>
    new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"([^"\\\\]{1,2048})"`, 'i').exec(bearer)?.[1];
  const resourceMetadata = parameter('resource_metadata');
  return {
    ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
    scopes: readScopes(parameter('scope')?.split(' ')),
  };
}

function readScopes(value: unknown): readonly string[] {
  return texts(value)
    .filter((scope) => SCOPE.test(scope))
    .slice(0, MAX_SCOPES);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}
