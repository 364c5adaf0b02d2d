import { rootResourcePath } from '../../contract/metadata';
import { endpointPath, PATHS } from '../../contract/paths';
import { vaultScopes } from '../../contract/vault-scopes';
import { err, ok, type Result } from '../result';
import type { Client } from './clients/client';
import { type OAuthError, oauthError } from './oauth-error';

/** What tokens of this gateway can be for. RFC 8707. */
export interface ResourceRules {
  /** Canonical URL of what a `resource` parameter names; the default one where none came. */
  resolve(resource: readonly string[] | undefined, client: Pick<Client, 'kind'>): Result<string, OAuthError>;
  readonly default: string;
  /** Scopes that exist at a resource. */
  scopesAt(resource: string): readonly string[];
}

export interface ResourceRulesOptions {
  readonly gatewayUrl: string;
  readonly upstreamNames: readonly string[];
  /** Of the endpoints. */
  readonly scopes: readonly string[];
  /** Whether there are platforms people connect. */
  readonly hasProviders?: boolean;
}

export function resourceRules({
  gatewayUrl,
  upstreamNames,
  scopes,
  hasProviders,
}: ResourceRulesOptions): ResourceRules {
  const endpoints = new Map(
    [PATHS.mcp, ...upstreamNames.map(endpointPath)].map((path) => [canonical(gatewayUrl + path), gatewayUrl + path]),
  );
  const vault = gatewayUrl + PATHS.vaultResource;
  const defaultResource = gatewayUrl + rootResourcePath(upstreamNames);
  return {
    default: defaultResource,
    resolve: (values = [], client) => {
      const [value] = values;
      if (values.length > 1) return refuse('resource repeated');
      if (value === undefined || value === '') return ok(defaultResource);
      const asked = canonical(value);
      const endpoint = endpoints.get(asked);
      if (endpoint !== undefined) return ok(endpoint);
      // An agent that registered itself has no business with keys, whoever consents.
      if (asked === canonical(vault)) return client.kind === 'registered' ? ok(vault) : refuse('vault not for client');
      return refuse('resource unknown');
    },
    scopesAt: (resource) => (resource === vault ? vaultScopes(hasProviders) : scopes),
  };
}

/** Forms clients write the same address in: capitals in scheme and host, a slash at the end. Anything else differs. */
function canonical(url: string): string {
  const origin = /^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  const path = url.slice(origin.length);
  return origin.toLowerCase() + (path.endsWith('/') ? path.slice(0, -1) : path);
}

function refuse(cause: string): Result<never, OAuthError> {
  return err(oauthError('invalid_target', 'The resource is not an endpoint of this gateway.', cause));
}
