import type { ProviderConfig } from '../../config/gateway-config';
import type { PinnedServer } from '../../contract/connection-record';
import type { DocumentFetcher } from '../../core/authz/ports';
import { callbackUrl, metadataClientId } from '../../core/connections/client-metadata';
import type { AuthorizationTarget, ProviderProblem } from '../../core/connections/provider-port';
import type { ProviderRegistration } from '../../core/connections/provider-secret';
import { err, ok, type Result } from '../../core/result';
import { backendProblem } from './backend-problem';
import { discoverMcpServer, type McpServer } from './discover-mcp-server';
import type { ProviderHttp } from './provider-http';
import { type ProviderSecrets, usableRegistration } from './provider-secrets';
import { registerClient } from './register-client';

type Answer<T> = Promise<Result<T, ProviderProblem>>;
type PinnedClient = Pick<PinnedServer, 'clientId' | 'clientAuthentication'>;

/** Finds where people authorize for an MCP server, and as which client of it the gateway acts. */
export interface McpTargets {
  target(provider: ProviderConfig): Answer<AuthorizationTarget>;
}

export interface McpTargetOptions {
  readonly gatewayUrl: string;
  readonly clientName: string;
  /** Whether there is a key to authenticate with (`private_key_jwt`). */
  readonly hasClientKey: boolean;
  readonly fetcher: DocumentFetcher;
  readonly http: ProviderHttp;
  readonly secrets: ProviderSecrets;
  readonly now: () => number;
}

export function mcpTargets(options: McpTargetOptions): McpTargets {
  const { gatewayUrl, clientName, hasClientKey, fetcher, http, secrets, now } = options;
  const registering = new Map<string, Answer<ProviderRegistration>>();

  return {
    async target(provider) {
      const { resource, facts } = provider;
      if (resource === undefined) return misconfigured('no_resource');
      const found = await discoverMcpServer(resource, facts.oauth?.issuer, { fetcher, http });
      if (!found.ok) return found;
      const server = found.value;
      const client = await clientOf(provider, server);
      if (!client.ok) return client;
      return ok({
        issuer: server.issuer,
        authorizationEndpoint: server.authorizationEndpoint,
        clientId: client.value.clientId,
        sendsIssuer: server.sendsIssuer,
        scopes: provider.scopes.length > 0 ? provider.scopes : server.scopes,
        pinned: {
          issuer: server.issuer,
          tokenEndpoint: server.tokenEndpoint,
          ...(server.revocationEndpoint === undefined ? {} : { revocationEndpoint: server.revocationEndpoint }),
          resource: server.resource,
          ...client.value,
        },
      });
    },
  };

  /** The operator's client, a document of ours, or a registration: the first that the server takes. */
  async function clientOf(provider: ProviderConfig, server: McpServer): Answer<PinnedClient> {
    if (provider.client !== undefined) return configuredClient(provider, provider.client, server);
    const byDocument = documentClient(server);
    if (byDocument !== undefined) return ok(byDocument);
    const registered = await registeredClient(provider, server);
    if (!registered.ok) return registered;
    const { clientId, authentication } = registered.value;
    return ok({ clientId, clientAuthentication: authentication });
  }

  function configuredClient(
    { facts, resource = '' }: ProviderConfig,
    { clientId, isPublic }: NonNullable<ProviderConfig['client']>,
    server: McpServer,
  ): Result<PinnedClient, ProviderProblem> {
    if (isPublic) return ok({ clientId, clientAuthentication: 'none' });
    // The operator's secret goes to the issuer the operator named, or to the server itself: not to whomever it names.
    const isKnown = facts.oauth?.issuer !== undefined || new URL(server.issuer).origin === new URL(resource).origin;
    if (!isKnown) return misconfigured('issuer_not_configured');
    const takesBasic = server.tokenAuthentication.includes('client_secret_basic');
    const takesPost = server.tokenAuthentication.includes('client_secret_post');
    return ok({
      clientId,
      clientAuthentication: takesPost || !takesBasic ? 'client_secret_post' : 'client_secret_basic',
    });
  }

  function documentClient(server: McpServer): PinnedClient | undefined {
    // The one client id is known to every server. One that sends people to another's door, and has the code brought to
    // its own, would get what was meant for us there (mix-up). Registered clients are known at one door only.
    const isOwnDoor = new URL(server.authorizationEndpoint).origin === new URL(server.issuer).origin;
    if (!server.takesMetadataDocuments || !isOwnDoor) return undefined;
    const takesKeys = hasClientKey && server.tokenAuthentication.includes('private_key_jwt');
    // Who says nothing of public clients may take them all the same; a registration is surer.
    const takesPublic = server.tokenAuthentication.includes('none') || server.registrationEndpoint === undefined;
    if (!takesKeys && !takesPublic) return undefined;
    const clientAuthentication = takesKeys ? 'private_key_jwt' : 'none';
    return { clientId: metadataClientId(gatewayUrl, clientAuthentication), clientAuthentication };
  }

  async function registeredClient(provider: ProviderConfig, server: McpServer): Answer<ProviderRegistration> {
    const redirectUri = callbackUrl(gatewayUrl, provider.name);
    const known = await secrets.read(provider.name);
    if (!known.ok) return backendProblem(known.error);
    const kept = usableRegistration(known.value, server.issuer, redirectUri, now());
    if (kept !== undefined) return ok(kept);
    const key = `${provider.name} ${server.issuer}`;
    const flight = registering.get(key) ?? register(provider.name, server, redirectUri);
    registering.set(key, flight);
    return flight.finally(() => registering.delete(key));
  }

  async function register(provider: string, server: McpServer, redirectUri: string): Answer<ProviderRegistration> {
    const made = await registerClient(server, { clientName, gatewayUrl, redirectUri, now, http });
    if (!made.ok) return made;
    const kept = await secrets.keep(provider, made.value);
    return kept.ok ? kept : backendProblem(kept.error);
  }
}

function misconfigured(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'misconfigured', cause });
}
