import { Duration } from 'aws-cdk-lib';
import { ENV } from '../../lambda/contract/env';
import { ENCRYPTION_CONTEXT_KEYS } from '../../lambda/contract/vault-record';
import { Credential, type OperatorKeyOptions, Provider, Upstream } from '../../lib';
import { gatewayIdIn, PROPS, type SynthesisedGateway, synthesise } from '../helpers/gateway-stack';

const mail = (options: OperatorKeyOptions = { rotateEvery: Duration.days(30) }, name = 'mail') =>
  Upstream.mcp(name, {
    url: 'https://mail.example.com/mcp',
    credential: Credential.operatorKey(Provider.SENDGRID, { provider: 'sendgrid', ...options }),
  });

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise({ upstreams: [...PROPS.upstreams, mail()] });
});

const arn = (id: string) => ({ 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Gateway${id}`)), 'Arn'] });
const ref = (id: string) => ({ Ref: expect.stringMatching(new RegExp(`^Gateway${id}`)) });

test('Secrets Manager rotates that key only, by the function, and not at deployment', () => {
  expect(made.only('AWS::SecretsManager::RotationSchedule')).toEqual({
    SecretId: ref('VaultKeysendgrid'),
    RotationLambdaARN: arn('KeyRotationFunction'),
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediatelyOnUpdate: false,
  });
  const permission = Object.values(made.resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Permission' && Properties['Principal'] === 'secretsmanager.amazonaws.com',
  );
  expect(permission.map(({ Properties }) => Properties)).toEqual([
    {
      Action: 'lambda:InvokeFunction',
      FunctionName: arn('KeyRotationFunction'),
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    },
  ]);
});

test('the function may change that key’s record and secret, and open and seal that key', () => {
  const { PolicyDocument } = made.only('AWS::IAM::Policy', 'GatewayKeyRotation') as {
    PolicyDocument: { Statement: unknown[] };
  };
  const allow = (Action: unknown, Resource: unknown, Condition?: unknown) => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition ? { Condition } : {}),
  });
  expect(PolicyDocument.Statement).toEqual([
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn('KeyRotationLogs')),
    allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], arn('VaultTable'), {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['operator#sendgrid'] },
    }),
    allow(
      [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      ref('VaultKeysendgrid'),
    ),
    allow(['kms:Decrypt', 'kms:GenerateDataKey'], arn('VaultKey'), {
      StringEquals: {
        'kms:EncryptionContext:mcp:gateway': gatewayIdIn(made),
        'kms:EncryptionContext:mcp:subject': 'operator',
        'kms:EncryptionContext:mcp:provider': ['sendgrid'],
      },
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...ENCRYPTION_CONTEXT_KEYS] },
    }),
  ]);
});

test('the function is told of that key’s secret, and has a quarter of an hour', () => {
  const { Environment, Timeout } = made.only('AWS::Lambda::Function', 'GatewayKeyRotation') as {
    Environment: { Variables: Record<string, unknown> };
    Timeout: number;
  };
  expect(Timeout).toBe(900);
  expect(Environment.Variables[ENV.operatorSecrets]).toEqual({
    'Fn::Join': ['', ['{"sendgrid":"', ref('VaultKeysendgrid'), '"}']],
  });
});

test('without rotateEvery there is neither', () => {
  const { template } = synthesise({ upstreams: [mail({})] });
  template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
  expect(JSON.stringify(template.toJSON())).not.toContain('secretsmanager.amazonaws.com');
});

test('upstreams that share a key share its rotation', () => {
  const { template } = synthesise({ upstreams: [mail(), mail({ rotateEvery: Duration.days(30) }, 'mail-two')] });
  template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 1);
});

test('a platform of one’s own says how its keys are rolled', () => {
  const own = Provider.custom('acme', {
    keyTemplates: { 'X-Api-Key': '{key}' },
    keyRotation: {
      createUrl: 'https://api.acme.example/keys',
      keyPath: 'key.secret',
      idPath: 'key.id',
      listUrl: 'https://api.acme.example/keys',
      listPath: 'keys',
      deleteUrl: 'https://api.acme.example/keys/{id}',
      describeUrl: 'https://api.acme.example/keys/current',
      describedIdPath: 'id',
    },
  });
  const credential = Credential.operatorKey(own, { rotateEvery: Duration.days(7) });
  const { only } = synthesise({ upstreams: [Upstream.mcp('acme', { url: 'https://acme.example/mcp', credential })] });
  expect(only('AWS::SecretsManager::RotationSchedule')['RotationRules']).toEqual({ AutomaticallyAfterDays: 7 });
});

describe('refuses', () => {
  const problem = (upstreams: Upstream[]): string => {
    try {
      synthesise({ upstreams });
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing';
  };

  test('a platform nobody knows to roll keys', () => {
    const credential = Credential.operatorKey(Provider.STRIPE, { rotateEvery: Duration.days(30) });
    expect(problem([Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential })])).toContain(
      'upstreams[0].credential.rotateEvery is of a platform that is not known to roll keys by API: stripe: "30 days"',
    );
  });

  test.each([
    ['hours', Duration.hours(12)],
    ['no time', Duration.days(0)],
    ['years', Duration.days(1001)],
  ])('%s', (_, rotateEvery) => {
    expect(problem([mail({ rotateEvery })])).toContain('must be a whole number of days from 1 to 1000');
  });

  test('two rhythms of one key', () => {
    expect(problem([mail(), mail({ rotateEvery: Duration.days(7) }, 'mail-two')])).toContain(
      'differs from that of another upstream with the key of "sendgrid"',
    );
  });
});
