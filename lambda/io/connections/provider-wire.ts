import type { ProviderConfig } from '../../config/gateway-config';
import type { PinnedServer } from '../../contract/connection-record';
import type { ClientProof } from '../../core/connections/client-proof';
import type { ProviderProblem } from '../../core/connections/provider-port';
import { providerUrl } from '../../core/connections/provider-url';
import { err, ok, type Result } from '../../core/result';
import type { OAuthFacts, ProviderClientAuthentication } from '../../providers/provider-facts';
import { isDiscoveredEndpoint } from './discovered-endpoint';
import type { ProviderRequest } from './provider-http';

type Parameters = Readonly<Record<string, string>>;

/** As whom, and in which words, one token or revocation request is made. */
export interface Wire {
  readonly clientId: string;
  readonly authentication: ProviderClientAuthentication;
  readonly issuer: string | undefined;
  readonly pinned: PinnedServer | undefined;
  readonly facts: OAuthFacts;
}

/** What every MCP server's authorization server speaks: nothing but the standards. */
const STANDARD: Omit<OAuthFacts, 'authorizationEndpoint' | 'tokenEndpoint'> = {
  pkce: 'send',
  clientAuthentication: 'none',
  tokenRequestFormat: 'form',
  scopeSeparator: ' ',
  defaultScopes: [],
  refresh: { issued: true, rotation: 'sometimes' },
};

/** What all requests to providers say of themselves. */
export const COMMON_HEADERS = { accept: 'application/json', 'user-agent': 'cdk-mcp-gateway' };

/** By the pinned server, or by the facts. */
export function wireOf(provider: ProviderConfig, pinned: PinnedServer | undefined): Result<Wire, ProviderProblem> {
  if (provider.kind === 'mcp') {
    if (pinned === undefined) return misconfigured('not_pinned');
    const { clientId, clientAuthentication, issuer, tokenEndpoint } = pinned;
    const facts = { ...STANDARD, authorizationEndpoint: '', tokenEndpoint };
    return ok({ clientId, authentication: clientAuthentication, issuer, pinned, facts });
  }
  const { client, facts } = provider;
  if (facts.oauth === undefined) return misconfigured('no_oauth');
  if (client === undefined) return misconfigured('no_client');
  return ok({
    clientId: client.clientId,
    authentication: client.isPublic ? 'none' : facts.oauth.clientAuthentication,
    issuer: facts.oauth.issuer,
    pinned: undefined,
    facts: facts.oauth,
  });
}

/** The exact address, as configured or as pinned at connect. */
export function endpointOf(
  provider: ProviderConfig,
  template: string,
  pinned: PinnedServer | undefined,
  variables?: Parameters,
): Result<string, ProviderProblem> {
  if (pinned === undefined) return providerUrl(template, provider.facts, variables);
  const isAllowed = isDiscoveredEndpoint(template, provider.resource ?? pinned.resource);
  return isAllowed ? ok(template) : err({ kind: 'invalid', cause: 'address_not_allowed' });
}

/** A request to a token endpoint, in the platform's format. */
export function tokenRequest(
  url: string,
  facts: OAuthFacts,
  parameters: Parameters,
  proof: ClientProof,
): ProviderRequest {
  const all = { ...parameters, ...proof.parameters };
  const isJson = facts.tokenRequestFormat === 'json';
  return {
    url,
    method: 'POST',
    headers: {
      ...COMMON_HEADERS,
      ...lowerCase(facts.headers),
      ...proof.headers,
      'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
    },
    body: isJson ? JSON.stringify(all) : new URLSearchParams(all).toString(),
  };
}

export function lowerCase(headers: Parameters = {}): Parameters {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function misconfigured(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'misconfigured', cause });
}
