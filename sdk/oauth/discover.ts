import type { AuthorizationServerMetadata } from '@modelcontextprotocol/client';
import type { TokenChallenge } from '../access-tokens';
import { McpGatewayError } from '../gateway-error';
import { officialClient } from '../official-client';
import { printable } from '../printable';
import { type OAuthFetch, requireProtectedUrl } from './guarded-fetch';

/** What a token is wanted for. */
export interface ProtectedResource {
  readonly url: string;
  /**
   * Where the resource describes itself. Given, the description has to name exactly `url`, and no answer can lead
   * elsewhere; without it, the server's refusal says where, as MCP clients do with servers they know nothing about.
   */
  readonly metadataUrl?: string;
}

/** Who gives tokens for a resource, and which to ask for. */
export interface TokenSource {
  /** As it is to be named to the authorization server (RFC 8707). */
  readonly resource: string;
  readonly issuer: string;
  readonly server: AuthorizationServerMetadata;
  /** What the resource says it needs. */
  readonly scope: string | undefined;
  /** Every scope it says it knows; `undefined`: it does not say. */
  readonly offered: readonly string[] | undefined;
}

/** From a resource to its authorization server. @see https://www.rfc-editor.org/rfc/rfc9728#section-3 and RFC 8414 §3 */
export async function discoverTokenSource(
  resource: ProtectedResource,
  challenge: TokenChallenge,
  fetchFn: OAuthFetch,
): Promise<TokenSource> {
  const oauth = await officialClient('Signing in');
  const metadataUrl = resource.metadataUrl ?? sameOrigin(challenge.resourceMetadataUrl, resource.url);
  const described = await understood(`${new URL(resource.url).origin} does not say who gives tokens for it`, () =>
    oauth.discoverOAuthProtectedResourceMetadata(
      resource.url,
      metadataUrl === undefined ? {} : { resourceMetadataUrl: metadataUrl },
      fetchFn,
    ),
  );
  const matches =
    resource.metadataUrl === undefined
      ? oauth.checkResourceAllowed({ requestedResource: resource.url, configuredResource: described.resource })
      : described.resource === resource.url;
  if (!matches) {
    throw unusable(
      `${new URL(resource.url).origin} describes the resource ${shown(described.resource)} instead of ${resource.url}`,
    );
  }
  const issuer = described.authorization_servers?.[0];
  if (issuer === undefined) throw unusable(`${resource.url} names no authorization server`);
  requireProtectedUrl(issuer, 'The issuer the resource names');

  const server = await understood(`${shown(issuer)} does not describe itself as an authorization server`, () =>
    oauth.discoverAuthorizationServerMetadata(issuer, { fetchFn }),
  );
  if (server === undefined) throw unusable(`${shown(issuer)} has no authorization server metadata`);
  // Every character counts (RFC 8414 §3.3): whoever may answer for one spelling may not for another.
  if (server.issuer !== issuer) throw unusable(`${shown(issuer)} calls itself ${shown(server.issuer)}`);
  checkServer(server);
  const offered = described.scopes_supported;
  return { resource: described.resource, issuer, server, scope: scopeOf(offered, challenge), offered };
}

/** Scopes to ask for: those of the refusal, else all the resource names; and to stay signed in, where there is a scope for it. */
export function withOfflineAccess(scope: string | undefined, { server }: TokenSource): string | undefined {
  if (scope === undefined || !server.scopes_supported?.includes('offline_access')) return scope;
  return scope.split(' ').includes('offline_access') ? scope : `${scope} offline_access`;
}

function scopeOf(supported: readonly string[] | undefined, challenge: TokenChallenge): string | undefined {
  return challenge.scope || supported?.join(' ') || undefined;
}

function checkServer(server: AuthorizationServerMetadata): void {
  requireProtectedUrl(server.token_endpoint, 'The token endpoint');
  if (server.registration_endpoint !== undefined) {
    requireProtectedUrl(server.registration_endpoint, 'The registration endpoint');
  }
}

/** A server may say where its own description is, not where somebody else's is. */
function sameOrigin(url: URL | undefined, resourceUrl: string): URL | undefined {
  return url?.origin === new URL(resourceUrl).origin ? url : undefined;
}

/** The official helpers quote what they could not read; that is not repeated. */
async function understood<T>(problem: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof McpGatewayError) throw error;
    throw unusable(problem);
  }
}

function unusable(problem: string): McpGatewayError {
  return new McpGatewayError(
    'authorization_server_unusable',
    problem,
    'Check that the URL is your gateway’s; if it is, its operator has to correct the metadata.',
  );
}

function shown(text: string): string {
  return JSON.stringify(printable(text).slice(0, 200));
}
