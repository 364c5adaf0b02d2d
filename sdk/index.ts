export type {
  ConnectableProvider,
  ConnectionView,
  EndConnectionResponse,
  ListConnectionsResponse,
  ShredPersonResponse,
} from '../lambda/contract/connections-api';
export type { GrantMetadata, GrantStatus, SwitchKind, SwitchMetadata } from '../lambda/contract/grants-api';
export type { ListKeysResponse, VaultKeyMetadata, VaultKeyStatus } from '../lambda/contract/vault-api';
export type { Administration, PeopleConnections, PersonConnection } from './administration';
export type { ConnectAccountOptions, ConnectProgress } from './connect-account';
export type { Connections } from './connections';
export type { DurationText } from './duration';
export { McpGatewayError, type McpGatewayErrorCode } from './gateway-error';
export type { Grants, SwitchChange, Switches } from './grants';
export { McpGateway } from './mcp-gateway';
export type { ResourceName } from './oauth/gateway-tokens';
export type { AuthMode, McpGatewayOptions } from './options';
export type { AwsCredentials } from './sign-request';
export type { SignedIn } from './signed-in';
export type {
  EndRotationOptions,
  KeyOwner,
  KeyParts,
  RotateKeyOptions,
  StoreInVaultOptions,
  Vault,
} from './vault';
