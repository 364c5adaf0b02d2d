import fc from 'fast-check';
import { formatProblems } from '../../../../lambda/config/format-problems';
import { AUTHORIZATION_SERVER_DEFAULTS, type GatewayConfig } from '../../../../lambda/config/gateway-config';
import { type ConfigProblem, parseGatewayConfig } from '../../../../lambda/config/parse-gateway-config';
import { isPrivateScheme } from '../../../../lambda/config/read-redirect-uri';

const IDP = { issuer: 'https://login.example.com', clientId: 'gateway', clientAuthentication: 'client_secret_basic' };
const KEY = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' };

const input = (server: object = {}, auth: object = {}) => ({
  auth: { issuer: 'https://mcp.example.com', ...auth },
  authorizationServer: { identityProvider: IDP, ...server },
  upstreams: [{ name: 'stripe', url: 'https://mcp.stripe.com/' }],
});
const withIdp = (more: object) => input({ identityProvider: { ...IDP, ...more } });
const withClient = (more: object) =>
  input({ clients: [{ clientId: 'app', name: 'App', redirectUris: ['https://app.example.com/cb'], ...more }] });
const withRedirect = (uri: unknown) => withClient({ redirectUris: [uri] });

function problemsOf(value: unknown): readonly ConfigProblem[] {
  const result = parseGatewayConfig(value);
  return 'problems' in result ? result.problems : [];
}

function configOf(value: unknown): GatewayConfig {
  const result = parseGatewayConfig(value);
  if ('problems' in result) throw new Error(formatProblems(result.problems));
  return result.config;
}

test('fills in the defaults', () => {
  const config = configOf(input());
  expect(config.auth.requiredScopes).toEqual(['mcp:tools']);
  expect(config.authorizationServer).toEqual({
    identityProvider: {
      ...IDP,
      scopes: ['openid', 'profile', 'email'],
      authorizationParameters: {},
      idTokenAlgorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
      subjectClaim: 'sub',
      groupsClaim: 'groups',
      allowed: {},
      administratorGroups: [],
    },
    clients: [],
    clientIdMetadata: {
      enabled: true,
      allowedHosts: AUTHORIZATION_SERVER_DEFAULTS.clientIdHosts,
    },
    dynamicRegistration: {
      enabled: true,
      allowedRedirectHosts: AUTHORIZATION_SERVER_DEFAULTS.redirectHosts,
      allowedPrivateSchemes: ['cursor', 'vscode', 'vscode-insiders'],
      unusedDays: 90,
    },
    assertionIssuers: [],
    accessTokenSeconds: 300,
    grantIdleSeconds: 2_592_000,
    grantMaxSeconds: 7_776_000,
    refreshGraceSeconds: 60,
    signingKeyRotationDays: 90,
    branding: { name: 'MCP gateway' },
  });
});

test('keeps what is given, and reads its own output as the same configuration', () => {
  const server = {
    identityProvider: {
      ...IDP,
      clientAuthentication: 'private_key_jwt',
      scopes: ['openid', 'groups'],
      authorizationParameters: { prompt: 'login' },
      idTokenAlgorithms: ['RS256'],
      subjectClaim: 'oid',
      groupsClaim: 'https://example.com/groups',
      allowed: { groups: ['a b', 'ü'], tenants: { claim: 'tid', values: ['1'] }, domains: ['example.com'] },
      administratorGroups: ['admins'],
    },
    clients: [
      {
        clientId: 'app',
        name: 'App',
        redirectUris: ['http://[::1]:8080/cb?x=1', 'cursor://anysphere.cursor-retrieval/oauth/cb'],
        jwks: { keys: [KEY, { kty: 'OKP', crv: 'Ed25519', x: 'eA', kid: 'b', use: 'sig' }] },
        grantTypes: ['authorization_code', 'refresh_token'],
      },
      { clientId: 'm', name: 'M', redirectUris: [], jwks: { keys: [KEY] }, grantTypes: ['client_credentials'] },
    ],
    clientIdMetadata: { enabled: false, allowedHosts: [] },
    dynamicRegistration: {
      enabled: false,
      allowedRedirectHosts: ['*.example.com'],
      allowedPrivateSchemes: ['com.example.app'],
      unusedDays: 1,
    },
    assertionIssuers: [
      { issuer: 'https://idp.example.com', jwksUri: 'https://idp.example.com/keys?v=1', clientIds: ['m'] },
    ],
    accessTokenSeconds: 60,
    grantIdleSeconds: 600,
    grantMaxSeconds: 600,
    refreshGraceSeconds: 0,
    signingKeyRotationDays: 365,
    branding: { name: 'Acme', logo: 'data:image/png;base64,iVBORw==', accentColor: '#a0B1c2' },
  };
  const config = configOf(input(server, { requiredScopes: ['a', 'b'] }));
  expect(config.authorizationServer).toEqual(server);
  expect(configOf(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test('a short grant shortens the default time it may be unused', () => {
  expect(configOf(input({ grantMaxSeconds: 3600 })).authorizationServer).toMatchObject({ grantIdleSeconds: 3600 });
});

test('reports every problem of the whole configuration at once', () => {
  const problems = problemsOf({
    auth: { issuer: 'x' },
    authorizationServer: { identityProvider: { issuer: 'y' }, clients: 'z', clientIdMetadata: { enabled: 'yes' } },
    upstreams: [],
  });
  expect(problems.map(({ path }) => path)).toEqual([
    'auth.issuer',
    'authorizationServer.identityProvider.issuer',
    'authorizationServer.identityProvider.clientId',
    'authorizationServer.identityProvider.clientAuthentication',
    'authorizationServer.clients',
    'authorizationServer.clientIdMetadata.enabled',
    'upstreams',
  ]);
});

describe('refuses a redirect URI', () => {
  test.each([
    'https://app.example.com/cb#x',
    'https://user@app.example.com/cb',
    'https://@app.example.com/cb',
    'https://app.example.com/x/../cb',
    'https://app.example.com/%2e%2e/cb',
    'https://app.example.com\\@evil.example/cb',
    'https://app.example.com:443/cb',
    'https://APP.example.com/cb',
    'https://app.example.com/*',
    'https:/app.example.com/cb',
    'https:app.example.com/cb',
    '//app.example.com/cb',
    '/cb',
    'app.example.com/cb',
    ' https://app.example.com/cb',
    'https://app.example.com/c b',
    'https://app.example.com/c\tb',
    'https://app.example.com/cb\n',
    'https://äpp.example.com/cb',
    'http://app.example.com/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.2/cb',
    'http://127.1/cb',
    'http://2130706433/cb',
    'http://0x7f.1/cb',
    'http://[::ffff:127.0.0.1]/cb',
    'http://localhost./cb',
    'http://localhost:99999/cb',
    'https://app.example.com/cb?code=stolen',
    'https://app.example.com/cb?a=1&state=x',
    'https://app.example.com/cb?%69ss=x',
    'http://127.0.0.1/cb?error=x',
    'com.example.app:/cb?error_description=x',
    'javascript:alert(1)',
    'javascript:/alert(1)',
    'JavaScript://%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ms-msdt:/id',
    'search-ms:/query',
    'intent://x#Intent;end',
    'about:/blank',
    'view-source:/x',
    'vbscript:/x',
    'com.example.app:/a/../cb',
    `https://app.example.com/${'a'.repeat(2048)}`,
    '',
    7,
    null,
    {},
  ])('%j', (uri) => {
    expect(problemsOf(withRedirect(uri)).map(({ path }) => path)).toEqual([
      'authorizationServer.clients[0].redirectUris[0]',
    ]);
  });
});

test.each([
  'https://app.example.com',
  'https://app.example.com/cb?tenant=1',
  'https://app.example.com:8443/cb',
  'http://localhost/cb',
  'http://127.0.0.1:3000/cb',
  'http://[::1]/cb',
  'com.example.app:/oauth/cb',
  'cursor://anysphere.cursor-retrieval/oauth/callback',
])('takes the redirect URI %s as it is', (uri) => {
  expect(configOf(withRedirect(uri)).authorizationServer?.clients[0]?.redirectUris).toEqual([uri]);
});

test('a query of a redirect URI, which may hold a secret, is not repeated', () => {
  const [problem] = problemsOf(withRedirect('http://app.example.com/cb?token=sk_live'));
  expect(problem?.value).toBe('"http://app.example.com/cb…"');
});

describe('refuses', () => {
  const at = 'authorizationServer';
  const cases: [string, unknown, string[]][] = [
    ['no identity provider', { ...input(), authorizationServer: {} }, [`${at}.identityProvider`]],
    ['an unknown field', input({ secret: 'x' }), [`${at}.secret`]],
    ['a secret in the place of a client id', withIdp({ clientId: 'a\nb' }), [`${at}.identityProvider.clientId`]],
    ['placeholders in text', withIdp({ clientId: '{{MCP_TEXT_0}}' }), [`${at}.identityProvider.clientId`]],
    [
      'an unknown authentication',
      withIdp({ clientAuthentication: 'client_secret_jwt' }),
      [`${at}.identityProvider.clientAuthentication`],
    ],
    [
      'a parameter with a wrong name',
      withIdp({ authorizationParameters: { 'a b': 'c' } }),
      [`${at}.identityProvider.authorizationParameters["a b"]`],
    ],
    [
      'a tenant without a claim',
      withIdp({ allowed: { tenants: { values: ['x'] } } }),
      [`${at}.identityProvider.allowed.tenants.claim`],
    ],
    [
      'a tenant without values',
      withIdp({ allowed: { tenants: { claim: 'tid' } } }),
      [`${at}.identityProvider.allowed.tenants.values`],
    ],
    [
      'an upper-case domain',
      withIdp({ allowed: { domains: ['Example.com'] } }),
      [`${at}.identityProvider.allowed.domains[0]`],
    ],
    [
      'an IP address as a host',
      input({ clientIdMetadata: { allowedHosts: ['10.0.0.1'] } }),
      [`${at}.clientIdMetadata.allowedHosts[0]`],
    ],
    [
      'a host with a port',
      input({ clientIdMetadata: { allowedHosts: ['a.example:8443'] } }),
      [`${at}.clientIdMetadata.allowedHosts[0]`],
    ],
    [
      'a star in the middle',
      input({ clientIdMetadata: { allowedHosts: ['a.*.example.com'] } }),
      [`${at}.clientIdMetadata.allowedHosts[0]`],
    ],
    [
      'a host with a trailing dot',
      input({ clientIdMetadata: { allowedHosts: ['a.example.'] } }),
      [`${at}.clientIdMetadata.allowedHosts[0]`],
    ],
    [
      'a name without a dot',
      input({ clientIdMetadata: { allowedHosts: ['localhost'] } }),
      [`${at}.clientIdMetadata.allowedHosts[0]`],
    ],
    [
      'a machine without keys',
      withClient({ redirectUris: [], grantTypes: ['client_credentials'] }),
      [`${at}.clients[0].jwks`],
    ],
    [
      'a machine that redirects',
      withClient({ grantTypes: ['client_credentials'], jwks: { keys: [KEY] } }),
      [`${at}.clients[0].redirectUris`],
    ],
    [
      'a grant type of old',
      withClient({ grantTypes: ['authorization_code', 'password'] }),
      [`${at}.clients[0].grantTypes[1]`],
    ],
    [
      'a symmetric key',
      withClient({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }),
      [`${at}.clients[0].jwks.keys[0]`],
    ],
    [
      'a short RSA key',
      withClient({ jwks: { keys: [{ kty: 'RSA', n: 'x'.repeat(172), e: 'AQAB' }] } }),
      [`${at}.clients[0].jwks.keys[0]`],
    ],
    [
      'a curve nobody signs with',
      withClient({ jwks: { keys: [{ kty: 'OKP', crv: 'X25519', x: 'eA' }] } }),
      [`${at}.clients[0].jwks.keys[0]`],
    ],
    ['no key at all', withClient({ jwks: { keys: [] } }), [`${at}.clients[0].jwks.keys`]],
    ['a key that is no object', withClient({ jwks: { keys: ['x'] } }), [`${at}.clients[0].jwks.keys[0]`]],
    ['a client id with a blank', withClient({ clientId: 'a b' }), [`${at}.clients[0].clientId`]],
    ['a name that turns around', withClient({ name: 'a\u202eb' }), [`${at}.clients[0].name`]],
    ['a name of blanks', withClient({ name: ' ' }), [`${at}.clients[0].name`]],
    ['the vault’s scope for tools', input({}, { requiredScopes: ['vault:manage'] }), ['auth.requiredScopes[0]']],
    [
      'an SVG with script in the clear',
      input({ branding: { logo: 'data:image/svg+xml,<svg onload=x>' } }),
      [`${at}.branding.logo`],
    ],
    ['a page as a logo', input({ branding: { logo: 'data:text/html;base64,PGI+' } }), [`${at}.branding.logo`]],
    ['a colour that closes a rule', input({ branding: { accentColor: '#fff}body{' } }), [`${at}.branding.accentColor`]],
  ];

  test.each(cases)('%s', (_, value, paths) => {
    expect(problemsOf(value).map(({ path }) => path)).toEqual(paths);
  });

  test('key material, whatever is wrong with it, without showing it', () => {
    const text = formatProblems(problemsOf(withClient({ jwks: { keys: [{ ...KEY, d: 'sk_private' }, 'sk_text'] } })));
    expect(text).not.toContain('sk_');
  });
});

test('the same scopes are free where another issuer makes the tokens', () => {
  const { authorizationServer: _, ...external } = input({}, { requiredScopes: ['offline_access'] });
  expect(configOf(external).auth.requiredScopes).toEqual(['offline_access']);
});

test('no input makes the parser throw', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 3 }), (value) => {
      parseGatewayConfig(input({ identityProvider: value }));
      parseGatewayConfig(input({ clients: [value] }));
      parseGatewayConfig({ ...input(), authorizationServer: value });
      parseGatewayConfig(withRedirect(value));
      parseGatewayConfig(withClient({ jwks: value }));
    }),
  );
});

test('what is taken as a redirect URI is read the same by every parser', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'https:',
      'http:',
      'app:',
      '/',
      '//',
      '@',
      '..',
      '.',
      '%2e',
      '\\',
      '#',
      '?',
      '*',
      'a',
      'localhost',
      '127.0.0.1',
      ':80',
      ':443',
      ' ',
      'A',
    ),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const uri = parts.join('');
      const result = parseGatewayConfig(withRedirect(uri));
      if ('problems' in result) return true;
      const url = new URL(uri);
      const isSafe =
        url.protocol === 'https:' || url.protocol === 'http:' ? true : isPrivateScheme(url.protocol.slice(0, -1));
      return (
        isSafe && [uri, `${uri}/`].includes(url.href) && url.hash === '' && url.username === '' && !/[\\*#]/.test(uri)
      );
    }),
    { numRuns: 2000 },
  );
});

const withRedirectHost = (entry: unknown) => input({ dynamicRegistration: { allowedRedirectHosts: [entry] } });

test.each([
  'app.example.com',
  '*.example.com',
  'app.example.com/callback',
  'app.example.com/oauth/',
  '*.example.com/a/b_c/d-e.f~g',
  'app.example.com/.well-known/cb',
])('takes %s as where redirect URIs may be', (entry) => {
  expect(configOf(withRedirectHost(entry)).authorizationServer?.dynamicRegistration.allowedRedirectHosts).toEqual([
    entry,
  ]);
});

test.each([
  '',
  '/callback',
  'app.example.com/',
  'app.example.com//callback',
  'app.example.com/../callback',
  'app.example.com/./callback',
  'app.example.com/oauth/..',
  'app.example.com/*',
  'app.example.com/call%62ack',
  'app.example.com/callback?x',
  'app.example.com/callback#x',
  'app.example.com/callback\n',
  'app.example.com:8443/callback',
  'https://app.example.com/callback',
  'user@app.example.com/callback',
  '*.com/callback',
  '10.0.0.1/callback',
  7,
  null,
  ['app.example.com'],
])('refuses %j as where redirect URIs may be', (entry) => {
  expect(problemsOf(withRedirectHost(entry)).map(({ path }) => path)).toEqual([
    'authorizationServer.dynamicRegistration.allowedRedirectHosts[0]',
  ]);
});
