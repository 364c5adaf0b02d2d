import { App, Stack, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AuthMode, Credential, McpGateway, Upstream } from 'cdk-mcp-gateway';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

// npx cdk deploy -c issuer=https://login.example.com -c upstream=https://mcp.stripe.com/ -c domain=mcp.example.com -c certificate=arn:...
// and -c accessLogs=true in an account whose API Gateway has its role to write logs with
export const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
const stack = new Stack(app, 'McpGateway');
const context = (key: string, fallback: string): string => stack.node.tryGetContext(key) ?? fallback;
const domainName = context('domain', '');
const certificate = () => Certificate.fromCertificateArn(stack, 'Certificate', context('certificate', ''));

new McpGateway(stack, 'Gateway', {
  auth: AuthMode.external({ issuer: context('issuer', 'https://login.example.com') }),
  upstreams: [
    Upstream.mcp(context('name', 'stripe'), {
      url: context('upstream', 'https://mcp.stripe.com/'),
      credential: Credential.bearer(),
    }),
  ],
  ...(domainName ? { domain: { domainName, certificate: certificate() } } : {}),
  accessLogs: context('accessLogs', 'false') === 'true',
});
