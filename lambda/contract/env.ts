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
  /** Prefix of the variables that replace `{{MCP_VALUE_n}}` placeholders in `gateway.json`. */
  valuePrefix: 'MCP_VALUE_',
} as const;

/** The configuration file staged beside each bundle. */
export const CONFIG_FILE = 'gateway.json';
