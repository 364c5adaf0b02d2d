import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ClientAuthentication, McpGateway } from '../../lib';
import { gatewayIdIn, PROPS, read, type SynthesisedGateway, signIn, synthesise } from '../helpers/gateway-stack';

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise({ ...signIn(), tracing: false });
});

const allow = (Action: unknown, Resource: unknown, Condition?: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const arn = (id: string) => ({ 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Gateway${id}`)), 'Arn'] });
const ref = (id: string) => ({ Ref: expect.stringMatching(new RegExp(`^Gateway${id}`)) });

const TABLE = arn('SignInTable');
const SIGNING_KEY = arn('SignInSigningKey');
const ANY_KEY = {
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':kms:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':key/*'],
  ],
};

function statements(from: Pick<SynthesisedGateway, 'only'>, id: string): unknown[] {
  const { PolicyDocument } = from.only('AWS::IAM::Policy', `Gateway${id}Role`) as {
    PolicyDocument: { Statement: unknown[] };
  };
  return PolicyDocument.Statement;
}

function logsOf(id: string) {
  return allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arn(`${id}Logs`));
}

function writes(partitions: readonly string[]) {
  return allow('dynamodb:PutItem', TABLE, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } });
}

function ownTag() {
  return { 'aws:ResourceTag/mcp:gateway': gatewayIdIn(made) };
}

test('authz may keep sign-ins, sign tokens, read its own two secrets and ask the fetcher, and nothing else', () => {
  expect(statements(made, 'Authz')).toEqual([
    logsOf('Authz'),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], TABLE),
    writes(['txn#*', 'person#*', 'client#*', 'document#*', 'once#*', 'session#*', 'keys']),
    allow(['kms:Sign', 'kms:GetPublicKey'], SIGNING_KEY),
    allow(['kms:Sign', 'kms:GetPublicKey'], ANY_KEY, { StringEquals: ownTag() }),
    allow('secretsmanager:GetSecretValue', [ref('SignInTokenSecret'), ref('SignInIdpSecret')]),
    allow('lambda:InvokeFunction', ref('FetcherLive')),
  ]);
});

test('the fetcher, which strangers send to places, may write its log and nothing else, traced or not', () => {
  expect(statements(made, 'Fetcher')).toEqual([logsOf('Fetcher')]);
  const traced = synthesise({ ...signIn(), tracing: true });
  expect(statements(traced, 'Fetcher')).toEqual([logsOf('Fetcher')]);
  expect(traced.only('AWS::Lambda::Function', 'GatewayFetcher')).not.toHaveProperty('TracingConfig');
  expect(traced.only('AWS::Lambda::Function', 'GatewayFetcher')).not.toHaveProperty('VpcConfig');
});

test('the grants function may read the auth table, change grants and switches, and write no signing key', () => {
  expect(statements(made, 'GrantsApi')).toEqual([
    logsOf('GrantsApi'),
    allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], TABLE),
    writes(['person#*', 'client#*', 'gateway']),
  ]);
});

test('the keys function may make, publish and retire keys of its own tag and kind, and can sign with none', () => {
  const ownKind = { 'kms:KeySpec': 'ECC_NIST_P256', 'kms:KeyUsage': 'SIGN_VERIFY' };
  const newTag = { 'aws:RequestTag/mcp:gateway': gatewayIdIn(made) };
  const onlyThisTag = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['mcp:gateway'] } };
  expect(statements(made, 'Keys')).toEqual([
    logsOf('Keys'),
    allow('kms:CreateKey', '*', { StringEquals: { ...newTag, ...ownKind }, ...onlyThisTag }),
    allow('kms:TagResource', ANY_KEY, { StringEquals: newTag, ...onlyThisTag }),
    allow('kms:GetPublicKey', SIGNING_KEY),
    allow('kms:GetPublicKey', ANY_KEY, { StringEquals: ownTag() }),
    allow('kms:ScheduleKeyDeletion', ANY_KEY, {
      StringEquals: { ...ownTag(), ...ownKind },
      NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': 7 },
    }),
    allow(['dynamodb:GetItem', 'dynamodb:PutItem'], TABLE, {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['keys'] },
    }),
  ]);
});

test('mcp and vault may also read grants, switches and public keys; no sign-in and no session', () => {
  const external = synthesise();
  for (const id of ['Mcp', 'VaultApi']) {
    expect(statements(made, id)).toEqual([
      ...statements(external, id),
      allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], TABLE, {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['person#*', 'client#*', 'gateway', 'keys'] },
      }),
    ]);
  }
});

test('who writes to the auth table is told where, and only authz and keys may write the signing keys', () => {
  const patternsOf = (id: string) =>
    (statements(made, id) as { Action: unknown; Resource: unknown; Condition?: object }[])
      .filter(({ Resource }) => JSON.stringify(Resource).includes('GatewaySignInTable'))
      .filter(({ Action }) => /Put|Update|Delete|Write|PartiQL|\*/i.test(JSON.stringify(Action)))
      // Without a condition: anywhere.
      .flatMap(({ Condition }) => Object.values(Condition ?? {})[0]?.['dynamodb:LeadingKeys'] ?? ['*']) as string[];
  const all = ['Authz', 'GrantsApi', 'Keys', 'Mcp', 'VaultApi', 'Authorizer', 'Fetcher'];
  const mayWrite = (partition: string) =>
    all.filter((id) => patternsOf(id).some((p) => new RegExp(`^${p.replaceAll('*', '.*')}$`).test(partition)));
  expect(mayWrite('keys')).toEqual(['Authz', 'Keys']);
  expect(mayWrite('gateway')).toEqual(['GrantsApi']);
  expect(mayWrite('session#x')).toEqual(['Authz']);
  expect(mayWrite('txn#x')).toEqual(['Authz']);
  expect(mayWrite('person#x')).toEqual(['Authz', 'GrantsApi']);
  expect(mayWrite('anything else')).toEqual([]);
});

test('the authorizer gains nothing by sign-in', () => {
  expect(statements(made, 'Authorizer')).toEqual([logsOf('Authorizer')]);
});

test('a key toward the identity provider takes the place of its secret', () => {
  const keyed = synthesise(signIn({}, { clientAuthentication: ClientAuthentication.privateKeyJwt() }));
  expect(statements(keyed, 'Authz').slice(5)).toEqual([
    allow('secretsmanager:GetSecretValue', ref('SignInTokenSecret')),
    allow('lambda:InvokeFunction', ref('FetcherLive')),
    allow(['kms:Sign', 'kms:GetPublicKey'], arn('SignInIdpClientKey')),
  ]);
});

test('a client secret with a key of its own is read through Secrets Manager only', () => {
  const stack = new Stack(new App(), 'Test');
  const encryptionKey = Key.fromKeyArn(stack, 'Cmk', 'arn:aws:kms:eu-west-1:123456789012:key/own');
  const clientSecret = Secret.fromSecretAttributes(stack, 'Own', {
    secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:own-AbCdEf',
    encryptionKey,
  });
  new McpGateway(stack, 'Gateway', { ...PROPS, ...signIn({}, { clientSecret }) });
  const from = read(stack);
  const policy = statements(from, 'Authz');
  expect(policy).toContainEqual(
    allow('secretsmanager:GetSecretValue', [
      ref('SignInTokenSecret'),
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:own-AbCdEf',
    ]),
  );
  expect(policy).toContainEqual(
    allow('kms:Decrypt', 'arn:aws:kms:eu-west-1:123456789012:key/own', {
      StringEquals: {
        'kms:ViaService': {
          'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]],
        },
      },
    }),
  );
  expect(Object.keys(from.resources).filter((id) => id.startsWith('GatewaySignInIdpSecret'))).toEqual([]);
});

test('roles are for Lambda only, and carry no managed policy', () => {
  const roles = Object.values(made.resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles).toHaveLength(8);
  for (const { Properties } of roles) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    expect(Properties['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } }],
    });
  }
});

test('functions are invoked by this API, keys by its own schedule, and the fetcher by nobody from outside', () => {
  const permissions = Object.values(made.resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .map(({ Properties }) => Properties);
  const invokers = (id: string) =>
    new Set(
      permissions
        .filter(({ FunctionName }) => JSON.stringify(FunctionName).includes(`"Gateway${id}`))
        .map(({ Principal }) => Principal),
    );
  expect(['Authz', 'GrantsApi', 'Keys', 'Fetcher'].map((id) => [...invokers(id)])).toEqual([
    ['apigateway.amazonaws.com'],
    ['apigateway.amazonaws.com'],
    ['events.amazonaws.com'],
    [],
  ]);
  for (const { Principal, SourceArn } of permissions) {
    const source = Principal === 'events.amazonaws.com' ? 'GatewayKeyRotation' : 'GatewayFrontDoorApi';
    expect(JSON.stringify(SourceArn)).toContain(source);
  }
});

test('no key serves another purpose than its own', () => {
  const users = (key: string) =>
    Object.entries(made.resources)
      .filter(([id]) => !id.startsWith(key))
      .filter(([, resource]) => JSON.stringify(resource).includes(`"${key}`))
      .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
      .sort();
  expect(users('GatewaySignInSigningKey')).toEqual([
    'GatewayAuthzFunction',
    'GatewayAuthzRoleDefaultPolicy',
    'GatewayKeysFunction',
    'GatewayKeysRoleDefaultPolicy',
  ]);
  expect(users('GatewaySignInTokenSecret')).toEqual(['GatewayAuthzFunction', 'GatewayAuthzRoleDefaultPolicy']);
});
