import { App, Stack } from 'aws-cdk-lib';
import { AuthMode, Connection, Credential, IdentityProvider, McpGateway, Provider, Upstream } from 'cdk-mcp-gateway';

export const app = new App();
const stack = new Stack(app, 'AgentTools');

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.oauth21Pkce({
    identityProvider: IdentityProvider.okta({ domain: 'example.okta.com', clientId: '0oa1b2c3d4e5f6g7h8i9' }),
  }),
  upstreams: [
    // An MCP server the gateway registers itself with: nothing to set up there.
    Upstream.mcp('linear', {
      url: 'https://mcp.linear.app/mcp',
      credential: Credential.ofPerson(Connection.mcpServer()),
    }),
    // A platform with a client of yours; its secret is entered after the deployment, by the command in the outputs.
    Upstream.mcp('github', {
      url: 'https://api.githubcopilot.com/mcp/',
      credential: Credential.ofPerson(Connection.account(Provider.GITHUB, { clientId: 'Iv1.0123456789abcdef' })),
    }),
    // One key for all, beside them.
    Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.operatorKey(Provider.STRIPE) }),
  ],
});
