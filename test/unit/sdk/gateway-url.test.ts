import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { McpGatewayError } from '../../../sdk/gateway-error';
import { locateGateway } from '../../../sdk/gateway-url';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sdk-url-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, content: unknown, writtenAt = 1_700_000_000): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  utimesSync(path, writtenAt, writtenAt);
  return path;
}

function refused(option: string | undefined, env: Record<string, string> = {}): McpGatewayError {
  try {
    locateGateway(option, env, root);
  } catch (error) {
    if (error instanceof McpGatewayError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const DEPLOYED = { Tools: { GatewayUrl: 'https://deployed.example.com', GatewayRegion: 'eu-west-1' } };
const LOCAL = {
  Local: {
    GatewayUrl: 'http://127.0.0.1:4000',
    GatewayRegion: 'us-east-1',
    LocalAccessKeyId: 'AKID',
    LocalSecretAccessKey: 'secret',
    LocalToken: 'token',
  },
};

test('the option wins over the environment, the environment over the outputs file', () => {
  write('cdk-outputs.json', DEPLOYED);
  const env = { MCP_GATEWAY_URL: 'https://env.example.com/' };
  expect(locateGateway('https://option.example.com/prod/', env, root)).toEqual({
    url: 'https://option.example.com/prod',
    source: 'option url',
    outputs: undefined,
  });
  expect(locateGateway(undefined, env, root)).toMatchObject({
    url: 'https://env.example.com',
    source: 'MCP_GATEWAY_URL',
  });
  expect(locateGateway(undefined, {}, root)).toMatchObject({
    url: 'https://deployed.example.com',
    source: join(root, 'cdk-outputs.json'),
  });
});

test('an outputs file is found from a folder below it, with the region', () => {
  write('cdk-outputs.json', DEPLOYED);
  const below = join(root, 'packages/agent');
  mkdirSync(below, { recursive: true });
  expect(locateGateway(undefined, {}, below).outputs).toEqual({
    url: 'https://deployed.example.com',
    region: 'eu-west-1',
  });
});

test('the output is recognised by the name CDK gives it', () => {
  write('cdk-outputs.json', {
    Other: { BucketName: 'b' },
    Tools: { MyToolsGatewayUrl1A2B3C4D: 'https://mcp.example.com', MyToolsGatewayRegion5E6F7A8B: 'eu-north-1' },
  });
  expect(locateGateway(undefined, {}, root).outputs).toEqual({ url: 'https://mcp.example.com', region: 'eu-north-1' });
});

test('the newest of deployment and local run is used', () => {
  write('cdk-outputs.json', DEPLOYED, 1_700_000_000);
  write('.mcp-gateway/local.json', LOCAL, 1_700_000_100);
  expect(locateGateway(undefined, {}, root)).toMatchObject({
    url: 'http://127.0.0.1:4000',
    outputs: { local: { accessKeyId: 'AKID', secretAccessKey: 'secret', token: 'token' } },
  });
  write('cdk-outputs.json', DEPLOYED, 1_700_000_200);
  expect(locateGateway(undefined, {}, root).url).toBe('https://deployed.example.com');
});

test('a loopback address given by hand still finds the credentials of that local run, and of no other', () => {
  write('.mcp-gateway/local.json', LOCAL);
  expect(locateGateway('http://127.0.0.1:4000', {}, root).outputs?.local?.accessKeyId).toBe('AKID');
  expect(locateGateway('http://127.0.0.1:4001', {}, root).outputs).toBeUndefined();
  expect(locateGateway('https://mcp.example.com', {}, root).outputs).toBeUndefined();
});

test.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])(
  'plain http is accepted for %s',
  (url) => {
    expect(locateGateway(url, {}, root).url).toBe(url);
  },
);

test.each([
  'http://mcp.example.com',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://10.0.0.1',
  'http://0.0.0.0:4000',
])('refuses plain http to %s', (url) => {
  expect(refused(url).code).toBe('gateway_url_insecure');
});

test.each([
  ['mcp.example.com', 'The gateway URL from option url is not a URL'],
  ['ftp://mcp.example.com', 'The gateway URL from option url is not a URL'],
  ['', 'The gateway URL from option url is not a URL'],
  ['https://user:pass@mcp.example.com', 'The gateway URL from option url carries credentials, a query or a fragment'],
  ['https://mcp.example.com/?token=x', 'The gateway URL from option url carries credentials, a query or a fragment'],
])('refuses %j as a URL', (url, message) => {
  expect(refused(url)).toMatchObject({ code: 'invalid_option', message });
});

test('refuses an insecure URL from an outputs file too, and names the file', () => {
  const path = write('cdk-outputs.json', { Tools: { GatewayUrl: 'http://mcp.example.com' } });
  expect(refused(undefined)).toMatchObject({
    code: 'gateway_url_insecure',
    message: `The gateway URL from ${path}, http://mcp.example.com, is not https, so keys and tokens would cross the network in clear`,
  });
});

test('fails with every way to say the URL when there is none', () => {
  expect(refused(undefined)).toMatchObject({
    code: 'gateway_url_missing',
    help: 'Pass url, set MCP_GATEWAY_URL, deploy with "npx cdk deploy --outputs-file cdk-outputs.json", or run "npm start".',
  });
});

test('fails when the file names two gateways, and lists them', () => {
  const path = write('cdk-outputs.json', {
    A: { GatewayUrl: 'https://a.example.com' },
    B: { XGatewayUrl: 'https://b.example.com' },
  });
  expect(refused(undefined)).toMatchObject({
    code: 'gateway_url_ambiguous',
    message: `${path} names several gateways: https://a.example.com, https://b.example.com`,
  });
});

test.each([
  ['{"Tools":', 'is not JSON'],
  ['[]', 'is not an object of stacks'],
])('fails when the outputs file is %j', (content, problem) => {
  const path = write('cdk-outputs.json', content);
  expect(refused(undefined)).toMatchObject({ code: 'outputs_file_unusable', message: `${path} ${problem}` });
});

test('fails when the outputs file has no gateway', () => {
  const path = write('cdk-outputs.json', { Tools: { BucketName: 'b', GatewayUrlNot: 'https://x.example.com' } });
  expect(refused(undefined)).toMatchObject({
    code: 'gateway_url_missing',
    message: `${path} has no output named GatewayUrl`,
  });
});

test('refuses an outputs file that everyone can write', () => {
  const path = write('cdk-outputs.json', DEPLOYED);
  chmodSync(path, 0o666);
  expect(refused(undefined)).toMatchObject({
    code: 'outputs_file_unusable',
    message: `${path} belongs to another user or can be written by everyone, so its gateway URL cannot be trusted`,
  });
});
