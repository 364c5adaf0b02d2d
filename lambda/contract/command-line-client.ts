/**
 * The public client of this package's own SDK and command line. A gateway that is its own issuer knows it without
 * registration; everything about it is public, so it is proven by nothing but where its answers go: to this machine.
 */
export const COMMAND_LINE_CLIENT = {
  clientId: 'cdk-mcp-gateway-cli',
  name: 'mcp-gateway command line',
  /** Any port (RFC 8252 §7.3). */
  redirectUri: 'http://127.0.0.1/callback',
} as const;
