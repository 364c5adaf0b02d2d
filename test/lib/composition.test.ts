import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ENV } from '../../lambda/contract/env';
import { Credential, McpGateway, Upstream } from '../../lib';
import { gatewayIdIn, PROPS, read, synthesise } from '../helpers/gateway-stack';

const WARNING = Match.stringLikeRegexp(
  'no domain: .* only at a host.s root do not find it. Callers that bring a token work',
);

function withDomain() {
  const stack = new Stack(new App(), 'Test');
  const certificate = Certificate.fromCertificateArn(
    stack,
    'Certificate',
    'arn:aws:acm:eu-west-1:123456789012:certificate/c',
  );
  const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
    hostedZoneId: 'Z1',
    zoneName: 'example.com',
  });
  const gateway = new McpGateway(stack, 'Gateway', {
    ...PROPS,
    domain: { domainName: 'mcp.example.com', certificate, hostedZone },
  });
  return { gateway, ...read(stack) };
}

test('two gateways live in one stack, with nothing in common', () => {
  const stack = new Stack(new App(), 'Test');
  new McpGateway(stack, 'First', PROPS);
  new McpGateway(stack, 'Second', PROPS);
  const { template, resources } = read(stack);
  template.resourceCountIs('AWS::ApiGateway::RestApi', 2);
  const names = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::RestApi' || Type === 'AWS::ApiGateway::Authorizer')
    .map(({ Properties }) => Properties['Name']);
  expect(new Set(names).size).toBe(4);
  const ids = Object.values(resources).flatMap(({ Properties }) => {
    const { Environment: { Variables = {} } = {} } = Properties as { Environment?: { Variables?: object } };
    return (Variables as Record<string, unknown>)[ENV.gatewayId] ?? [];
  });
  expect(new Set(ids).size).toBe(2);
  for (const [id, resource] of Object.entries(resources)) {
    const other = id.startsWith('First') ? /"(Ref|Fn::GetAtt)":\[?"Second/ : /"(Ref|Fn::GetAtt)":\[?"First/;
    expect(JSON.stringify(resource)).not.toMatch(other);
  }
});

test('one app under two stack names is two gateways: neither may use the keys of the other', () => {
  const idUnder = (stackName: string) => {
    const stack = new Stack(new App(), 'Test', { stackName });
    new McpGateway(stack, 'Gateway', PROPS);
    return gatewayIdIn(read(stack));
  };
  expect(idUnder('dev')).not.toBe(idUnder('prod'));
  expect(idUnder('prod')).toBe(idUnder('prod'));
});

test('names nothing that must be unique in an account', () => {
  const { resources } = synthesise();
  const named = Object.entries(resources).filter(([, { Properties = {} }]) =>
    ['FunctionName', 'RoleName', 'TableName', 'LogGroupName', 'KeyAlias', 'PolicyName'].some(
      (name) => typeof Properties[name] === 'string',
    ),
  );
  // An inline policy's name is local to its role.
  expect(named.filter(([, { Type }]) => Type !== 'AWS::IAM::Policy')).toEqual([]);
  expect(Object.values(resources).filter(({ Type }) => Type === 'AWS::KMS::Alias')).toEqual([]);
  expect(
    Object.values(resources).filter(
      ({ Type, Properties }) => Type === 'AWS::SecretsManager::Secret' && Properties['Name'],
    ),
  ).toEqual([]);
});

test('leaves what else is in the stack as it was', () => {
  const alone = new Stack(new App(), 'Test');
  new Bucket(alone, 'Bucket');
  const together = new Stack(new App(), 'Test');
  new Bucket(together, 'Bucket');
  new McpGateway(together, 'Gateway', PROPS);
  const { resources } = read(together);
  const others = Object.fromEntries(Object.entries(resources).filter(([id]) => !id.startsWith('Gateway')));
  expect(others).toEqual(read(alone).resources);
});

test('a domain is served from its root, by TLS 1.2, and is the only way in', () => {
  const { gateway, only, template } = withDomain();
  expect(gateway.url).toBe('https://mcp.example.com');
  expect(only('AWS::ApiGateway::DomainName')).toMatchObject({
    DomainName: 'mcp.example.com',
    SecurityPolicy: 'TLS_1_2',
    EndpointConfiguration: { Types: ['REGIONAL'] },
    RegionalCertificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/c',
  });
  expect(only('AWS::ApiGateway::BasePathMapping')).not.toHaveProperty('BasePath');
  expect(only('AWS::ApiGateway::RestApi')).toMatchObject({ DisableExecuteApiEndpoint: true });
  for (const Type of ['A', 'AAAA']) {
    template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'mcp.example.com.', Type, HostedZoneId: 'Z1' });
  }
  expect(only('AWS::Lambda::Function', 'GatewayMcp')).toMatchObject({
    Environment: { Variables: { MCP_GATEWAY_URL: 'https://mcp.example.com' } },
  });
});

test('without a domain it warns which clients will not find where to sign in', () => {
  const { stack } = synthesise();
  Annotations.fromStack(stack).hasWarning('/Test/Gateway', WARNING);
  Annotations.fromStack(withDomain().stack).hasNoWarning('/Test/Gateway', WARNING);
});

test('says that access logs are off, until the choice is stated', () => {
  const hint = Match.stringLikeRegexp('access logs are off');
  Annotations.fromStack(synthesise().stack).hasInfo('/Test/Gateway', hint);
  Annotations.fromStack(synthesise({ accessLogs: true }).stack).hasNoInfo('/Test/Gateway', hint);
  Annotations.fromStack(synthesise({ accountLogRole: true }).stack).hasNoInfo('/Test/Gateway', hint);
});

test('every output is a value or a command to paste', () => {
  const { template } = withDomain();
  const outputs = Object.entries(template.findOutputs('*')).map(([id, { Value }]) => [
    id.replace(/[0-9A-F]{8}$/, ''),
    Value,
  ]);
  expect(Object.fromEntries(outputs)).toEqual({
    GatewayGatewayUrl: 'https://mcp.example.com',
    GatewayGatewayRegion: { Ref: 'AWS::Region' },
    GatewayStoreKeyCommandstripe: 'npx -p cdk-mcp-gateway mcp-gateway vault store stripe --url https://mcp.example.com',
    GatewayEndpointUrlstripe: 'https://mcp.example.com/mcp/stripe',
    GatewayEndpointUrldocs: 'https://mcp.example.com/mcp/docs',
    GatewayConnectCommand: 'claude mcp add --transport http stripe https://mcp.example.com/mcp/stripe',
  });
});

test('the command that stores a key names the parts the CLI cannot guess', () => {
  const { template } = synthesise({
    upstreams: [
      Upstream.mcp('wiki', { url: 'https://wiki.example.com/', credential: Credential.basic() }),
      Upstream.mcp('crm', { url: 'https://crm.example.com/', credential: Credential.bearer({ part: 'token' }) }),
    ],
  });
  const commands = JSON.stringify(template.findOutputs('*'));
  expect(commands).toContain(
    '"npx -p cdk-mcp-gateway mcp-gateway vault store wiki --part username --part password --url https://"',
  );
  expect(commands).toContain('"npx -p cdk-mcp-gateway mcp-gateway vault store crm --part token --url https://"');
});
