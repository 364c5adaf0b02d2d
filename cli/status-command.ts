import { McpGatewayError } from '../sdk/index';
import type { Command } from './command';
import { EXIT } from './exit-code';

export const STATUS_COMMAND: Command = {
  name: 'status',
  usage: '',
  summary: 'Show which gateway is used, whether it answers, and what it holds',
  examples: ['mcp-gateway status', 'mcp-gateway status --url https://mcp.example.com --json'],
  options: {},
  arguments: { min: 0, max: 0 },
  async run({ gateway, print }) {
    const target = gateway();
    const metadata = await target.metadata();
    const vault = await target.vault.list().catch((error: unknown) => {
      // Who may see the gateway need not be allowed to see the vault.
      if (error instanceof McpGatewayError) return error;
      throw error;
    });
    const status = {
      url: target.url,
      urlSource: target.urlSource,
      issuers: metadata.authorization_servers,
      scopes: metadata.scopes_supported,
      vault:
        vault instanceof McpGatewayError
          ? { error: { code: vault.code, message: vault.message } }
          : { stored: vault.keys.length, configured: vault.configured.length },
    };
    print(status, [
      `Gateway  ${status.url} (from ${status.urlSource})`,
      `Issuer   ${status.issuers.join(', ')}`,
      `Scopes   ${status.scopes.join(' ') || 'none required'}`,
      `Vault    ${
        'error' in status.vault
          ? `not shown: ${status.vault.error.message}`
          : `${status.vault.stored} of ${status.vault.configured} keys stored`
      }`,
    ]);
    return EXIT.done;
  },
};
