import { AUTH_KEYS } from '../../../../lambda/contract/auth-record';
import { authorizationServerMetadata } from '../../../../lambda/contract/authorization-server';
import { type DoorRoute, doorRoutes, gatewayResponses } from '../../../../lambda/contract/front-door';
import type { ResourceFacts } from '../../../../lambda/contract/metadata';
import { PATHS } from '../../../../lambda/contract/paths';

const URL_OF_GATEWAY = 'https://mcp.example';
const ALL = { dynamicRegistration: true, clientIdMetadata: true, clientCredentials: true, identityAssertions: true };
const FACTS: ResourceFacts = {
  gatewayUrl: URL_OF_GATEWAY,
  issuer: URL_OF_GATEWAY,
  scopes: ['mcp:tools'],
  upstreamNames: ['shop', 'mail'],
  authorizationServer: ALL,
};
const routes = doorRoutes(FACTS);
const named = ({ method, path }: DoorRoute) => `${method} ${path}`;

function fixed(path: string, method = 'GET') {
  const route = routes.find((one) => one.path === path && one.method === method);
  if (route?.kind !== 'fixed') throw new Error(`${method} ${path} is not answered by the API itself`);
  return route;
}

test('every URL of the metadata is below the issuer and served', () => {
  const metadata = authorizationServerMetadata(URL_OF_GATEWAY, ['mcp:tools'], ALL);
  const urls = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name));
  expect(urls.map(([name]) => name).sort()).toEqual([
    'authorization_endpoint',
    'jwks_uri',
    'registration_endpoint',
    'revocation_endpoint',
    'token_endpoint',
  ]);
  const served = routes.map(({ path }) => URL_OF_GATEWAY + path);
  for (const [, url] of urls) expect(served).toContain(url);
});

test('metadata names what is secure and nothing else', () => {
  const metadata = authorizationServerMetadata(URL_OF_GATEWAY, [], ALL);
  expect(metadata).toMatchObject({
    issuer: URL_OF_GATEWAY,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  });
  expect(JSON.stringify(metadata)).not.toMatch(/implicit|password|plain|client_secret|HS\d|"none","alg/);
});

test('what is switched off is not announced', () => {
  const off = {
    dynamicRegistration: false,
    clientIdMetadata: false,
    clientCredentials: false,
    identityAssertions: false,
  };
  const metadata = authorizationServerMetadata(URL_OF_GATEWAY, [], off);
  expect(metadata).not.toHaveProperty('registration_endpoint');
  expect(metadata).not.toHaveProperty('authorization_grant_profiles_supported');
  expect(metadata.client_id_metadata_document_supported).toBe(false);
  expect(metadata.grant_types_supported).toEqual(['authorization_code', 'refresh_token']);
  const closed = doorRoutes({ ...FACTS, authorizationServer: off });
  expect(closed.map(named).filter((name) => name.endsWith('/register'))).toEqual([]);
});

test('both metadata documents are the same, and resources name the gateway as their issuer', () => {
  expect(fixed('/.well-known/openid-configuration').body).toBe(fixed('/.well-known/oauth-authorization-server').body);
  expect(JSON.parse(fixed('/.well-known/oauth-protected-resource/mcp/shop').body)).toMatchObject({
    authorization_servers: [URL_OF_GATEWAY],
    scopes_supported: ['mcp:tools'],
  });
});

test('each method of each path is there once', () => {
  expect(new Set(routes.map(named)).size).toBe(routes.length);
});

test('what reaches a function without token or signature is sign-in, and the vault’s own API for its tokens', () => {
  const open = routes.filter((route) => route.kind === 'function' && route.auth === 'none');
  const isVault = ({ path }: DoorRoute) => path.startsWith(PATHS.vaultOwnKeys);
  expect(open.filter((route) => route.kind === 'function' && (route.function === 'vault') !== isVault(route))).toEqual(
    [],
  );
  expect(open.filter((route) => !isVault(route)).map(named)).toEqual([
    'GET /jwks',
    'POST /token',
    'POST /revoke',
    'POST /register',
    'GET /authorize',
    'POST /authorize',
    'GET /idp/callback',
    'GET /consent',
    'POST /consent',
    'GET /account/sign-in',
    'GET /account',
    'POST /account/revoke',
    'POST /account/sign-out',
  ]);
});

test('grants are managed with an AWS signature', () => {
  const grants = routes.filter((route) => route.kind === 'function' && route.function === 'grants');
  expect(grants.map((route) => `${route.auth} ${named(route)}`)).toEqual([
    'iam GET /grants',
    'iam DELETE /grants/{subject}/{grantId}',
    'iam GET /switches',
    'iam PUT /switches/{kind}',
  ]);
});

test('any page may ask for tokens, none may send a cookie along, and the pages of a sign-in are for no script', () => {
  const preflights = routes.filter(({ method }) => method === 'OPTIONS');
  expect(preflights.map(({ path }) => path)).toEqual(['/token', '/revoke', '/register']);
  for (const { path } of preflights) {
    expect(fixed(path, 'OPTIONS').headers).toMatchObject({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'POST',
    });
  }
  expect(JSON.stringify([routes, gatewayResponses(FACTS)])).not.toMatch(/allow-credentials/i);
});

test('no key of the auth table can be made to collide with another kind', () => {
  const keys = [
    AUTH_KEYS.transaction('x'),
    AUTH_KEYS.grant('x', 'y'),
    AUTH_KEYS.personSwitch('x'),
    AUTH_KEYS.clientSwitch('x'),
    AUTH_KEYS.gatewaySwitch(),
    AUTH_KEYS.registration('x'),
    AUTH_KEYS.document('x'),
    AUTH_KEYS.once('x'),
    AUTH_KEYS.session('x'),
    AUTH_KEYS.signingKeys(),
  ];
  expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
});
