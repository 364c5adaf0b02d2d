import fc from 'fast-check';
import { formatProblems } from '../../../../lambda/config/format-problems';
import type { GatewayConfig } from '../../../../lambda/config/gateway-config';
import { type ConfigProblem, parseGatewayConfig } from '../../../../lambda/config/parse-gateway-config';

const ISSUER = 'https://login.example.com';

function problemsOf(input: unknown): readonly ConfigProblem[] {
  const result = parseGatewayConfig(input);
  return 'problems' in result ? result.problems : [];
}

function configOf(input: unknown): GatewayConfig {
  const result = parseGatewayConfig(input);
  if ('problems' in result) throw new Error(formatProblems(result.problems));
  return result.config;
}

const upstream = (more: object = {}) => ({ name: 'stripe', url: 'https://mcp.stripe.com/', ...more });
const withUpstream = (more: object) => ({ auth: { issuer: ISSUER }, upstreams: [upstream(more)] });
const withAuth = (more: object) => ({ auth: { issuer: ISSUER, ...more }, upstreams: [upstream()] });
const withHeaders = (headers: object) => withUpstream({ credential: { provider: 'stripe', headers } });

test('fills in the defaults', () => {
  expect(configOf({ auth: { issuer: ISSUER }, upstreams: [upstream()] })).toEqual({
    formatVersion: 1,
    auth: {
      issuer: ISSUER,
      algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
      tokenTypes: ['at+jwt'],
      requiredScopes: [],
      clockToleranceSeconds: 5,
    },
    upstreams: [
      {
        name: 'stripe',
        url: 'https://mcp.stripe.com/',
        connectTimeoutMs: 5000,
        idleTimeoutMs: 120_000,
        totalTimeoutMs: 840_000,
      },
    ],
    cacheTtlMs: 1000,
    allowedOrigins: [],
  });
});

test('keeps what is given, character by character', () => {
  const input = {
    formatVersion: 1,
    auth: {
      issuer: 'https://Login.example.com:443/tenant/',
      jwksUri: 'https://login.example.com/keys?p=policy',
      algorithms: ['ES384'],
      tokenTypes: ['at+jwt', 'jwt'],
      requiredScopes: ['mcp:tools', 'a/b$c#d'],
      clockToleranceSeconds: 0,
    },
    upstreams: [
      {
        name: 'a',
        url: 'http://127.0.0.1:3000/mcp?x=1',
        credential: {
          provider: 'a-key',
          headers: { Authorization: 'Basic {user}:{password}', 'X-Version': '2026-01-01' },
        },
        connectTimeoutMs: 1,
        idleTimeoutMs: 300_000,
        totalTimeoutMs: 899_000,
      },
    ],
    cacheTtlMs: 0,
    allowedOrigins: ['http://localhost:8080'],
  };
  expect(configOf(input)).toEqual(input);
});

test('reads its own output as the same configuration', () => {
  const config = configOf(withUpstream({ totalTimeoutMs: 2000 }));
  expect(config.upstreams[0]).toMatchObject({ connectTimeoutMs: 2000, idleTimeoutMs: 2000 });
  expect(configOf(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

describe('refuses', () => {
  const NAME_FIX = 'use a lower-case letter, then at most 62 lower-case letters, digits and hyphens';
  const HTTPS_FIX = 'use https://; http:// is for loopback hosts only';
  const FORGERY_FIX = 'use an asymmetric algorithm, such as ES256 or RS256';
  const cases: [string, unknown, string, string, string, string][] = [
    // [what, input, path, value, problem, fix]
    ['a configuration that is no object', 'x', 'config', '"x"', 'must be an object', 'give an object'],
    [
      'another format',
      { ...withAuth({}), formatVersion: 2 },
      'formatVersion',
      '2',
      'is not a version this build reads',
      'deploy construct and functions of the same release',
    ],
    [
      'an unknown field, without showing it',
      { ...withAuth({}), key: 'sk_live_x' },
      'key',
      '(string)',
      'is not a known field',
      'remove it; known here: formatVersion, auth, authorizationServer, upstreams, providers, keyRotations, cacheTtlMs, allowedOrigins',
    ],
    [
      'a missing issuer',
      { auth: {}, upstreams: [upstream()] },
      'auth.issuer',
      '(undefined)',
      'is required',
      'give an https:// URL',
    ],
    [
      'a plain http issuer',
      withAuth({ issuer: 'http://login.example.com' }),
      'auth.issuer',
      '"http://login.example.com"',
      'is not https',
      HTTPS_FIX,
    ],
    [
      'a host that only looks like loopback',
      withAuth({ issuer: 'http://127.0.0.1.example.com' }),
      'auth.issuer',
      '"http://127.0.0.1.example.com"',
      'is not https',
      HTTPS_FIX,
    ],
    [
      'an issuer with a query',
      withAuth({ issuer: 'https://i.example/?a=1' }),
      'auth.issuer',
      '"https://i.example/?…"',
      'has a query',
      'remove everything from ? on',
    ],
    [
      'an issuer with an empty query',
      withAuth({ issuer: 'https://i.example/?' }),
      'auth.issuer',
      '"https://i.example/?…"',
      'has a query',
      'remove everything from ? on',
    ],
    [
      'a fragment',
      withUpstream({ url: 'https://u.example/#' }),
      'upstreams[0].url',
      '"https://u.example/#"',
      'has a fragment',
      'remove everything from # on',
    ],
    [
      'a user name and password, without showing them',
      withUpstream({ url: 'https://me:secret@u.example/' }),
      'upstreams[0].url',
      '"https://…@u.example/"',
      'carries a user name or password',
      'put secrets in the vault and use a credential',
    ],
    [
      'an empty user name',
      withUpstream({ url: 'https://@u.example/' }),
      'upstreams[0].url',
      '"https://…@u.example/"',
      'carries a user name or password',
      'put secrets in the vault and use a credential',
    ],
    [
      'a URL a parser would have to repair',
      withUpstream({ url: 'https:\\\\u.example' }),
      'upstreams[0].url',
      '"https:\\\\\\\\u.example"',
      'is not an absolute URL',
      'give an https:// URL, non-ASCII characters percent-encoded',
    ],
    [
      'a blank in a URL',
      withUpstream({ url: 'https://u.example/ ' }),
      'upstreams[0].url',
      '"https://u.example/ "',
      'is not an absolute URL',
      'give an https:// URL, non-ASCII characters percent-encoded',
    ],
    [
      'another scheme',
      withUpstream({ url: 'file:///etc/passwd' }),
      'upstreams[0].url',
      '"file:///etc/passwd"',
      'is not an absolute URL',
      'give an https:// URL, non-ASCII characters percent-encoded',
    ],
    [
      'an endless URL',
      withUpstream({ url: `https://u.example/${'a'.repeat(2048)}` }),
      'upstreams[0].url',
      `"https://u.example/${'a'.repeat(60)}…`,
      'is too long',
      'give at most 2048 characters',
    ],
    [
      'unsigned tokens',
      withAuth({ algorithms: ['none'] }),
      'auth.algorithms[0]',
      '"none"',
      'would let anyone forge tokens',
      FORGERY_FIX,
    ],
    [
      'symmetric signatures',
      withAuth({ algorithms: ['ES256', 'HS256'] }),
      'auth.algorithms[1]',
      '"HS256"',
      'would let anyone forge tokens',
      FORGERY_FIX,
    ],
    [
      'an unknown algorithm',
      withAuth({ algorithms: ['es256'] }),
      'auth.algorithms[0]',
      '"es256"',
      'is not an algorithm the gateway verifies',
      'use ES256, RS256, PS256 or EdDSA',
    ],
    [
      'no algorithm',
      withAuth({ algorithms: [] }),
      'auth.algorithms',
      '(list of 0)',
      'has 0 entries',
      'give 1 to 50 entries',
    ],
    [
      'a token type with its media tree',
      withAuth({ tokenTypes: ['application/at+jwt'] }),
      'auth.tokenTypes[0]',
      '"application/at+jwt"',
      'is not a token type',
      'write it in lower case without application/, such as at+jwt',
    ],
    [
      'two scopes in one',
      withAuth({ requiredScopes: ['a b'] }),
      'auth.requiredScopes[0]',
      '"a b"',
      'is not a scope',
      'use printable ASCII without blank, quote, apostrophe or backslash',
    ],
    [
      'a scope that would end a static header',
      withAuth({ requiredScopes: ["a'b"] }),
      'auth.requiredScopes[0]',
      '"a\'b"',
      'is not a scope',
      'use printable ASCII without blank, quote, apostrophe or backslash',
    ],
    [
      'a scope given twice',
      withAuth({ requiredScopes: ['a', 'a'] }),
      'auth.requiredScopes[1]',
      '"a"',
      'is given twice',
      'remove one of them',
    ],
    [
      'a wide clock tolerance',
      withAuth({ clockToleranceSeconds: 61 }),
      'auth.clockToleranceSeconds',
      '61',
      'must be a whole number of seconds from 0 to 60',
      'give 0 to 60',
    ],
    [
      'no upstream',
      { auth: { issuer: ISSUER }, upstreams: [] },
      'upstreams',
      '(list of 0)',
      'has 0 entries',
      'give 1 to 100 entries',
    ],
    [
      'an upstream name that is no name',
      withUpstream({ name: 'Stripe' }),
      'upstreams[0].name',
      '"Stripe"',
      'is not a valid name',
      NAME_FIX,
    ],
    [
      'a name used twice',
      { auth: { issuer: ISSUER }, upstreams: [upstream(), upstream()] },
      'upstreams[1].name',
      '"stripe"',
      'is used twice',
      'give every upstream a name of its own',
    ],
    [
      'a fraction of a millisecond',
      { ...withAuth({}), cacheTtlMs: 0.5 },
      'cacheTtlMs',
      '0.5',
      'must be a whole number of milliseconds from 0 to 300000',
      'give 0 to 300000',
    ],
    [
      'a cache of more than five minutes',
      { ...withAuth({}), cacheTtlMs: 300_001 },
      'cacheTtlMs',
      '300001',
      'must be a whole number of milliseconds from 0 to 300000',
      'give 0 to 300000',
    ],
    [
      'a number as text',
      { ...withAuth({}), cacheTtlMs: '1s' },
      'cacheTtlMs',
      '"1s"',
      'must be a whole number of milliseconds from 0 to 300000',
      'give 0 to 300000',
    ],
    [
      'more time than Lambda has',
      withUpstream({ totalTimeoutMs: 899_001 }),
      'upstreams[0].totalTimeoutMs',
      '899001',
      'must be a whole number of milliseconds from 1 to 899000',
      'give 1 to 899000',
    ],
    [
      'a connection slower than the call',
      withUpstream({ connectTimeoutMs: 3000, totalTimeoutMs: 2000 }),
      'upstreams[0].connectTimeoutMs',
      '3000',
      'is longer than the whole call may take (2000 ms)',
      'make it shorter, or the time for the whole call longer',
    ],
    [
      'two origins',
      { ...withAuth({}), allowedOrigins: ['https://a.example', 'https://b.example'] },
      'allowedOrigins',
      '(list of 2)',
      'has 2 entries',
      'give 0 to 1 entries',
    ],
    [
      'a header of the protocol',
      withHeaders({ 'Mcp-Session-Id': '{key}' }),
      'upstreams[0].credential.headers["Mcp-Session-Id"]',
      '"Mcp-Session-Id"',
      'is a header the gateway sets itself',
      'use another header, such as Authorization',
    ],
    [
      'a hop-by-hop header',
      withHeaders({ connection: '{key}' }),
      'upstreams[0].credential.headers.connection',
      '"connection"',
      'is a header the gateway sets itself',
      'use another header, such as Authorization',
    ],
    [
      'no header name',
      withHeaders({ 'X Key': '{key}' }),
      'upstreams[0].credential.headers["X Key"]',
      '"X Key"',
      'is not a header name',
      'use letters, digits and hyphens, starting with a letter',
    ],
    [
      'one header in two spellings',
      withHeaders({ 'X-Key': '{key}', 'x-key': '{key}' }),
      'upstreams[0].credential.headers["x-key"]',
      '"x-key"',
      'is given twice',
      'header names are case-insensitive: keep one of them',
    ],
    [
      'a second header smuggled into a value',
      withHeaders({ 'X-Key': '{key}\r\nX-Admin: 1' }),
      'upstreams[0].credential.headers["X-Key"]',
      '"{key}…"',
      'is not a valid header value',
      'use 1 to 1024 printable ASCII characters, no blank at either end',
    ],
    [
      'a stray brace',
      withHeaders({ 'X-Key': '{key}{Key}' }),
      'upstreams[0].credential.headers["X-Key"]',
      '"{key}……"',
      'has a brace outside a placeholder',
      `write placeholders as {name}; in a name, ${NAME_FIX}`,
    ],
    [
      'a value that is no text',
      withHeaders({ 'X-Key': '{key}', 'X-Version': 7 }),
      'upstreams[0].credential.headers["X-Version"]',
      '(number)',
      'must be text',
      'give text such as "Bearer {key}"',
    ],
    [
      'a credential without a placeholder',
      withHeaders({ Authorization: 'Bearer sk_live_123' }),
      'upstreams[0].credential.headers',
      '(1 headers)',
      'has no placeholder, so it would send no secret',
      'write {key} where the secret goes; the value itself belongs in the vault, never here',
    ],
    [
      'an empty credential',
      withHeaders({}),
      'upstreams[0].credential.headers',
      '(0 headers)',
      'has no placeholder, so it would send no secret',
      'write {key} where the secret goes; the value itself belongs in the vault, never here',
    ],
  ];

  test.each(cases)('%s', (_, input, path, value, problem, fix) => {
    expect(problemsOf(input)).toEqual([{ path, value, problem, fix }]);
  });

  test.each(['none', 'NONE', 'HS256', 'hs512'])('%s whatever else is right', (algorithm) => {
    expect(problemsOf(withAuth({ algorithms: [algorithm] })).map(({ problem }) => problem)).toEqual([
      'would let anyone forge tokens',
    ]);
  });

  test.each([
    'Host',
    'Content-Type',
    'content-length',
    'Cookie',
    'Accept',
    'Accept-Encoding',
    'Transfer-Encoding',
    'TE',
    'MCP-Protocol-Version',
    'Proxy-Authorization',
    'Last-Event-ID',
    'Origin',
  ])('a credential in %s', (name) => {
    expect(problemsOf(withHeaders({ [name]: '{key}' })).map(({ problem }) => problem)).toEqual([
      'is a header the gateway sets itself',
    ]);
  });

  test('upstreams that use one key in different parts', () => {
    const credential = (value: string) => ({ provider: 'shared', headers: { Authorization: value } });
    const input = {
      auth: { issuer: ISSUER },
      upstreams: [
        upstream({ credential: credential('Bearer {key}') }),
        upstream({ name: 'second', credential: credential('Token {key}') }),
        upstream({ name: 'third', credential: credential('Basic {user}:{password}') }),
      ],
    };
    expect(problemsOf(input)).toEqual([
      {
        path: 'upstreams[2].credential',
        value: '(credential)',
        problem: 'uses the key of shared with the parts password, user, another upstream with key',
        fix: 'use the same parts, or another provider name for one of them',
      },
    ]);
  });
});

test('reports every problem at once, and no pasted key in any of them', () => {
  const problems = problemsOf({
    auth: { issuer: 'http://login.example.com', algorithms: ['none'] },
    upstreams: [
      {
        name: 'Stripe',
        url: 'https://sk_live_123@mcp.stripe.com/?key=sk_live_123',
        credential: { provider: 'stripe', headers: { 'X-Key': 'sk_live_123{' }, key: 'sk_live_123' },
      },
    ],
    cacheTtlMs: -1,
  });
  expect(problems.map(({ path }) => path)).toEqual([
    'auth.issuer',
    'auth.algorithms[0]',
    'upstreams[0].name',
    'upstreams[0].url',
    'upstreams[0].credential.key',
    'upstreams[0].credential.headers["X-Key"]',
    'upstreams[0].credential.headers',
    'cacheTtlMs',
  ]);
  expect(JSON.stringify(problems)).not.toContain('sk_live');
});

test('prints one line per problem, with value and fix', () => {
  expect(formatProblems(problemsOf({ auth: { issuer: ISSUER }, upstreams: [], cacheTtlMs: -1 }))).toBe(
    '2 problems in the gateway configuration\n' +
      '  upstreams has 0 entries: (list of 0); give 1 to 100 entries\n' +
      '  cacheTtlMs must be a whole number of milliseconds from 0 to 300000: -1; give 0 to 300000',
  );
});

test('never throws, and gives either a configuration or problems', () => {
  const input = fc.oneof(
    fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }),
    fc.record(
      {
        formatVersion: fc.oneof(fc.constant(1), fc.anything()),
        auth: fc.oneof(fc.anything(), fc.record({ issuer: fc.oneof(fc.webUrl(), fc.string(), fc.constant(ISSUER)) })),
        upstreams: fc.oneof(
          fc.anything(),
          fc.array(
            fc.record(
              {
                name: fc.oneof(fc.constantFrom('a', 'b', '__proto__'), fc.string()),
                url: fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()),
                credential: fc.record({
                  provider: fc.constantFrom('a', 'toString'),
                  headers: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constant('{key}'))),
                }),
                totalTimeoutMs: fc.oneof(fc.integer(), fc.double()),
              },
              { requiredKeys: ['name', 'url'] },
            ),
          ),
        ),
        cacheTtlMs: fc.oneof(fc.integer(), fc.anything()),
      },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(input, (value) => {
      const result = parseGatewayConfig(value);
      const again = 'config' in result ? parseGatewayConfig(result.config) : result;
      expect(again).toEqual(result);
      expect('problems' in result ? result.problems.length : 1).toBeGreaterThan(0);
      expect(('problems' in result ? result.problems : []).every((problem) => problem.value.length <= 80)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('accepts every configuration made of valid parts', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
  const part = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const config = fc.record({
    auth: fc.record({ issuer: fc.domain().map((host) => `https://${host}/tenant`) }),
    upstreams: fc.uniqueArray(
      fc
        .record({ name, host: fc.domain(), part, total: fc.integer({ min: 1, max: 899_000 }) })
        .map(({ name: of, host, part: secret, total }) => ({
          name: of,
          url: `https://${host}/mcp`,
          credential: { provider: of, headers: { Authorization: `Bearer {${secret}}`, 'X-Version': '1' } },
          totalTimeoutMs: total,
        })),
      { selector: (entry) => entry.name, minLength: 1, maxLength: 8 },
    ),
    cacheTtlMs: fc.integer({ min: 0, max: 300_000 }),
  });
  fc.assert(
    fc.property(config, (input) => {
      expect(parseGatewayConfig(input)).toMatchObject({ config: input });
    }),
  );
});
