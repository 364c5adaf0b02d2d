import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ENCRYPTION_CONTEXT_KEYS } from '../../lambda/contract/vault-record';
import { McpGateway } from '../../lib';
import { gatewayIdIn, PROPS, read, type SynthesisedGateway, synthesise } from '../helpers/gateway-stack';

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise();
});

const allow = (Action: unknown, Resource: unknown, Condition?: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

const TABLE = 'GatewayVaultTable18F5D5E6';
const KEY = 'GatewayVaultKeyBBE11099';
const OPERATOR_KEY = 'GatewayVaultKeystripe39590435';
const SESSION_KEY = 'GatewayVaultSessionKeyD8D67287';

function statements(id: string): unknown {
  const { PolicyDocument } = made.only('AWS::IAM::Policy', id) as { PolicyDocument: { Statement: unknown } };
  return PolicyDocument.Statement;
}

function logsOf(id: string) {
  const [logs] = Object.keys(made.resources).filter((name) => name.startsWith(`${id}Logs`));
  return allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn(String(logs)));
}

function ownContext() {
  return {
    StringEquals: { 'kms:EncryptionContext:mcp:gateway': gatewayIdIn(made) },
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...ENCRYPTION_CONTEXT_KEYS] },
  };
}

/** And of people's credentials, never what gets a new token. */
function contextOfCalls() {
  return {
    ...ownContext(),
    StringEqualsIfExists: { 'kms:EncryptionContext:mcp:use': 'call' },
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...ENCRYPTION_CONTEXT_KEYS, 'mcp:use'] },
  };
}

test('the authorizer may write its logs and nothing else', () => {
  expect(statements('GatewayAuthorizerRole')).toEqual([logsOf('GatewayAuthorizer')]);
});

test('the mcp function may read the vault and open data keys of this gateway only', () => {
  expect(statements('GatewayMcpRole')).toEqual([
    logsOf('GatewayMcp'),
    allow('dynamodb:GetItem', arn(TABLE)),
    allow('secretsmanager:GetSecretValue', [{ Ref: OPERATOR_KEY }, { Ref: SESSION_KEY }]),
    allow('kms:Decrypt', arn(KEY), contextOfCalls()),
  ]);
});

test('the vault function may seal and store keys, and can read none back', () => {
  expect(statements('GatewayVaultApiRole')).toEqual([
    logsOf('GatewayVaultApi'),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], arn(TABLE), {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['operator#*'] },
    }),
    allow(
      ['secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
      { Ref: OPERATOR_KEY },
    ),
    allow('kms:GenerateDataKey', arn(KEY), ownContext()),
  ]);
});

test('roles are for Lambda only, and carry no managed policy', () => {
  const roles = Object.values(made.resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles).toHaveLength(3);
  for (const { Properties } of roles) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  }
});

test('each function is invoked by the routes of this API and by its authorizer only', () => {
  const permissions = Object.values(made.resources).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
  expect(permissions).toHaveLength(10);
  for (const { Properties } of permissions) {
    expect(Properties['Principal']).toBe('apigateway.amazonaws.com');
    expect(Properties['Action']).toBe('lambda:InvokeFunction');
    expect(JSON.stringify(Properties['SourceArn'])).toContain('"Ref":"GatewayFrontDoorApi');
  }
});

test('the vault key serves no other resource', () => {
  const users = Object.entries(made.resources)
    .filter(([id]) => id !== KEY)
    .filter(([, resource]) => JSON.stringify(resource).includes(KEY))
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
  expect(users.sort()).toEqual([
    'GatewayMcpRoleDefaultPolicy',
    'GatewayVaultApiFunction',
    'GatewayVaultApiRoleDefaultPolicy',
  ]);
  expect(made.only('AWS::KMS::Key')).toMatchObject({ EnableKeyRotation: true });
});

test('managing the vault is granted for its routes and the providers in use alone', () => {
  const stack = new Stack(new App(), 'Test');
  const gateway = new McpGateway(stack, 'Gateway', PROPS);
  gateway.grants.manageVault(new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() }));
  const policy = read(stack).only('AWS::IAM::Policy', 'Administrator') as {
    PolicyDocument: { Statement: { Action: string; Resource: unknown[] }[] };
  };
  expect(policy.PolicyDocument.Statement.map(({ Action }) => Action)).toEqual(['execute-api:Invoke']);
  expect(JSON.stringify(policy).match(/\/v1\/[^"]+/g)).toEqual([
    '/v1/GET/vault/keys',
    '/v1/PUT/vault/keys/stripe',
    '/v1/DELETE/vault/keys/stripe',
    '/v1/POST/vault/keys/stripe/disable',
    '/v1/POST/vault/keys/stripe/enable',
    '/v1/POST/vault/keys/stripe/rotate',
    '/v1/POST/vault/keys/stripe/confirm',
    '/v1/POST/vault/keys/stripe/abandon',
  ]);
});
