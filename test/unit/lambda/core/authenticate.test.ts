import {
  type AuthenticationFacts,
  authenticate,
  type TokenVerifier,
  type VerifiedToken,
} from '../../../../lambda/core/authenticate';
import { err, ok } from '../../../../lambda/core/result';

const GATEWAY = 'https://mcp.example';
const FACTS: AuthenticationFacts = {
  gatewayUrl: GATEWAY,
  upstreamNames: ['shop', 'mail'],
  requiredScopes: ['mcp:use'],
};
const METADATA = `${GATEWAY}/.well-known/oauth-protected-resource`;

const TOKEN: VerifiedToken = {
  subject: 'alice',
  clientId: 'agent',
  scopes: ['mcp:use', 'openid'],
  audiences: [`${GATEWAY}/mcp/shop`],
  grantId: undefined,
  expiresAtMs: 1,
};

function verifier(values: Partial<VerifiedToken> = {}): TokenVerifier & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    verify: async (token) => {
      seen.push(token);
      return ok({ ...TOKEN, ...values });
    },
  };
}

const challenge = (path: string, error?: string) =>
  `Bearer ${error ? `error="${error}", ` : ''}resource_metadata="${METADATA}${path}", scope="mcp:use"`;

test.each(['Bearer abc.def-_~+/=', 'bearer abc', 'BEARER   abc=='])('accepts Authorization: %s', async (header) => {
  const tokens = verifier();
  expect(await authenticate(header, 'shop', FACTS, tokens)).toMatchObject({ ok: true, value: { subject: 'alice' } });
  expect(tokens.seen).toEqual([header.replace(/^\w+ +/, '')]);
});

test.each([undefined, ''])('refuses a request with Authorization %j, without an error code', async (header) => {
  const tokens = verifier();
  expect(await authenticate(header, 'shop', FACTS, tokens)).toEqual({
    ok: false,
    error: { reason: 'unauthorized', problem: 'missing', challenge: challenge('/mcp/shop') },
  });
  expect(tokens.seen).toEqual([]);
});

test.each([
  'Bearer',
  'Bearer ',
  'Basic YTpi',
  'Bearer a b',
  'Bearer abc, Bearer def',
  'Bearer abc, Basic YTpi',
  'Bearer\tabc',
  ' Bearer abc',
  'Bearer a=b',
  'Bearer äbc',
  'Bearer abc\n',
  'abc',
  `Bearer ${'a'.repeat(8193)}`,
])('refuses Authorization: %s without asking the verifier', async (header) => {
  const tokens = verifier();
  expect(await authenticate(header, 'shop', FACTS, tokens)).toEqual({
    ok: false,
    error: { reason: 'unauthorized', problem: 'malformed', challenge: challenge('/mcp/shop', 'invalid_token') },
  });
  expect(tokens.seen).toEqual([]);
});

test.each([[[`${GATEWAY}/mcp/shop`]], [[`${GATEWAY}/mcp`]], [['https://other.example', `${GATEWAY}/mcp/shop`]]])(
  'accepts the audiences %j at the endpoint shop',
  async (audiences) => {
    expect((await authenticate('Bearer t', 'shop', FACTS, verifier({ audiences }))).ok).toBe(true);
  },
);

test.each([
  [[`${GATEWAY}/mcp/mail`]],
  [[GATEWAY]],
  [[`${GATEWAY}/`]],
  [[`${GATEWAY}/mcp/`]],
  [[`${GATEWAY}/mcp/shop/`]],
  [[`${GATEWAY}/mcp/SHOP`]],
  [['https://evil.example/mcp/shop']],
  [['shop']],
  [[]],
])('refuses the audiences %j at the endpoint shop', async (audiences) => {
  expect(await authenticate('Bearer t', 'shop', FACTS, verifier({ audiences }))).toEqual({
    ok: false,
    error: { reason: 'unauthorized', problem: 'wrong_audience', challenge: challenge('/mcp/shop', 'invalid_token') },
  });
});

test('lets any token of this gateway learn that an endpoint does not exist, and no other', async () => {
  const own = verifier({ audiences: [`${GATEWAY}/mcp/mail`] });
  expect((await authenticate('Bearer t', 'shpo', FACTS, own)).ok).toBe(true);
  const foreign = verifier({ audiences: [`${GATEWAY}/mcp/shpo`] });
  expect(await authenticate('Bearer t', 'shpo', FACTS, foreign)).toEqual({
    ok: false,
    error: { reason: 'unauthorized', problem: 'wrong_audience', challenge: challenge('/mcp', 'invalid_token') },
  });
});

test.each(['', '../shop', 'shop"', 'constructor'])('never repeats the endpoint %j in a challenge', async (endpoint) => {
  expect(await authenticate(undefined, endpoint, FACTS, verifier())).toMatchObject({
    error: { challenge: challenge('/mcp') },
  });
});

test('refuses a token that lacks a scope, naming all that are needed', async () => {
  const facts = { ...FACTS, requiredScopes: ['mcp:use', 'mcp:more'] };
  expect(await authenticate('Bearer t', 'shop', facts, verifier())).toEqual({
    ok: false,
    error: {
      reason: 'insufficient_scope',
      scopes: ['mcp:use', 'mcp:more'],
      challenge: `Bearer error="insufficient_scope", resource_metadata="${METADATA}/mcp/shop", scope="mcp:use mcp:more"`,
    },
  });
});

test('judges the audience before the scope: a stranger learns of no scope he lacks', async () => {
  const foreign = verifier({ audiences: ['https://other.example'], scopes: [] });
  expect(await authenticate('Bearer t', 'shop', FACTS, foreign)).toMatchObject({
    error: { problem: 'wrong_audience' },
  });
});

test.each(['expired', 'bad_signature', 'unknown_key', 'wrong_issuer', 'wrong_type', 'no_subject'] as const)(
  'refuses a token that is %s',
  async (problem) => {
    expect(await authenticate('Bearer t', 'shop', FACTS, { verify: async () => err(problem) })).toEqual({
      ok: false,
      error: { reason: 'unauthorized', problem, challenge: challenge('/mcp/shop', 'invalid_token') },
    });
  },
);

test('does not call a token invalid because the issuer is down', async () => {
  const down: TokenVerifier = { verify: async () => err('issuer_unreachable') };
  expect(await authenticate('Bearer t', 'shop', FACTS, down)).toEqual({
    ok: false,
    error: { reason: 'issuer_unreachable' },
  });
});

test('a gateway with one endpoint and no scopes names that endpoint, and no scope', async () => {
  const facts = { gatewayUrl: GATEWAY, upstreamNames: ['shop'], requiredScopes: [] };
  expect(await authenticate(undefined, 'shpo', facts, verifier())).toMatchObject({
    error: { challenge: `Bearer resource_metadata="${METADATA}/mcp/shop"` },
  });
});
