import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, requireValue } from '../../../../lambda/io/load-config';
import { gatewayConfig, upstreamConfig } from '../../../helpers/config';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'load-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function load(config: unknown, environment: Record<string, string> = {}) {
  writeFileSync(join(directory, 'gateway.json'), JSON.stringify(config));
  return loadConfig(directory, environment);
}
const withIssuer = (issuer: string) => {
  const config = gatewayConfig([upstreamConfig('shop')]);
  return { ...config, auth: { ...config.auth, issuer } };
};

test('reads the configuration as it was checked at synth', () => {
  const config = gatewayConfig([
    upstreamConfig('shop', { credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } }),
  ]);
  expect(load(config)).toEqual(config);
});

test('fills in what only the deployment knows', () => {
  const config = {
    ...withIssuer('{{MCP_VALUE_0}}'),
    upstreams: [upstreamConfig('shop', { url: 'https://{{MCP_VALUE_1}}/mcp' })],
  };
  const loaded = load(config, { MCP_VALUE_0: 'https://issuer.example/pool', MCP_VALUE_1: 'shop.example' });
  expect([loaded.auth.issuer, loaded.upstreams[0]?.url]).toEqual([
    'https://issuer.example/pool',
    'https://shop.example/mcp',
  ]);
});

test('fills in text that is no address, as it is', () => {
  const loaded = load(
    {
      ...withIssuer('https://issuer.example'),
      authorizationServer: { identityProvider: { clientId: '{{MCP_TEXT_0}}' } },
    },
    { MCP_TEXT_0: '7abc' },
  );
  expect(loaded.authorizationServer?.identityProvider.clientId).toBe('7abc');
});

test('leaves braces of a credential template alone', () => {
  const credential = { provider: 'acme', headers: { 'X-Key': '{key}{other}' } };
  expect(load(gatewayConfig([upstreamConfig('shop', { credential })])).upstreams[0]?.credential).toEqual(credential);
});

test.each([
  ['http://issuer.example', 'http://issuer.example'],
  ['https://user:password@issuer.example/x', 'https://issuer.example'],
  ['https://issuer.example/#fragment', 'https://issuer.example'],
  ['issuer.example', 'no URL'],
  ['javascript:alert(1)', 'null'],
  ['', 'no URL'],
])('fails on the deployed address %j, without repeating what could be a password', (address, shown) => {
  expect(() => load(withIssuer('{{MCP_VALUE_0}}'), { MCP_VALUE_0: address })).toThrow(
    new Error(
      `gateway.json is not usable:\n  {{MCP_VALUE_0}} became ${shown}: must be an https URL without user and fragment`,
    ),
  );
});

test('fails with every problem at once', () => {
  const config = {
    ...withIssuer('{{MCP_VALUE_0}}'),
    formatVersion: 2,
    upstreams: [upstreamConfig('a', { url: '{{MCP_VALUE_1}}' }), upstreamConfig('b', { url: '{{PATH}}' })],
  };
  expect(() => load(config, { MCP_VALUE_1: 'http://a.example', PATH: 'https://evil.example' })).toThrow(
    new Error(
      [
        'gateway.json is not usable:',
        'environment variable MCP_VALUE_0 is not set',
        '{{MCP_VALUE_0}} became no URL: must be an https URL without user and fragment',
        '{{MCP_VALUE_1}} became http://a.example: must be an https URL without user and fragment',
        '{{PATH}} became no URL: must be an https URL without user and fragment',
        'formatVersion is not 1: deploy construct and functions of the same release',
      ].join('\n  '),
    ),
  );
});

test('fails without the file', () => {
  expect(() => loadConfig(directory, {})).toThrow(/ENOENT.*gateway\.json/);
});

test('requireValue fails on a value that is missing or empty, naming it', () => {
  expect(requireValue({ A: 'x' }, 'A')).toBe('x');
  expect(() => requireValue({}, 'A')).toThrow('environment variable A is not set');
  expect(() => requireValue({ A: '' }, 'A')).toThrow('environment variable A is not set');
});
