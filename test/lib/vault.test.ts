import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AuthMode, Credential, McpGateway, Upstream } from '../../lib';
import { ISSUER, read, type SynthesisedGateway, synthesise } from '../helpers/gateway-stack';

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise();
});

test('what holds state keeps its logical id: another id would replace it', () => {
  const stateful = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret'];
  const found = Object.entries(made.resources).filter(([, { Type }]) => stateful.includes(Type));
  expect(found.map(([id, { DeletionPolicy }]) => [id, DeletionPolicy])).toEqual([
    ['GatewayVaultTable18F5D5E6', 'Retain'],
    ['GatewayVaultKeyBBE11099', 'Retain'],
    ['GatewayVaultSessionKeyD8D67287', 'Retain'],
    ['GatewayVaultKeystripe39590435', 'Retain'],
  ]);
});

test('the table expires records, can be restored and cannot be deleted by accident', () => {
  expect(made.only('AWS::DynamoDB::GlobalTable')).toMatchObject({
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    Replicas: [
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 },
      },
    ],
  });
});

test('an operator key starts empty, the session key random', () => {
  expect(made.only('AWS::SecretsManager::Secret', 'GatewayVaultKey')).toEqual({
    Description: 'Sealed key of provider stripe, kept by the MCP gateway vault',
  });
  expect(made.only('AWS::SecretsManager::Secret', 'GatewayVaultSessionKey')).toMatchObject({
    GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
  });
});

test('no value of a secret is in the template', () => {
  const text = JSON.stringify(made.resources);
  expect(text).not.toMatch(/"SecretString"|resolve:secretsmanager|sk_(live|test)_|Bearer \{/);
});

test('a gateway to throw away leaves nothing', () => {
  const { resources, only } = synthesise({
    removalPolicy: RemovalPolicy.DESTROY,
    pointInTimeRecoveryDays: 1,
  });
  expect(Object.values(resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toEqual([]);
  expect(only('AWS::DynamoDB::GlobalTable')).toMatchObject({
    Replicas: [{ DeletionProtectionEnabled: false, PointInTimeRecoverySpecification: { RecoveryPeriodInDays: 1 } }],
  });
});

test('upstreams of one provider share one key, in alphabetical order of providers', () => {
  const credential = (provider: string) => Credential.header('X-Api-Key', { provider, part: 'token' });
  const { only } = synthesise({
    upstreams: [
      Upstream.mcp('z', { url: 'https://z.example/', credential: credential('shared') }),
      Upstream.mcp('b', { url: 'https://b.example/', credential: credential('another') }),
      Upstream.mcp('a', { url: 'https://a.example/', credential: credential('shared') }),
    ],
  });
  expect(environmentOfVault(only)['MCP_OPERATOR_SECRETS']).toEqual({
    'Fn::Join': [
      '',
      [
        '{"another":"',
        { Ref: expect.stringMatching(/^GatewayVaultKeyanother/) },
        '","shared":"',
        { Ref: expect.stringMatching(/^GatewayVaultKeyshared/) },
        '"}',
      ],
    ],
  });
});

test('a secret given with a key of its own is used through Secrets Manager only', () => {
  const stack = new Stack(new App(), 'Test');
  const encryptionKey = Key.fromKeyArn(stack, 'Cmk', 'arn:aws:kms:eu-west-1:123456789012:key/own');
  const own = Secret.fromSecretAttributes(stack, 'Own', {
    secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:own-AbCdEf',
    encryptionKey,
  });
  const named = Secret.fromSecretNameV2(stack, 'Named', 'team/key');
  const { only } = gatewayWith(stack, { own, named });
  const use = JSON.stringify(only('AWS::IAM::Policy', 'GatewayMcpRole'));
  const manage = JSON.stringify(only('AWS::IAM::Policy', 'GatewayVaultApiRole'));
  const throughSecretsManager = (action: string) =>
    `{"Action":${action},"Condition":{"StringEquals":{"kms:ViaService":{"Fn::Join":["",["secretsmanager.",{"Ref":"AWS::Region"},".",{"Ref":"AWS::URLSuffix"}]]}}},"Effect":"Allow","Resource":"arn:aws:kms:eu-west-1:123456789012:key/own"}`;
  expect(use).toContain(throughSecretsManager('"kms:Decrypt"'));
  expect(manage).toContain(throughSecretsManager('["kms:Decrypt","kms:GenerateDataKey"]'));
  for (const policy of [use, manage]) {
    expect(policy).toContain('"arn:aws:secretsmanager:eu-west-1:123456789012:secret:own-AbCdEf"');
    expect(policy).toContain(':secret:team/key-??????"');
  }
});

function gatewayWith(stack: Stack, secrets: Record<string, ISecret>) {
  new McpGateway(stack, 'Gateway', {
    auth: AuthMode.external({ issuer: ISSUER }),
    upstreams: Object.entries(secrets).map(([name, secret]) =>
      Upstream.mcp(name, { url: `https://${name}.example/`, credential: Credential.bearer({ secret }) }),
    ),
  });
  return read(stack);
}

function environmentOfVault(only: SynthesisedGateway['only']): Record<string, unknown> {
  const { Environment } = only('AWS::Lambda::Function', 'GatewayVaultApi') as {
    Environment: { Variables: Record<string, unknown> };
  };
  return Environment.Variables;
}
