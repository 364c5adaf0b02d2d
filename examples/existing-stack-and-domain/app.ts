import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { AuthMode, Credential, McpGateway, Upstream } from 'cdk-mcp-gateway';

export const app = new App();

/** A stack that was there before, with what the gateway needs of it. */
class PlatformStack extends Stack {
  readonly zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
    hostedZoneId: 'Z0123456789ABCDEFGHIJ',
    zoneName: 'example.com',
  });
  readonly certificate = Certificate.fromCertificateArn(
    this,
    'Certificate',
    'arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000',
  );
  readonly operators = new Role(this, 'Operators', { assumedBy: new AccountRootPrincipal() });
}

const platform = new PlatformStack(app, 'Platform', { env: { account: '123456789012', region: 'eu-west-1' } });

const gateway = new McpGateway(platform, 'McpGateway', {
  auth: AuthMode.external({ issuer: 'https://login.example.com' }),
  upstreams: [Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.bearer() })],
  domain: { domainName: 'mcp.example.com', certificate: platform.certificate, hostedZone: platform.zone },
});
gateway.grants.manageVault(platform.operators);
