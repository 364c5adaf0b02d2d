import type { ProviderConfig } from '../../../../../lambda/config/gateway-config';
import type { ConnectionFacts } from '../../../../../lambda/contract/connection-record';
import { err, ok } from '../../../../../lambda/core/result';
import { providerClient } from '../../../../../lambda/io/connections/provider-client';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import type { OAuthFacts } from '../../../../../lambda/providers/provider-facts';
import { oauthProvider } from '../../../../fixtures/providers/provider-config';
import { type ScriptedProvider, startScriptedProvider } from '../../../../fixtures/providers/scripted-provider';
import { type RecordedAnswer, responseOf, TOKEN_ANSWERS } from '../../../../fixtures/providers/token-answers';
import { testClock } from '../../../../helpers/clock';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';

const clock = testClock();
const ATTEMPT = {
  redirectUri: 'https://mcp.example.com/callback/acme',
  state: 'state-state',
  codeVerifier: 'v'.repeat(43),
};
const CALLBACK = { code: ['code-1'], state: [ATTEMPT.state] };
const CONNECTION: ConnectionFacts = {
  kind: 'oauth',
  connectionId: 'c-1',
  scopes: ['a', 'b'],
  connectedAtMs: 0,
  failures: 0,
};

let platform: ScriptedProvider;
let documents: ReturnType<typeof fakeSecretDocuments>;
beforeAll(async () => {
  platform = await startScriptedProvider();
});
afterAll(() => platform.close());
beforeEach(() => {
  platform.requests.length = 0;
  platform.answers.clear();
  answer(TOKEN_ANSWERS.plain);
  documents = fakeSecretDocuments({ 'secret-acme': 's3cret' });
});

function answer(recorded: RecordedAnswer, path = '/token'): void {
  platform.answers.set(path, () => responseOf(recorded));
}

const acme = (oauth?: Partial<OAuthFacts>, change?: Parameters<typeof oauthProvider>[2]): ProviderConfig =>
  oauthProvider(platform.origin, oauth, change);

function client(options: Partial<Parameters<typeof providerClient>[0]> = {}) {
  const secrets = providerSecrets({ acme: 'secret-acme' }, documents, clock.now);
  return providerClient({ now: clock.now, secrets, ...options });
}

async function exchange(provider = acme(), callback: Record<string, string[]> = CALLBACK, one = client()) {
  const target = await one.target(provider);
  return target.ok ? one.exchange(provider, target.value, ATTEMPT, callback) : target;
}

describe('whose account it is', () => {
  const identity = { endpoint: '{origin}/me', idPath: 'id', namePath: 'login' };
  const identify = (oauth: Partial<OAuthFacts>) =>
    client().identify(acme(JSON.parse(JSON.stringify(oauth).replaceAll('{origin}', platform.origin))), {
      accessToken: 'at-1',
      scopes: [],
      answer: { team: { id: 'T1' } },
    });

  test('is asked with the token, as the platform wants it', async () => {
    platform.answers.set('/me', () => Response.json({ id: 12, login: 'ada' }));
    const apiHeaders = { 'X-Acme-Token': '{access_token}' };
    expect(await identify({ identity: { ...identity, headers: { 'X-Version': '1' } }, apiHeaders })).toEqual(
      ok({ id: '12', name: 'ada' }),
    );
    expect(platform.last().headers.get('x-acme-token')).toBe('at-1');
    expect(platform.last().headers.get('x-version')).toBe('1');
    expect(platform.last().headers.get('authorization')).toBeNull();
  });

  test('is asked by GraphQL', async () => {
    platform.answers.set('/graphql', () => Response.json({ data: { viewer: { id: 'u' } } }));
    const body = '{"query":"{viewer{id}}"}';
    const facts = { endpoint: '{origin}/graphql', method: 'POST', body, idPath: 'data.viewer.id' } as const;
    expect(await identify({ identity: facts })).toEqual(ok({ id: 'u' }));
    expect(platform.last().body).toBe(body);
    expect(platform.last().headers.get('authorization')).toBe('Bearer at-1');
  });

  test('may be in the token answer, or not be known', async () => {
    expect(await identify({ identity: { idPath: 'token.team.id' } })).toEqual(ok({ id: 'T1' }));
    expect(await identify({})).toEqual(ok(undefined));
    expect(platform.requests).toEqual([]);
  });

  test.each<[number, string, object]>([
    [200, '{"ok":false,"error":"invalid_auth"}', { kind: 'invalid', cause: 'identity_id' }],
    [200, '<html>', { kind: 'invalid', cause: 'identity_200' }],
    [302, '', { kind: 'invalid', cause: 'identity_302' }],
    [401, '{"id":1}', { kind: 'invalid', cause: 'identity_401' }],
    [503, '', { kind: 'unavailable', cause: 'status_503', mayHaveHappened: false }],
  ])('fails on %s %s', async (status, body, problem) => {
    platform.answers.set('/me', () => new Response(body, { status }));
    expect(await identify({ identity })).toEqual(err(problem));
  });
});

describe('a revocation', () => {
  type Style = NonNullable<OAuthFacts['revocation']>;
  const TOKENS = { accessToken: 'at-1', refreshToken: 'rt-1' };
  const revoke = (
    revocation: Partial<Style>,
    oauth: Partial<OAuthFacts> = {},
    tokens: Partial<typeof TOKENS> = TOKENS,
  ) => {
    const endpoint = `${platform.origin}/revoke`;
    const facts = acme({ revocation: { style: 'rfc7009', endpoint, ends: 'token', ...revocation }, ...oauth });
    return client().revoke(facts, CONNECTION, tokens);
  };
  const seen = () => {
    const { method, path, headers, body } = platform.last();
    return { method, path, authorization: headers.get('authorization'), body };
  };
  const BASIC = `Basic ${Buffer.from('client-1:s3cret').toString('base64')}`;
  beforeEach(() => answer({ status: 200, contentType: 'application/json', body: '{"ok":true}' }, '/revoke'));

  test('by RFC 7009', async () => {
    expect(await revoke({})).toEqual(ok(true));
    expect(platform.form()).toEqual({
      token: 'rt-1',
      token_type_hint: 'refresh_token',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
    await revoke({ prefers: 'access_token' });
    expect(platform.form()).toMatchObject({ token: 'at-1', token_type_hint: 'access_token' });
    await revoke({ prefers: 'access_token' }, {}, { refreshToken: 'rt-1' });
    expect(platform.form()).toMatchObject({ token: 'rt-1', token_type_hint: 'refresh_token' });
  });

  test.each<[Style['style'], Partial<OAuthFacts>, object]>([
    ['bearer_post', {}, { method: 'POST', authorization: 'Bearer at-1', body: '' }],
    ['bearer_delete', {}, { method: 'DELETE', authorization: 'Bearer at-1', body: '' }],
    [
      'json',
      { clientAuthentication: 'client_secret_basic' },
      { method: 'POST', authorization: BASIC, body: '{"token":"rt-1"}' },
    ],
    ['basic_delete', {}, { method: 'DELETE', authorization: BASIC, body: '{"access_token":"at-1"}' }],
  ])('by %s', async (style, oauth, expected) => {
    expect(await revoke({ style }, oauth)).toEqual(ok(true));
    expect(seen()).toEqual({ path: '/revoke', ...expected });
  });

  test('names the client in the address (GitHub)', async () => {
    answer({ status: 204, contentType: 'text/plain', body: '' }, '/applications/client-1/token');
    platform.answers.set('/applications/client-1/token', () => new Response(null, { status: 204 }));
    const endpoint = `${platform.origin}/applications/{client_id}/token`;
    expect(await revoke({ style: 'basic_delete', endpoint })).toEqual(ok(true));
  });

  test('of what is not there any more is done', async () => {
    for (const [status, body] of [
      [404, '{}'],
      [400, '{"error":"invalid_token"}'],
      [200, '{"ok":false,"error":"token_revoked"}'],
    ] as const) {
      answer({ status, contentType: 'application/json', body }, '/revoke');
      const response = { errorInSuccess: true, errorCodes: { token_revoked: 'invalid_grant' } };
      expect(await revoke({}, { response })).toEqual(ok(true));
    }
  });

  test('is none without a token it can end, or an endpoint', async () => {
    expect(await revoke({ style: 'bearer_post' }, {}, { refreshToken: 'rt-1' })).toEqual(ok(false));
    expect(await revoke({}, {}, {})).toEqual(ok(false));
    expect(await client().revoke(acme(), CONNECTION, TOKENS)).toEqual(ok(false));
    expect(platform.requests).toEqual([]);
  });

  test.each<[number, string, object]>([
    [503, '', { kind: 'unavailable', cause: 'status_503', mayHaveHappened: true }],
    [401, '{"error":"invalid_client"}', { kind: 'misconfigured', cause: 'invalid_client' }],
    [302, '', { kind: 'invalid', cause: 'redirected' }],
    [400, '', { kind: 'invalid', cause: 'status_400' }],
  ])('fails on %s %s', async (status, body, problem) => {
    answer({ status, contentType: 'application/json', body }, '/revoke');
    expect(await revoke({})).toEqual(err(problem));
  });
});

describe('an ID token', () => {
  const ISSUER = 'https://accounts.acme.example';
  const idToken = (claims: object) =>
    [{ alg: 'RS256' }, claims, 'signature']
      .map((part) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
      .join('.');
  const withIdToken = (claims: object) => {
    const seconds = Math.floor(clock.now() / 1_000);
    const token = idToken({ iss: ISSUER, aud: 'client-1', sub: 'u-1', iat: seconds, exp: seconds + 300, ...claims });
    answer({ ...TOKEN_ANSWERS.plain, body: JSON.stringify({ access_token: 'at', id_token: token }) });
    return exchange(acme({ issuer: ISSUER, response: { dropIdToken: false } }));
  };

  test('that is asked for gives its claims', async () => {
    expect(await withIdToken({ email: 'ada@example.com' })).toMatchObject({
      ok: true,
      value: { answer: { id_token: { sub: 'u-1', email: 'ada@example.com' } } },
    });
  });

  test.each([{ iss: 'https://evil.example' }, { aud: 'other' }, { exp: 1 }, { sub: undefined }])(
    'fails with %j',
    async (claims) => {
      expect(await withIdToken(claims)).toEqual(err({ kind: 'invalid', cause: 'id_token', mayHaveHappened: true }));
    },
  );
});
