import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AuthMode, Credential, IdentityProvider, McpGateway, Upstream } from 'cdk-mcp-gateway';

export const app = new App();
const stack = new Stack(app, 'AgentTools', { env: { account: '123456789012', region: 'eu-west-1' } });
const arn = 'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000';

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.oauth21Pkce({
    identityProvider: IdentityProvider.okta({ domain: 'example.okta.com', clientId: '0oa1b2c3d4e5f6g7h8i9' }),
    allowedGroups: ['engineering'],
    administratorGroups: ['platform'],
  }),
  upstreams: [Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.bearer() })],
  domain: { domainName: 'mcp.example.com', certificate: Certificate.fromCertificateArn(stack, 'Certificate', arn) },
});
