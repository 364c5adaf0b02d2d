// Puts a key into the vault, then lists the tools of the upstream that needs it. The agent never has the key.
import { McpGateway, McpGatewayError } from 'cdk-mcp-gateway/sdk';

async function main(key: string): Promise<void> {
  const gateway = new McpGateway({
    authMode: 'iam',
    clientId: 'billing-setup',
    cacheTtl: '1s',
    ...(process.env['MCP_GATEWAY_TOKEN'] ? { token: process.env['MCP_GATEWAY_TOKEN'] } : {}),
  });

  const stored = await gateway.storeInVault({ provider: 'stripe', key, owner: 'everyone' });
  console.log(`${stored.provider}: version ${stored.version}, sent to ${stored.origins.join(', ')} only`);

  const agent = await gateway.connect('stripe');
  const { tools } = await agent.listTools();
  console.log(`tools: ${tools.map((tool) => tool.name).join(', ')}`);
  await agent.close();
}

main(process.env['STRIPE_KEY'] ?? '').catch((error: unknown) => {
  console.error(error instanceof McpGatewayError ? `${error.message}. ${error.help}` : error);
  process.exitCode = 1;
});
