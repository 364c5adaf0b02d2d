import type { OAuthClientInformationMixed } from '@modelcontextprotocol/client';
import { COMMAND_LINE_CLIENT } from '../../lambda/contract/command-line-client';
import { McpGatewayError } from '../gateway-error';
import { officialClient } from '../official-client';
import type { TokenSource } from './discover';
import type { OAuthFetch } from './guarded-fetch';
import type { StoredClient } from './stored-sign-in';

/** As whom this program asks for tokens. */
export interface ClientChoice {
  /** A client the authorization server already knows. */
  readonly registered?: StoredClient | undefined;
  /** An https URL that is the client id, of the document that describes the client. */
  readonly metadataUrl?: string | undefined;
  /** What people see where the client has to register itself. */
  readonly displayName: string;
}

/** What tells sign-ins of different clients apart. */
export function clientKey({ registered, metadataUrl }: ClientChoice): string {
  return registered?.clientId ?? metadataUrl ?? '';
}

/**
 * The client to sign in with: the one the caller names, else this package's own where the gateway is the issuer, else
 * one that registers itself, kept for the next time.
 */
export async function chooseClient(
  choice: ClientChoice,
  source: TokenSource,
  gatewayUrl: string,
  redirectUri: string,
  earlier: StoredClient | undefined,
  fetchFn: OAuthFetch,
): Promise<StoredClient> {
  if (choice.registered) return choice.registered;
  const { server, issuer } = source;
  if (choice.metadataUrl !== undefined && server.client_id_metadata_document_supported === true) {
    return { clientId: choice.metadataUrl };
  }
  if (issuer === gatewayUrl) return { clientId: COMMAND_LINE_CLIENT.clientId };
  if (earlier?.redirectUri === redirectUri) return earlier;
  if (server.registration_endpoint === undefined) {
    throw new McpGatewayError(
      'client_not_registered',
      `The authorization server ${issuer} does not know this client, and registers none by itself`,
      `Register a public client there with the redirect URI ${COMMAND_LINE_CLIENT.redirectUri}, and pass its id as registeredClientId.`,
    );
  }
  return register(choice.displayName, source, redirectUri, fetchFn);
}

async function register(
  displayName: string,
  { issuer, server, scope }: TokenSource,
  redirectUri: string,
  fetchFn: OAuthFetch,
): Promise<StoredClient> {
  const { registerClient } = await officialClient('Signing in');
  const methods = server.token_endpoint_auth_methods_supported ?? [];
  try {
    const registered = await registerClient(issuer, {
      metadata: server,
      clientMetadata: {
        client_name: displayName,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        // A program on somebody's machine keeps no secret, unless the server insists on handing one out.
        token_endpoint_auth_method: methods.length === 0 || methods.includes('none') ? 'none' : (methods[0] ?? 'none'),
      },
      ...(scope === undefined ? {} : { scope }),
      fetchFn,
    });
    return {
      clientId: registered.client_id,
      redirectUri,
      ...(registered.client_secret === undefined ? {} : { clientSecret: registered.client_secret }),
      ...(registered.token_endpoint_auth_method === undefined
        ? {}
        : { clientAuthentication: registered.token_endpoint_auth_method }),
    };
  } catch (error) {
    if (error instanceof McpGatewayError) throw error;
    throw new McpGatewayError(
      'client_not_registered',
      `The authorization server ${issuer} refused to register this client`,
      'Register a public client there, and pass its id as registeredClientId.',
    );
  }
}

/** The client in the form the official helpers take. */
export function clientInformation({
  clientId,
  clientSecret,
  clientAuthentication,
}: StoredClient): OAuthClientInformationMixed {
  return {
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(clientAuthentication === undefined ? {} : { token_endpoint_auth_method: clientAuthentication }),
  } as OAuthClientInformationMixed;
}
