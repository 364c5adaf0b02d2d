import { App, Stack } from 'aws-cdk-lib';
import { AuthMode, Credential, McpGateway, Upstream } from 'cdk-mcp-gateway';

export const app = new App();
const stack = new Stack(app, 'AgentTools');

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.external({ issuer: 'https://login.example.com' }),
  upstreams: [Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.bearer() })],
});
