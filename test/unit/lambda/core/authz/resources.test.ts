import { resourceRules } from '../../../../../lambda/core/authz/resources';
import { grantableScopes } from '../../../../../lambda/core/authz/scopes';

const GATEWAY = 'https://mcp.acme.example';
const rules = resourceRules({ gatewayUrl: GATEWAY, upstreamNames: ['stripe', 'mail'], scopes: ['mcp:tools'] });
const resolve = (resource: readonly string[] | undefined, kind: 'registered' | 'dynamic' = 'dynamic') => {
  const resolved = rules.resolve(resource, { kind });
  return resolved.ok ? resolved.value : resolved.error.error;
};

test.each([
  ['the gateway', `${GATEWAY}/mcp`, `${GATEWAY}/mcp`],
  ['an endpoint', `${GATEWAY}/mcp/stripe`, `${GATEWAY}/mcp/stripe`],
  ['an endpoint with a slash behind it', `${GATEWAY}/mcp/stripe/`, `${GATEWAY}/mcp/stripe`],
  ['a host in capitals', 'HTTPS://MCP.Acme.Example/mcp', `${GATEWAY}/mcp`],
])('accepts %s, and keeps the one form of it', (_, asked, kept) => {
  expect(resolve([asked])).toBe(kept);
});

test('without a resource it is the gateway, or its only endpoint', () => {
  expect(resolve(undefined)).toBe(`${GATEWAY}/mcp`);
  const single = resourceRules({ gatewayUrl: GATEWAY, upstreamNames: ['stripe'], scopes: [] });
  expect(single.default).toBe(`${GATEWAY}/mcp/stripe`);
  expect(single.resolve([], { kind: 'dynamic' })).toEqual({ ok: true, value: single.default });
});

test.each([
  ['another host', ['https://evil.example/mcp']],
  ['another port', [`${GATEWAY}:8443/mcp`]],
  ['http', ['http://mcp.acme.example/mcp']],
  ['an unknown endpoint', [`${GATEWAY}/mcp/github`]],
  ['an endpoint in capitals', [`${GATEWAY}/mcp/STRIPE`]],
  ['a fragment', [`${GATEWAY}/mcp#x`]],
  ['a query', [`${GATEWAY}/mcp?x=1`]],
  ['a relative address', ['/mcp']],
  ['user information', ['https://mcp.acme.example@evil.example/mcp']],
  ['dot segments', [`${GATEWAY}/x/../mcp`]],
  ['two slashes behind it', [`${GATEWAY}/mcp//`]],
  ['the gateway without its path', [GATEWAY]],
  ['two endpoints', [`${GATEWAY}/mcp/stripe`, `${GATEWAY}/mcp/mail`]],
  ['one endpoint twice', [`${GATEWAY}/mcp`, `${GATEWAY}/mcp`]],
  ['a member of every object', ['constructor']],
  ['the vault, by a client the operator did not enter', [`${GATEWAY}/vault/v1`]],
  ['a path below the vault', [`${GATEWAY}/vault/v1/keys`]],
])('refuses %s', (_, resource) => {
  expect(resolve(resource)).toBe('invalid_target');
});

test('the vault is for registered clients, with a scope of its own', () => {
  expect(resolve([`${GATEWAY}/vault/v1`], 'registered')).toBe(`${GATEWAY}/vault/v1`);
  expect(rules.scopesAt(`${GATEWAY}/vault/v1`)).toEqual(['vault:manage']);
  expect(rules.scopesAt(`${GATEWAY}/mcp/stripe`)).toEqual(['mcp:tools']);
});

test('where there are platforms, a token for the vault may also be for one’s own connections, whoever one is', () => {
  const withPlatforms = resourceRules({ gatewayUrl: GATEWAY, upstreamNames: [], scopes: [], hasProviders: true });
  const scopes = withPlatforms.scopesAt(`${GATEWAY}/vault/v1`);
  expect(scopes).toEqual(['vault:manage', 'connections:manage']);
  expect(grantableScopes(scopes, { isAdministrator: false })).toEqual(['connections:manage']);
});
