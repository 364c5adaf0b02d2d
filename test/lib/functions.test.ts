import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { parseGatewayConfig } from '../../lambda/config/parse-gateway-config';
import { AuthMode, Credential, McpGateway, Upstream } from '../../lib';
import { codeOf, read, type SynthesisedGateway, synthesise } from '../helpers/gateway-stack';

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise({
    provisionedConcurrency: 2,
    maxProvisionedConcurrency: 10,
    memorySize: 1024,
    cacheTtl: Duration.millis(250),
    allowedOrigins: ['https://app.example.com'],
  });
});

test.each([
  ['GatewayMcp', 1024, 900, ['connect-offers.mjs', 'error-wire.mjs', 'people.mjs', 'refused-keys.mjs']],
  ['GatewayAuthorizer', 1024, 10, []],
  ['GatewayVaultApi', 512, 29, []],
])('%s runs prebuilt code on arm64 and Node 24', (id, memory, timeout, chunks) => {
  expect(made.only('AWS::Lambda::Function', id)).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    MemorySize: memory,
    Timeout: timeout,
    LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: expect.stringMatching(new RegExp(`^${id}Logs`)) } },
  });
  expect(readdirSync(codeOf(made, id)).sort()).toEqual(['gateway.json', 'index.mjs', ...chunks].sort());
});

test('functions on the path of a tool call are kept warm and scale at 60 %', () => {
  for (const id of ['GatewayMcp', 'GatewayAuthorizer']) {
    expect(made.only('AWS::Lambda::Alias', id)).toMatchObject({
      Name: 'live',
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
    });
    expect(made.only('AWS::ApplicationAutoScaling::ScalableTarget', id)).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 10,
    });
    expect(made.only('AWS::ApplicationAutoScaling::ScalingPolicy', id)).toMatchObject({
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 0.6,
        PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
      },
    });
  }
  expect(made.only('AWS::Lambda::Alias', 'GatewayVaultApi')).not.toHaveProperty('ProvisionedConcurrencyConfig');
});

test('nothing is kept warm unless asked', () => {
  const { resources } = synthesise();
  expect(JSON.stringify(resources)).not.toContain('ProvisionedConcurrencyConfig');
});

test('each function gets the configuration as a file, and by its environment only what deployment decides', () => {
  for (const id of ['GatewayMcp', 'GatewayAuthorizer', 'GatewayVaultApi']) {
    const config = JSON.parse(readFileSync(join(codeOf(made, id), 'gateway.json'), 'utf8'));
    expect(parseGatewayConfig(config)).toEqual({ config });
    expect(config).toMatchObject({
      auth: { issuer: 'https://login.example.com', requiredScopes: ['mcp:tools'] },
      upstreams: [
        { name: 'stripe', credential: { provider: 'stripe', headers: { Authorization: 'Bearer {key}' } } },
        { name: 'docs' },
      ],
      cacheTtlMs: 250,
      allowedOrigins: ['https://app.example.com'],
    });
  }
  expect(environment(made, 'GatewayMcp')).toEqual([
    'MCP_GATEWAY_ID',
    'MCP_GATEWAY_URL',
    'MCP_SESSION_SECRET',
    'MCP_VAULT_TABLE',
  ]);
  expect(environment(made, 'GatewayAuthorizer')).toEqual(['MCP_GATEWAY_URL']);
  expect(environment(made, 'GatewayVaultApi')).toEqual([
    'MCP_GATEWAY_ID',
    'MCP_GATEWAY_URL',
    'MCP_OPERATOR_SECRETS',
    'MCP_VAULT_KEY_ARN',
    'MCP_VAULT_TABLE',
  ]);
});

function environment(from: Pick<SynthesisedGateway, 'only'>, idPrefix: string): string[] {
  const { Environment } = from.only('AWS::Lambda::Function', idPrefix) as { Environment: { Variables: object } };
  return Object.keys(Environment.Variables).sort();
}

test('the same sources give the same template, and staging leaves nothing behind', () => {
  const own = mkdtempSync(join(os.tmpdir(), 'staging-test-'));
  const tmpdir = jest.spyOn(os, 'tmpdir').mockReturnValue(own);
  try {
    const first = synthesise({}, new App({ outdir: join(own, 'first') })).resources;
    expect(synthesise({}, new App({ outdir: join(own, 'second') })).resources).toEqual(first);
    expect(readdirSync(own).sort()).toEqual(['first', 'second']);
    expect(tmpdir).toHaveBeenCalledTimes(6);
  } finally {
    tmpdir.mockRestore();
    rmSync(own, { recursive: true });
  }
});

test('values known only at deployment reach the functions by their environment', () => {
  const stack = new Stack(new App(), 'Test');
  const issuer = new CfnParameter(stack, 'Issuer').valueAsString;
  const host = new CfnParameter(stack, 'Host').valueAsString;
  new McpGateway(stack, 'Gateway', {
    auth: AuthMode.external({ issuer }),
    upstreams: [Upstream.mcp('own', { url: `https://${host}/mcp` })],
    allowedOrigins: [`https://${host}`],
  });
  const from = read(stack);
  const config = readFileSync(join(codeOf(from, 'GatewayMcp'), 'gateway.json'), 'utf8');
  expect(JSON.parse(config)).toMatchObject({
    auth: { issuer: '{{MCP_VALUE_0}}' },
    upstreams: [{ url: '{{MCP_VALUE_1}}' }],
    allowedOrigins: ['{{MCP_VALUE_2}}'],
  });
  expect(config).not.toMatch(/Token|\.invalid/);
  for (const id of ['GatewayMcp', 'GatewayAuthorizer', 'GatewayVaultApi']) {
    expect(from.only('AWS::Lambda::Function', id)).toMatchObject({
      Environment: {
        Variables: {
          MCP_VALUE_0: { Ref: 'Issuer' },
          MCP_VALUE_1: { 'Fn::Join': ['', ['https://', { Ref: 'Host' }, '/mcp']] },
          MCP_VALUE_2: { 'Fn::Join': ['', ['https://', { Ref: 'Host' }]] },
        },
      },
    });
  }
  expect(JSON.stringify(from.resources)).toContain('\\"authorization_servers\\":[\\"",{"Ref":"Issuer"},"\\"]');
});

test('an address may begin with what only the deployment knows, such as the URL of a function', () => {
  const stack = new Stack(new App(), 'Test');
  const functionUrl = new CfnParameter(stack, 'FunctionUrl').valueAsString;
  new McpGateway(stack, 'Gateway', {
    auth: AuthMode.external({ issuer: 'https://login.example.com' }),
    upstreams: [Upstream.mcp('own', { url: `${functionUrl}mcp` })],
  });
  const from = read(stack);
  const config = JSON.parse(readFileSync(join(codeOf(from, 'GatewayMcp'), 'gateway.json'), 'utf8'));
  expect(config.upstreams[0].url).toBe('{{MCP_VALUE_0}}');
  expect(from.only('AWS::Lambda::Function', 'GatewayMcp')).toMatchObject({
    Environment: { Variables: { MCP_VALUE_0: { 'Fn::Join': ['', [{ Ref: 'FunctionUrl' }, 'mcp']] } } },
  });
});

test("keys for more providers than Lambda's environment holds are refused at synth", () => {
  const upstreams = Array.from({ length: 40 }, (_, n) =>
    Upstream.mcp(`upstream-${n}`, { url: 'https://u.example/', credential: Credential.bearer() }),
  );
  expect(() => synthesise({ upstreams })).toThrow(
    expect.objectContaining({
      code: 'environment_too_large',
      message: expect.stringMatching(
        /^\[Test\/Gateway\/VaultApi\] MCP_OPERATOR_SECRETS makes the function's environment about \d+ bytes, Lambda allows 4096: let upstreams share a provider, or spread them over several gateways$/,
      ),
    }),
  );
});

test('twenty providers fit', () => {
  const upstreams = Array.from({ length: 20 }, (_, n) =>
    Upstream.mcp(`upstream-${n}`, { url: 'https://u.example/', credential: Credential.bearer() }),
  );
  synthesise({ upstreams }).template.resourceCountIs('AWS::SecretsManager::Secret', 21);
});
