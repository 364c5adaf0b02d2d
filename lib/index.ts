export { AuthMode, type TokenIssuer } from './auth-mode';
export { ClientAuthentication } from './client-authentication';
export {
  type AccountConnectionOptions,
  Connection,
  type ConnectionOptions,
  type McpServerConnectionOptions,
  type OAuthConnectionOptions,
} from './connection';
export {
  type BasicCredentialOptions,
  Credential,
  type CredentialOptions,
  type KeyCredentialOptions,
  type OperatorKeyOptions,
  type PersonCredentialOptions,
} from './credential';
export type { GatewayDomain } from './gateway-domain';
export { IdentityProvider } from './identity-provider';
export type {
  AllowedTenants,
  Auth0ProviderOptions,
  CognitoProviderOptions,
  EntraProviderOptions,
  GoogleProviderOptions,
  IdentityProviderOptions,
  KeycloakProviderOptions,
  OidcProviderOptions,
  OktaProviderOptions,
} from './identity-provider-options';
export { McpGateway } from './mcp-gateway';
export { McpGatewayGrants } from './mcp-gateway-grants';
export type { McpGatewayProps } from './mcp-gateway-props';
export type {
  AssertionIssuer,
  Branding,
  ClientIdMetadataOptions,
  DynamicRegistrationOptions,
  Oauth21PkceOptions,
} from './oauth21-pkce-options';
export { Provider } from './provider';
export {
  type KeyRotationOptions,
  ProviderAuthentication,
  type ProviderOptions,
  RefreshTokenRotation,
} from './provider-options';
export {
  type ConfidentialClientOptions,
  type MachineClientOptions,
  type PublicClientOptions,
  RegisteredClient,
} from './registered-client';
export { type McpUpstreamOptions, Upstream } from './upstream';
