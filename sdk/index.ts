export type { ListKeysResponse, VaultKeyMetadata, VaultKeyStatus } from '../lambda/contract/vault-api';
export type { DurationText } from './duration';
export { McpGatewayError, type McpGatewayErrorCode } from './gateway-error';
export { type AuthMode, McpGateway, type McpGatewayOptions } from './mcp-gateway';
export type { AwsCredentials } from './sign-request';
export type { StoreInVaultOptions, Vault } from './vault';
