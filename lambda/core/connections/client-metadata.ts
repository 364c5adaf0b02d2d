import { PATHS } from '../../contract/paths';
import type { PublicKey } from '../keys/key-ports';

export interface ClientMetadataOptions {
  /** Public URL of the gateway, no trailing slash. */
  readonly gatewayUrl: string;
  /** As people know the gateway: servers show it when they ask for consent. */
  readonly clientName: string;
  /** Names of the providers of kind `mcp`. */
  readonly providers: readonly string[];
}

/** How a client without a registration authenticates: by a key of ours, or not at all. */
export type MetadataAuthentication = 'private_key_jwt' | 'none';

/** The gateway's client id where no registration is needed: the URL of a document about it. */
export function metadataClientId(gatewayUrl: string, authentication: MetadataAuthentication): string {
  return gatewayUrl + (authentication === 'none' ? PATHS.publicClientMetadata : PATHS.clientMetadata);
}

/** Where a provider sends the browser back to. Each has its own, so that none can have another's code redeemed. */
export function callbackUrl(gatewayUrl: string, provider: string): string {
  return `${gatewayUrl}${PATHS.callback}/${provider}`;
}

/** What the gateway says of itself as a client (OAuth Client ID Metadata Document, RFC 7591 §2). */
export function clientMetadataDocument(options: ClientMetadataOptions, authentication: MetadataAuthentication): object {
  const { gatewayUrl, clientName, providers } = options;
  return {
    client_id: metadataClientId(gatewayUrl, authentication),
    ...registrationMetadata(clientName, gatewayUrl),
    redirect_uris: providers.map((provider) => callbackUrl(gatewayUrl, provider)),
    token_endpoint_auth_method: authentication,
    ...(authentication === 'none'
      ? {}
      : { token_endpoint_auth_signing_alg: 'ES256', jwks_uri: gatewayUrl + PATHS.clientKeys }),
  };
}

/** What is the same in documents and registrations. */
export function registrationMetadata(clientName: string, gatewayUrl: string) {
  return {
    client_name: clientName,
    client_uri: gatewayUrl,
    // RFC 8252 §7.3: on one's own machine it is called back at a plain http address.
    application_type: gatewayUrl.startsWith('https:') ? 'web' : 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** The key set of {@link PATHS.clientKeys}. */
export function clientKeySet(keys: readonly PublicKey[]): object {
  return {
    // Member by member: whatever else a key may come to hold is not for the public.
    keys: keys.map(({ kid, publicJwk: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' })),
  };
}
