/**
 * Names of the environment variables that carry deploy-time values to the functions.
 * Everything known at synth travels in `gateway.json` beside the bundle instead.
 */
export const ENV = {
  /** Public URL of the gateway, no trailing slash: `https://mcp.example.com`. */
  gatewayUrl: 'MCP_GATEWAY_URL',
  /** Opaque id of this gateway; the `mcp:gateway` value of every encryption context. */
  gatewayId: 'MCP_GATEWAY_ID',
  /** Name of the DynamoDB table that holds vault records. */
  vaultTable: 'MCP_VAULT_TABLE',
  /** ARN of the KMS key that wraps data keys (vault function only). */
  vaultKeyArn: 'MCP_VAULT_KEY_ARN',
  /** JSON object: provider -> Secrets Manager secret id (vault function only). */
  operatorSecrets: 'MCP_OPERATOR_SECRETS',
  /** Secrets Manager id of the key that seals session ids (mcp function only). */
  sessionSecret: 'MCP_SESSION_SECRET',
  /** Name of the DynamoDB table that holds grants, sign-ins in progress, registered clients and switches. */
  authTable: 'MCP_AUTH_TABLE',
  /** ARN of the first KMS key that signs access tokens; later ones are in the auth table. */
  signingKeyArn: 'MCP_SIGNING_KEY_ARN',
  /** Secrets Manager id of the key that authenticates refresh tokens (authz function only). */
  tokenSecret: 'MCP_TOKEN_SECRET',
  /** Secrets Manager id of the client secret at the company's identity provider, where there is one (authz only). */
  idpClientSecret: 'MCP_IDP_CLIENT_SECRET',
  /** ARN of the KMS key that signs client assertions toward the identity provider, where there is one (authz only). */
  idpClientKeyArn: 'MCP_IDP_CLIENT_KEY_ARN',
  /** Name or ARN of the function that fetches addresses strangers chose (authz only). */
  fetcherFunction: 'MCP_FETCHER_FUNCTION',
  /** Name of the DynamoDB table of people's salts, which has no backup. */
  saltsTable: 'MCP_SALTS_TABLE',
  /** Name or ARN of the function that refreshes and revokes (mcp, connect, grants). */
  refresherFunction: 'MCP_REFRESHER_FUNCTION',
  /** JSON object: provider -> Secrets Manager id of its client secret or registration (connect, refresher; vault writes). */
  providerSecrets: 'MCP_PROVIDER_SECRETS',
  /** ARN of the KMS key that signs the gateway's client assertions toward MCP servers' authorization servers. */
  connectClientKeyArn: 'MCP_CONNECT_CLIENT_KEY_ARN',
  /** Prefix of the variables that replace `{{MCP_VALUE_n}}` placeholders in `gateway.json`: addresses, checked on loading. */
  valuePrefix: 'MCP_VALUE_',
  /** Prefix of the variables that replace `{{MCP_TEXT_n}}` placeholders: text that is no address. */
  textPrefix: 'MCP_TEXT_',
} as const;

/** The configuration file staged beside each bundle. */
export const CONFIG_FILE = 'gateway.json';
