import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { ENCRYPTION_CONTEXT_KEYS } from '../../lambda/contract/vault-record';
import { Connection, Credential, McpGateway, Provider, Upstream } from '../../lib';
import { gatewayIdIn, PROPS, read, type SynthesisedGateway, signIn, synthesise } from '../helpers/gateway-stack';

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise({
    ...signIn(),
    upstreams: [
      Upstream.mcp('github', {
        url: 'https://api.githubcopilot.com/mcp/',
        credential: Credential.ofPerson(Connection.account(Provider.GITHUB, { clientId: 'Iv1.abc' })),
      }),
      Upstream.mcp('linear', {
        url: 'https://mcp.linear.app/mcp',
        credential: Credential.ofPerson(Connection.mcpServer()),
      }),
    ],
  });
});

const allow = (Action: unknown, Resource: unknown, Condition?: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const arn = (id: string) => ({ 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Gateway${id}`)), 'Arn'] });
const ref = (id: string) => ({ Ref: expect.stringMatching(new RegExp(`^Gateway${id}`)) });

const VAULT = arn('VaultTable');
const SALTS = arn('ConnectionsSalts');
const AUTH = arn('SignInTable');
const KEY = arn('VaultKey');
const CLIENT_KEY = arn('ConnectionsClientKey');
const CLIENT_SECRETS = [ref('ConnectionsClientgithub'), ref('ConnectionsClientlinear')];

function statements(id: string): unknown[] {
  const { PolicyDocument } = made.only('AWS::IAM::Policy', `Gateway${id}Role`) as {
    PolicyDocument: { Statement: unknown[] };
  };
  return PolicyDocument.Statement;
}

function logsOf(id: string) {
  return allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn(`${id}Logs`));
}

function leading(...patterns: string[]) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } };
}

const CONTEXT_KEYS = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...ENCRYPTION_CONTEXT_KEYS, 'mcp:use'] },
};

function ofPeople() {
  return {
    StringEquals: {
      'kms:EncryptionContext:mcp:gateway': gatewayIdIn(made),
      'kms:EncryptionContext:mcp:use': ['call', 'refresh'],
    },
    ...CONTEXT_KEYS,
  };
}

test('mcp may read connections and salts, open what a call needs, and ask the refresher; it writes nothing', () => {
  expect(statements('Mcp')).toEqual([
    logsOf('Mcp'),
    allow('dynamodb:GetItem', VAULT),
    allow('secretsmanager:GetSecretValue', ref('VaultSessionKey')),
    allow('kms:Decrypt', KEY, {
      StringEquals: { 'kms:EncryptionContext:mcp:gateway': gatewayIdIn(made) },
      StringEqualsIfExists: { 'kms:EncryptionContext:mcp:use': 'call' },
      ...CONTEXT_KEYS,
    }),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], AUTH, leading('person#*', 'client#*', 'gateway', 'keys')),
    allow('dynamodb:BatchGetItem', [VAULT, SALTS]),
    allow('lambda:InvokeFunction', ref('RefresherLive')),
  ]);
});

test('connect may seal and store connections and read its client secrets; it can open nothing that is stored', () => {
  expect(statements('Connect')).toEqual([
    logsOf('Connect'),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], AUTH),
    allow('dynamodb:PutItem', AUTH, leading('txn#*', 'person#*', 'once#*', 'session#*')),
    allow('lambda:InvokeFunction', ref('FetcherLive')),
    allow('kms:GenerateDataKey', KEY, ofPeople()),
    allow('secretsmanager:GetSecretValue', ref('VaultSessionKey')),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [VAULT, SALTS]),
    allow('dynamodb:UpdateItem', VAULT, leading('connection#*')),
    allow('dynamodb:PutItem', SALTS),
    allow('secretsmanager:GetSecretValue', CLIENT_SECRETS),
    allow('secretsmanager:PutSecretValue', ref('ConnectionsClientlinear')),
    allow(['kms:Sign', 'kms:GetPublicKey'], CLIENT_KEY),
    allow('lambda:InvokeFunction', ref('RefresherLive')),
  ]);
});

test('the refresher may open and replace connections; operators’ keys are neither its to open nor to write', () => {
  expect(statements('Refresher')).toEqual([
    logsOf('Refresher'),
    allow('kms:Decrypt', KEY, ofPeople()),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [VAULT, SALTS]),
    allow('dynamodb:Scan', VAULT),
    allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], VAULT, leading('connection#*')),
    allow('secretsmanager:GetSecretValue', CLIENT_SECRETS),
    allow(['kms:Sign', 'kms:GetPublicKey'], CLIENT_KEY),
  ]);
});

test('the administrators’ function may see, end and forbid connections, and opens none', () => {
  expect(statements('GrantsApi').slice(-4)).toEqual([
    allow(['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:BatchGetItem'], VAULT),
    allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], VAULT, leading('connection#*', 'provider#*')),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], SALTS),
    allow('lambda:InvokeFunction', ref('RefresherLive')),
  ]);
});

test('the vault function may replace client secrets, and reads none back', () => {
  const secrets = statements('VaultApi').filter((statement) => JSON.stringify(statement).includes('secretsmanager'));
  expect(secrets).toEqual([allow('secretsmanager:PutSecretValue', CLIENT_SECRETS)]);
});

test('the refresher has no route, and is invoked by the hour', () => {
  const permissions = Object.values(made.resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Permission' && JSON.stringify(Properties['FunctionName']).includes('Refresher'),
  );
  expect(permissions.map(({ Properties }) => Properties['Principal'])).toEqual(['events.amazonaws.com']);
  expect(made.only('AWS::Events::Rule', 'GatewayConnectionSweep')).toMatchObject({
    ScheduleExpression: 'rate(1 hour)',
    Targets: [{ Input: '{"action":"sweep"}' }],
  });
});

test('salts have no backup: what is deleted there is gone', () => {
  const [replica] = (made.only('AWS::DynamoDB::GlobalTable', 'GatewayConnectionsSalts') as { Replicas: unknown[] })
    .Replicas;
  expect(replica).toMatchObject({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } });
});

test('client secrets are made empty: no template holds or generates one', () => {
  for (const name of ['github', 'linear']) {
    const secret = made.only('AWS::SecretsManager::Secret', `GatewayConnectionsClient${name}`);
    expect(secret).not.toHaveProperty('GenerateSecretString');
    expect(secret).not.toHaveProperty('SecretString');
  }
});

test('without connections there is no refresher, and nobody who reads salts; their table is there, so that none replaces it', () => {
  const { resources, template } = synthesise(signIn());
  const ids = Object.keys(resources).filter((id) => /Refresher|Salts|Sweep/.test(id));
  const withSome = Object.keys(made.resources).filter((id) => /Salts/.test(id));
  expect(ids).toEqual(withSome);
  expect(ids).toHaveLength(1);
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  expect(JSON.stringify(policies)).not.toContain('Salts');
});

test('without sign-in there is no table of salts', () => {
  expect(Object.keys(synthesise().resources).filter((id) => /Salts/.test(id))).toEqual([]);
});

describe('who administers', () => {
  const routesOf = (grant: (gateway: McpGateway, role: Role) => unknown): readonly string[] => {
    const stack = new Stack(new App(), 'Test');
    const upstreams = [
      Upstream.mcp('linear', {
        url: 'https://mcp.linear.app/mcp',
        credential: Credential.ofPerson(Connection.mcpServer()),
      }),
    ];
    const gateway = new McpGateway(stack, 'Gateway', { ...PROPS, ...signIn(), upstreams });
    grant(gateway, new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() }));
    return JSON.stringify(read(stack).only('AWS::IAM::Policy', 'Administrator')).match(/\/v1\/[^"]+/g) ?? [];
  };

  test('grants sees nothing of what people have connected', () => {
    expect(routesOf((gateway, role) => gateway.grants.manageGrants(role)).join(' ')).not.toMatch(
      /connections|provider/,
    );
  });

  test('connections lists and ends them and switches platforms off, and shreds nobody', () => {
    expect(routesOf((gateway, role) => gateway.grants.manageConnections(role))).toEqual([
      '/v1/GET/switches',
      '/v1/PUT/switches/provider',
      '/v1/GET/connections',
      '/v1/DELETE/connections/*/*',
    ]);
  });

  test('the shredding of people does that', () => {
    expect(routesOf((gateway, role) => gateway.grants.shredPeople(role))).toEqual(['/v1/DELETE/connections/*']);
  });

  test('fails where nobody connects anything', () => {
    const { gateway, stack } = synthesise(signIn());
    const role = new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() });
    for (const name of ['manageConnections', 'shredPeople'] as const) {
      expect(() => gateway.grants[name](role)).toThrow(
        expect.objectContaining({
          code: 'no_connections',
          message:
            '[Test/Gateway] there are no connected accounts to manage: give an upstream Credential.ofPerson, or the gateway connections',
        }),
      );
    }
  });
});
