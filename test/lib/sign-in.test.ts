import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { parseGatewayConfig } from '../../lambda/config/parse-gateway-config';
import { doorRoutes } from '../../lambda/contract/front-door';
import {
  AuthMode,
  ClientAuthentication,
  IdentityProvider,
  McpGateway,
  type McpGatewayProps,
  RegisteredClient,
  Upstream,
} from '../../lib';
import { codeOf, ISSUER, PROPS, read, type SynthesisedGateway, signIn, synthesise } from '../helpers/gateway-stack';

const FUNCTIONS = ['Mcp', 'Authorizer', 'VaultApi', 'Authz', 'Fetcher', 'GrantsApi', 'Keys'];
const KEY = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' };

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise(signIn());
});

function withDomain(props: Partial<McpGatewayProps>): SynthesisedGateway {
  const stack = new Stack(new App(), 'Test');
  const certificate = Certificate.fromCertificateArn(
    stack,
    'Certificate',
    'arn:aws:acm:eu-west-1:123456789012:certificate/c',
  );
  const domain = { domainName: 'mcp.example.com', certificate };
  const gateway = new McpGateway(stack, 'Gateway', { ...PROPS, domain, ...props });
  return { gateway, ...read(stack) };
}

function configOf(from: Pick<SynthesisedGateway, 'only' | 'stack'>, id: string) {
  return JSON.parse(readFileSync(join(codeOf(from, `Gateway${id}`), 'gateway.json'), 'utf8'));
}

function environmentOf(from: Pick<SynthesisedGateway, 'only'>, id: string): Record<string, unknown> {
  const { Environment } = from.only('AWS::Lambda::Function', `Gateway${id}`) as {
    Environment: { Variables: Record<string, unknown> };
  };
  return Environment.Variables;
}

function outputsOf({ template }: Pick<SynthesisedGateway, 'template'>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(template.findOutputs('*')).map(([id, { Value }]) => [
      id.replace(/^Gateway/, '').replace(/[0-9A-F]{8}$/, ''),
      Value,
    ]),
  );
}

/** `METHOD path` of every method of the API. */
function methodsOf({ resources }: Pick<SynthesisedGateway, 'resources'>): string[] {
  const pathOf = (ref: unknown): string => {
    const resource = resources[(ref as { Ref?: string }).Ref ?? ''];
    if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
    return `${pathOf(resource.Properties['ParentId'])}/${resource.Properties['PathPart']}`;
  };
  return Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::Method')
    .map(({ Properties }) => `${Properties['HttpMethod']} ${pathOf(Properties['ResourceId'])}`);
}

test('a gateway for tokens of another issuer has nothing of sign-in', () => {
  const external = synthesise();
  for (const [type, count] of Object.entries({
    'AWS::Lambda::Function': 3,
    'AWS::DynamoDB::GlobalTable': 1,
    'AWS::KMS::Key': 1,
    'AWS::SecretsManager::Secret': 2,
    'AWS::Events::Rule': 0,
  })) {
    external.template.resourceCountIs(type, count);
  }
  expect(external.gateway).toMatchObject({ vaultTable: expect.anything() });
  expect([external.gateway.authTable, external.gateway.signingKey]).toEqual([undefined, undefined]);
});

test('the gateway is its own issuer: tokens of it alone are accepted, of one type and algorithm', () => {
  for (const id of FUNCTIONS) {
    const config = configOf(withDomain(signIn()), id);
    expect(config.auth).toEqual({
      issuer: 'https://mcp.example.com',
      jwksUri: 'https://mcp.example.com/jwks',
      algorithms: ['ES256'],
      tokenTypes: ['at+jwt'],
      requiredScopes: ['mcp:tools'],
      clockToleranceSeconds: 5,
    });
    expect(parseGatewayConfig(config)).toEqual({ config });
  }
});

test('without a domain the functions learn the issuer, which is the URL, by their environment', () => {
  expect(configOf(made, 'Authz').auth).toMatchObject({ issuer: '{{MCP_VALUE_0}}', jwksUri: '{{MCP_VALUE_1}}' });
  for (const id of FUNCTIONS) {
    const { MCP_GATEWAY_URL: url, MCP_VALUE_0: issuer, MCP_VALUE_1: jwksUri } = environmentOf(made, id);
    expect(issuer).toEqual(url);
    expect(JSON.stringify(jwksUri)).toBe(JSON.stringify(url).replace('/v1"', '/v1/jwks"'));
  }
});

test('serves the routes of the table and no other', () => {
  const facts = {
    gatewayUrl: 'https://g.example',
    issuer: 'https://g.example',
    scopes: ['mcp:tools'],
    upstreamNames: ['stripe', 'docs'],
  };
  const named = (authorizationServer: Parameters<typeof doorRoutes>[0]['authorizationServer']) =>
    doorRoutes({ ...facts, authorizationServer })
      .map(({ method, path }) => `${method} ${path}`)
      .sort();
  const all = {
    dynamicRegistration: true,
    clientIdMetadata: true,
    clientCredentials: false,
    identityAssertions: false,
  };
  expect(methodsOf(made).sort()).toEqual(named(all));
  const closed = synthesise(signIn({ dynamicRegistration: { enabled: false } }));
  expect(methodsOf(closed).sort()).toEqual(named({ ...all, dynamicRegistration: false }));
  expect(methodsOf(closed)).not.toContain('POST /register');
});

test('metadata says what is configured', () => {
  const metadataOf = (from: SynthesisedGateway) => {
    const { resources } = from;
    const [id] =
      Object.entries(resources).find(
        ([, { Properties }]) => Properties?.['PathPart'] === 'oauth-authorization-server',
      ) ?? [];
    const method = Object.values(resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::ApiGateway::Method' && (Properties['ResourceId'] as { Ref: string }).Ref === id,
    );
    if (method === undefined) throw new Error('no metadata');
    const { IntegrationResponses } = method.Properties['Integration'] as {
      IntegrationResponses: [{ ResponseTemplates: { 'application/json': string } }];
    };
    return JSON.parse(IntegrationResponses[0].ResponseTemplates['application/json']);
  };
  expect(metadataOf(withDomain(signIn({ scopes: ['tools:read', 'tools:write'] })))).toMatchObject({
    issuer: 'https://mcp.example.com',
    registration_endpoint: 'https://mcp.example.com/register',
    scopes_supported: ['tools:read', 'tools:write'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    client_id_metadata_document_supported: true,
  });
  const other = metadataOf(
    withDomain(
      signIn({
        clientIdMetadata: { enabled: false },
        dynamicRegistration: { enabled: false },
        clients: [RegisteredClient.machine('nightly', { name: 'Nightly run', keys: [KEY] })],
        assertionIssuers: [{ issuer: 'https://idp.example.com' }],
      }),
    ),
  );
  expect(other).toMatchObject({
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    client_id_metadata_document_supported: false,
  });
  expect(other).not.toHaveProperty('registration_endpoint');
});

test('routes where anybody leaves an item take less than the API, and never more', () => {
  const settingsOf = (from: SynthesisedGateway) =>
    (from.only('AWS::ApiGateway::Stage')['MethodSettings'] as Record<string, unknown>[]).map((one) => [
      `${one['HttpMethod']} ${one['ResourcePath']}`,
      one['ThrottlingRateLimit'],
      one['ThrottlingBurstLimit'],
      one['LoggingLevel'],
      one['DataTraceEnabled'],
    ]);
  expect(settingsOf(made)).toEqual([
    ['* /*', 1000, 2000, 'OFF', false],
    ['GET /~1authorize', 50, 100, 'OFF', false],
    ['POST /~1authorize', 50, 100, 'OFF', false],
    ['GET /~1idp~1callback', 50, 100, 'OFF', false],
    ['GET /~1consent', 50, 100, 'OFF', false],
    ['POST /~1consent', 50, 100, 'OFF', false],
    ['GET /~1account~1sign-in', 50, 100, 'OFF', false],
    ['GET /~1account', 50, 100, 'OFF', false],
    ['POST /~1account~1revoke', 50, 100, 'OFF', false],
    ['POST /~1account~1sign-out', 50, 100, 'OFF', false],
    ['POST /~1token', 200, 400, 'OFF', false],
    ['POST /~1revoke', 200, 400, 'OFF', false],
    ['POST /~1register', 5, 20, 'OFF', false],
  ]);
  const slow = synthesise({
    ...signIn({ dynamicRegistration: { enabled: false } }),
    throttlingRateLimit: 10,
    throttlingBurstLimit: 200,
  });
  const [ofAll, ...others] = settingsOf(slow);
  expect(ofAll).toEqual(['* /*', 10, 200, 'OFF', false]);
  expect(others.map(([route]) => route)).not.toContain('POST /~1register');
  expect(new Set(others.map(([, rate]) => rate))).toEqual(new Set([10]));
  expect(new Set(others.map(([, , burst]) => burst))).toEqual(new Set([100, 200]));
});

test('the auth table is kept, restorable and protected; expired items go by themselves', () => {
  expect(made.only('AWS::DynamoDB::GlobalTable', 'GatewaySignIn')).toMatchObject({
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    Replicas: [
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 },
      },
    ],
  });
  const kept = Object.entries(made.resources).filter(([id]) => /^GatewaySignIn(Table|SigningKey|TokenSecret)/.test(id));
  expect(kept.map(([, { DeletionPolicy }]) => DeletionPolicy)).toEqual(['Retain', 'Retain', 'Retain']);
});

test('the signing key signs and nothing else, and no secret is in the template', () => {
  expect(made.only('AWS::KMS::Key', 'GatewaySignInSigningKey')).toMatchObject({
    KeySpec: 'ECC_NIST_P256',
    KeyUsage: 'SIGN_VERIFY',
  });
  expect(made.only('AWS::SecretsManager::Secret', 'GatewaySignInTokenSecret')).toEqual({
    Description: expect.any(String),
    GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
  });
  expect(made.only('AWS::SecretsManager::Secret', 'GatewaySignInIdpSecret')).toEqual({
    Description: 'Client secret of the MCP gateway at the identity provider',
  });
});

test('each function of sign-in is told what it needs and nothing more', () => {
  const own = (id: string) =>
    Object.keys(environmentOf(made, id))
      .filter((name) => !/^MCP_(GATEWAY_URL|VALUE_\d)$/.test(name))
      .sort();
  expect(own('Authz')).toEqual([
    'MCP_AUTH_TABLE',
    'MCP_FETCHER_FUNCTION',
    'MCP_GATEWAY_ID',
    'MCP_IDP_CLIENT_SECRET',
    'MCP_SIGNING_KEY_ARN',
    'MCP_TOKEN_SECRET',
  ]);
  expect(own('Fetcher')).toEqual([]);
  expect(own('GrantsApi')).toEqual(['MCP_AUTH_TABLE']);
  expect(own('Keys')).toEqual(['MCP_AUTH_TABLE', 'MCP_GATEWAY_ID', 'MCP_SIGNING_KEY_ARN']);
  expect(own('Mcp')).toEqual(['MCP_AUTH_TABLE', 'MCP_GATEWAY_ID', 'MCP_SESSION_SECRET', 'MCP_VAULT_TABLE']);
  expect(own('Authorizer')).toEqual([]);
});

test('signing keys are looked after every day', () => {
  expect(made.only('AWS::Events::Rule')).toMatchObject({
    ScheduleExpression: 'rate(1 day)',
    State: 'ENABLED',
    Targets: [
      {
        Arn: { Ref: expect.stringMatching(/^GatewayKeysLive/) },
        Input: '{"action":"maintain"}',
        RetryPolicy: { MaximumRetryAttempts: 2 },
      },
    ],
  });
});

test('authz is kept warm where asked, the others never', () => {
  const warm = synthesise(signIn({ provisionedConcurrency: 3 }));
  const aliases = FUNCTIONS.map((id) => [
    id,
    warm.only('AWS::Lambda::Alias', `Gateway${id}`)['ProvisionedConcurrencyConfig'],
  ]);
  expect(aliases.filter(([, config]) => config !== undefined)).toEqual([
    ['Authz', { ProvisionedConcurrentExecutions: 3 }],
  ]);
});

test('outputs tell what to enter at the provider and how, and how to end everything', () => {
  const outputs = outputsOf(withDomain(signIn()));
  const secret = { Ref: expect.stringMatching(/^GatewaySignInIdpSecret/) };
  expect(outputs).toMatchObject({
    IdpIssuer: ISSUER,
    IdpRedirectUri: 'https://mcp.example.com/idp/callback',
    AccountUrl: 'https://mcp.example.com/account',
    RevokeCommand: 'npx -p cdk-mcp-gateway mcp-gateway grants revoke --all --url https://mcp.example.com',
    StoreIdpSecretCommand: {
      'Fn::Join': [
        '',
        [
          'read -rs S && printf %s "$S" | aws secretsmanager put-secret-value --region ',
          { Ref: 'AWS::Region' },
          ' --secret-id ',
          secret,
          ' --secret-string file:///dev/stdin; unset S',
        ],
      ],
    },
  });
  expect(outputs['RotateSigningKeyCommand']).toEqual({
    'Fn::Join': [
      '',
      [
        'aws lambda invoke --region ',
        { Ref: 'AWS::Region' },
        ' --function-name ',
        { Ref: expect.stringMatching(/^GatewayKeysLive/) },
        ` --cli-binary-format raw-in-base64-out --payload '{"action":"rotate"}' /dev/stdout`,
      ],
    ],
  });
  expect(outputs).not.toHaveProperty('IdpClientKeyCommand');
});

test('a key instead of a client secret: made here, its public part printed, and no secret anywhere', () => {
  const keyed = synthesise(signIn({}, { clientAuthentication: ClientAuthentication.privateKeyJwt() }));
  expect(keyed.only('AWS::KMS::Key', 'GatewaySignInIdpClientKey')).toMatchObject({ KeySpec: 'ECC_NIST_P256' });
  expect(environmentOf(keyed, 'Authz')).toMatchObject({
    MCP_IDP_CLIENT_KEY_ARN: { 'Fn::GetAtt': [expect.stringMatching(/^GatewaySignInIdpClientKey/), 'Arn'] },
  });
  expect(environmentOf(keyed, 'Authz')).not.toHaveProperty('MCP_IDP_CLIENT_SECRET');
  expect(Object.keys(outputsOf(keyed))).toContain('IdpClientKeyCommand');
  expect(Object.keys(outputsOf(keyed))).not.toContain('StoreIdpSecretCommand');
  expect(configOf(keyed, 'Authz').authorizationServer.identityProvider.clientAuthentication).toBe('private_key_jwt');
});

test('a public client at the provider has neither', () => {
  const open = synthesise(signIn({}, { clientAuthentication: ClientAuthentication.none() }));
  open.template.resourceCountIs('AWS::KMS::Key', 2);
  expect(Object.keys(environmentOf(open, 'Authz')).filter((name) => name.startsWith('MCP_IDP_'))).toEqual([]);
});

test('a user pool of the same stack, its client and all, is known at deployment', () => {
  const stack = new Stack(new App(), 'Test');
  const userPool = new UserPool(stack, 'People');
  const client = userPool.addClient('Gateway');
  new McpGateway(stack, 'Gateway', {
    auth: AuthMode.oauth21Pkce({
      identityProvider: IdentityProvider.cognito({ userPool, clientId: client.userPoolClientId }),
    }),
    upstreams: [Upstream.mcp('docs', { url: 'https://docs.example.com/mcp' })],
  });
  const from = read(stack);
  expect(configOf(from, 'Authz').authorizationServer.identityProvider).toMatchObject({
    issuer: '{{MCP_VALUE_2}}',
    clientId: '{{MCP_TEXT_3}}',
    groupsClaim: 'cognito:groups',
  });
  expect(environmentOf(from, 'Authz')).toMatchObject({
    MCP_VALUE_2: {
      'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [expect.stringMatching(/^People/), 'ProviderName'] }]],
    },
    MCP_TEXT_3: { Ref: expect.stringMatching(/^PeopleGateway/) },
  });
});

test('two gateways live in one stack, with nothing in common', () => {
  const stack = new Stack(new App(), 'Test');
  new McpGateway(stack, 'First', { ...PROPS, ...signIn() });
  new McpGateway(stack, 'Second', { ...PROPS, ...signIn({}, { issuer: 'https://other.example.com' }) });
  for (const [id, resource] of Object.entries(read(stack).resources)) {
    const other = id.startsWith('First') ? /"(Ref|Fn::GetAtt)":\[?"Second/ : /"(Ref|Fn::GetAtt)":\[?"First/;
    expect(JSON.stringify(resource)).not.toMatch(other);
  }
});

test('names nothing that must be unique in an account', () => {
  const named = Object.values(made.resources).filter(
    ({ Type, Properties = {} }) =>
      ['FunctionName', 'RoleName', 'TableName', 'LogGroupName'].some((name) => typeof Properties[name] === 'string') ||
      (/^AWS::(Events|SecretsManager)::/.test(Type) && Properties['Name'] !== undefined),
  );
  expect(named).toEqual([]);
});

test('the same app gives the same template', () => {
  expect(synthesise(signIn()).resources).toEqual(made.resources);
});

test('without a domain it warns, and says which clients work all the same', () => {
  const warning = Match.stringLikeRegexp(
    'no domain: .* only at a host.s root do not find it. Machines can sign in, and people with clients that follow the 401 challenge',
  );
  Annotations.fromStack(made.stack).hasWarning('/Test/Gateway', warning);
  Annotations.fromStack(withDomain(signIn()).stack).hasNoWarning('/Test/Gateway', Match.anyValue());
});

test('AWS credentials that manage the vault open its signed routes, not those for tokens', () => {
  const stack = new Stack(new App(), 'Test');
  const gateway = new McpGateway(stack, 'Gateway', { ...PROPS, ...signIn() });
  gateway.grants.manageVault(new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() }));
  const policy = JSON.stringify(read(stack).only('AWS::IAM::Policy', 'Administrator'));
  expect(policy).toContain('/v1/PUT/vault/keys/stripe');
  expect(policy).not.toContain('/vault/v1/');
});

test('administrators of grants may call the grants API, and nothing of the vault', () => {
  const stack = new Stack(new App(), 'Test');
  const gateway = new McpGateway(stack, 'Gateway', { ...PROPS, ...signIn() });
  gateway.grants.manageGrants(new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() }));
  const policy = JSON.stringify(read(stack).only('AWS::IAM::Policy', 'Administrator'));
  expect(policy).toContain('"Action":"execute-api:Invoke"');
  expect(policy.match(/\/v1\/[^"]+/g)).toEqual([
    '/v1/GET/grants',
    '/v1/DELETE/grants/*/*',
    '/v1/GET/switches',
    '/v1/PUT/switches/person',
    '/v1/PUT/switches/client',
    '/v1/PUT/switches/gateway',
  ]);
});

test('fails to grant what a gateway without sign-in does not have', () => {
  const { gateway, stack } = synthesise();
  const role = new Role(stack, 'Administrator', { assumedBy: new AccountRootPrincipal() });
  expect(() => gateway.grants.manageGrants(role)).toThrow(
    expect.objectContaining({
      code: 'no_sign_in',
      message:
        '[Test/Gateway] there are no grants to manage: the tokens come from another issuer; use AuthMode.oauth21Pkce, or end them there',
    }),
  );
});

test('another mode of authentication is told the gateway’s URL', () => {
  class OwnMode extends AuthMode {
    public seen = '';
    public bind(_scope: unknown, gatewayUrl: string) {
      this.seen = gatewayUrl;
      return { issuer: ISSUER };
    }
  }
  const auth = new OwnMode();
  withDomain({ auth });
  expect(auth.seen).toBe('https://mcp.example.com');
});

test('the command line of this package can sign people in, unless that is switched off', () => {
  const clientsOf = (from: SynthesisedGateway) =>
    configOf(from, 'Authz').authorizationServer.clients.map(({ clientId }: { clientId: string }) => clientId);
  expect(clientsOf(made)).toEqual(['cdk-mcp-gateway-cli']);
  expect(clientsOf(synthesise(signIn({ commandLineSignIn: false })))).toEqual([]);
});
