import type { AuthorizationServerFacts } from './authorization-server';
import { endpointPath, PATHS } from './paths';
import { vaultScopes } from './vault-scopes';

/** Protected Resource Metadata. @see https://www.rfc-editor.org/rfc/rfc9728#section-2 */
export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
  readonly resource_name: string;
}

/** What the metadata documents and challenges are made of. `gatewayUrl` has no trailing slash. */
export interface ResourceFacts {
  readonly gatewayUrl: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly upstreamNames: readonly string[];
  /** The web origin whose pages may call. */
  readonly allowedOrigin?: string | undefined;
  /** Present where the gateway is its own issuer. */
  readonly authorizationServer?: AuthorizationServerFacts | undefined;
  /** Whether there are platforms people connect. */
  readonly hasProviders?: boolean | undefined;
}

/**
 * The resource the bare well-known path and the static challenge speak of.
 *
 * API Gateway's 401 is one static header for the whole API, so with several endpoints it
 * names the gateway's own resource, `/mcp`; with one endpoint it names that endpoint.
 */
export function rootResourcePath(upstreamNames: readonly string[]): string {
  const [only] = upstreamNames;
  return upstreamNames.length === 1 && only !== undefined ? endpointPath(only) : PATHS.mcp;
}

/** Every metadata document the gateway serves: path -> document, at both well-known places of RFC 9728 §3.1. */
export function metadataDocuments(facts: ResourceFacts): Record<string, ProtectedResourceMetadata> {
  const documents: Record<string, ProtectedResourceMetadata> = {};
  for (const path of [PATHS.mcp, ...facts.upstreamNames.map(endpointPath)]) {
    documents[PATHS.protectedResourceMetadata + path] = documentFor(facts, path);
  }
  // A resource of its own (RFC 8707): no token for an endpoint is one for the vault, nor the other way round.
  if (facts.authorizationServer !== undefined) {
    const vault = documentFor({ ...facts, scopes: vaultScopes(facts.hasProviders) }, PATHS.vaultResource);
    documents[PATHS.protectedResourceMetadata + PATHS.vaultResource] = vault;
  }
  documents[PATHS.protectedResourceMetadata] = documentFor(facts, rootResourcePath(facts.upstreamNames));
  return documents;
}

/** Audiences a token may carry to be used at one endpoint: the endpoint itself, or the gateway that contains it. */
export function acceptedAudiences(gatewayUrl: string, upstreamName: string): readonly [string, string] {
  return [gatewayUrl + endpointPath(upstreamName), gatewayUrl + PATHS.mcp];
}

/** The `WWW-Authenticate` value of a 401 or 403. @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
export function challenge(
  facts: Pick<ResourceFacts, 'gatewayUrl' | 'scopes'>,
  resourcePath: string,
  error?: 'invalid_token' | 'insufficient_scope',
): string {
  const parameters = [
    ...(error ? [`error="${error}"`] : []),
    `resource_metadata="${facts.gatewayUrl}${PATHS.protectedResourceMetadata}${resourcePath}"`,
    ...(facts.scopes.length > 0 ? [`scope="${facts.scopes.join(' ')}"`] : []),
  ];
  return `Bearer ${parameters.join(', ')}`;
}

function documentFor(facts: ResourceFacts, path: string): ProtectedResourceMetadata {
  return {
    resource: facts.gatewayUrl + path,
    authorization_servers: [facts.issuer],
    scopes_supported: facts.scopes,
    bearer_methods_supported: ['header'],
    resource_name: 'MCP gateway',
  };
}
