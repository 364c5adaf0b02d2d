import { App, Duration, Stack } from 'aws-cdk-lib';
import { AuthMode, Credential, McpGateway, Provider, Upstream } from 'cdk-mcp-gateway';

export const app = new App();
const stack = new Stack(app, 'AgentTools');

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.external({ issuer: 'https://login.example.com', requiredScopes: ['mcp:tools'] }),
  upstreams: [
    Upstream.mcp('billing', { url: 'https://mcp.stripe.com/', credential: Credential.bearer({ provider: 'stripe' }) }),
    Upstream.mcp('wiki', {
      url: 'https://wiki.example.com/mcp',
      credential: Credential.basic(),
      timeout: Duration.minutes(2),
    }),
    Upstream.mcp('search', {
      url: 'https://search.example.com/mcp',
      credential: Credential.headers({ 'X-Api-Key': '{key}', 'X-App-Id': '{app-id}', 'X-Api-Version': '2026-01-01' }),
    }),
    // Its platform makes and ends keys by API: Secrets Manager replaces this one every month.
    Upstream.mcp('mail', {
      url: 'https://mail.example.com/mcp',
      credential: Credential.operatorKey(Provider.SENDGRID, { rotateEvery: Duration.days(30) }),
    }),
    // Needs no key of ours.
    Upstream.mcp('docs', { url: 'https://docs.example.com/mcp' }),
  ],
  // A replaced or disabled key is out of use within a quarter of a second.
  cacheTtl: Duration.millis(250),
  provisionedConcurrency: 2,
  maxProvisionedConcurrency: 20,
});
