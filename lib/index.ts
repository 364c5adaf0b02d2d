export { AuthMode, type TokenIssuer } from './auth-mode';
export {
  type BasicCredentialOptions,
  Credential,
  type CredentialOptions,
  type KeyCredentialOptions,
} from './credential';
export type { GatewayDomain } from './gateway-domain';
export { McpGateway } from './mcp-gateway';
export { McpGatewayGrants } from './mcp-gateway-grants';
export type { McpGatewayProps } from './mcp-gateway-props';
export { type McpUpstreamOptions, Upstream } from './upstream';
