import { App, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AuthMode, Credential, IdentityProvider, McpGateway, Upstream } from 'cdk-mcp-gateway';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

// npx cdk deploy -c idp=https://login.example.com -c client=mcp-gateway -c upstream=https://mcp.stripe.com/
// with -c domain=mcp.example.com -c certificate=arn:... for people's agents,
// and -c accessLogs=true in an account whose API Gateway has its role to write logs with
export const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
const stack = new Stack(app, 'McpGateway');
const context = (key: string, fallback: string): string => stack.node.tryGetContext(key) ?? fallback;
const domainName = context('domain', '');
const certificate = () => Certificate.fromCertificateArn(stack, 'Certificate', context('certificate', ''));
const identityProvider = IdentityProvider.oidc({
  issuer: context('idp', 'https://login.example.com'),
  clientId: context('client', 'mcp-gateway'),
});

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.oauth21Pkce({ identityProvider }),
  upstreams: [
    Upstream.mcp(context('name', 'stripe'), {
      url: context('upstream', 'https://mcp.stripe.com/'),
      credential: Credential.bearer(),
    }),
  ],
  ...(domainName ? { domain: { domainName, certificate: certificate() } } : {}),
  accessLogs: context('accessLogs', 'false') === 'true',
});
