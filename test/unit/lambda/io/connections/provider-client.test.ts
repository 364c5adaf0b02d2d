import { createHash } from 'node:crypto';
import type { ProviderConfig } from '../../../../../lambda/config/gateway-config';
import type { ConnectionFacts } from '../../../../../lambda/contract/connection-record';
import type { ProviderTokens } from '../../../../../lambda/core/connections/provider-port';
import { err, ok } from '../../../../../lambda/core/result';
import { providerClient } from '../../../../../lambda/io/connections/provider-client';
import { providerHttp } from '../../../../../lambda/io/connections/provider-http';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import type { OAuthFacts } from '../../../../../lambda/providers/provider-facts';
import { oauthProvider } from '../../../../fixtures/providers/provider-config';
import { type ScriptedProvider, startScriptedProvider } from '../../../../fixtures/providers/scripted-provider';
import { type RecordedAnswer, responseOf, TOKEN_ANSWERS } from '../../../../fixtures/providers/token-answers';
import { testClock } from '../../../../helpers/clock';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';
import { startLoopback } from '../../../../helpers/loopback';

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

const refresh = (provider = acme(), change: Partial<ConnectionFacts> = {}, one = client()) =>
  one.refresh(provider, { ...CONNECTION, ...change }, 'rt-old');

describe('the way to the provider', () => {
  const urlOf = async (provider: ProviderConfig) => {
    const target = await client().target(provider);
    return new URL(target.ok ? client().authorizationUrl(provider, target.value, ATTEMPT) : 'invalid:');
  };

  test('carries client, state, scopes and the challenge', async () => {
    const url = await urlOf(acme({ authorizationParameters: { access_type: 'offline' } }));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      access_type: 'offline',
      scope: 'a b',
      code_challenge: createHash('sha256').update(ATTEMPT.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      client_id: 'client-1',
      response_type: 'code',
      redirect_uri: ATTEMPT.redirectUri,
      state: ATTEMPT.state,
    });
    expect(url.search).toContain('scope=a%20b');
  });

  test.each<[string, Partial<OAuthFacts>, Record<string, string | null>]>([
    ['commas between scopes', { scopeSeparator: ',' }, { scope: 'a,b' }],
    ['a scope parameter of its own name', { scopeParameter: 'user_scope' }, { user_scope: 'a b', scope: null }],
    ['no scope parameter', { scopeSeparator: 'none' }, { scope: null }],
    ['no challenge', { pkce: 'omit' }, { code_challenge: null, code_challenge_method: null }],
  ])('a platform may want %s', async (_, oauth, expected) => {
    const { searchParams } = await urlOf(acme(oauth));
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, searchParams.get(name)]))).toEqual(expected);
  });

  test('no parameter of the catalogue or of the endpoint replaces what makes it safe', async () => {
    const careless = { state: 'x', code_challenge: 'x', redirect_uri: 'https://evil.example', client_id: 'x' };
    const { searchParams } = await urlOf(
      acme({
        authorizationEndpoint: `${platform.origin}/authorize?state=y&code_challenge_method=plain`,
        authorizationParameters: careless,
      }),
    );
    expect(searchParams.getAll('state')).toEqual([ATTEMPT.state]);
    expect(searchParams.getAll('code_challenge_method')).toEqual(['S256']);
    expect(searchParams.get('redirect_uri')).toBe(ATTEMPT.redirectUri);
    expect(searchParams.get('client_id')).toBe('client-1');
  });

  test('fails for a platform without a client of ours', async () => {
    const { client: _, ...nobody } = acme();
    expect(await client().target(nobody)).toEqual(err({ kind: 'misconfigured', cause: 'no_client' }));
  });
});

describe('the code', () => {
  test('is redeemed with verifier, redirect URI and client secret', async () => {
    expect(await exchange()).toEqual(
      ok({
        accessToken: 'at-1',
        refreshToken: 'rt-1',
        expiresAtMs: clock.now() + 3_600_000,
        scopes: ['a', 'b'],
        answer: { token_type: 'Bearer', expires_in: 3600, scope: 'a b' },
      }),
    );
    expect(platform.form()).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1',
      redirect_uri: ATTEMPT.redirectUri,
      code_verifier: ATTEMPT.codeVerifier,
      client_id: 'client-1',
      client_secret: 's3cret',
    });
    expect(platform.last().headers.get('accept')).toBe('application/json');
  });

  test('goes with parameters and headers of the platform, and without a verifier where that breaks it', async () => {
    const odd = { pkce: 'omit', tokenParameters: { expiring: '1' }, headers: { 'Acme-Version': '2' } } as const;
    expect(await exchange(acme(odd))).toMatchObject({ ok: true });
    expect(platform.form()).toMatchObject({ expiring: '1' });
    expect(platform.form()).not.toHaveProperty('code_verifier');
    expect(platform.last().headers.get('acme-version')).toBe('2');
  });

  test.each<[OAuthFacts['clientAuthentication'], string, string, string | null, Record<string, string>]>([
    ['client_secret_basic', 'id:1', 's+e c', 'id%3A1:s%2Be+c', {}],
    ['client_secret_basic_raw', 'id:1', 's+e c', 'id:1:s+e c', {}],
    ['basic_secret_only', 'id', 'sk_1', 'sk_1:', {}],
    ['client_secret_post', 'id', 's', null, { client_id: 'id', client_secret: 's' }],
    ['none', 'id', 's', null, { client_id: 'id' }],
  ])('the client says who it is by %s', async (clientAuthentication, clientId, secret, pair, parameters) => {
    documents.texts.set('secret-acme', JSON.stringify({ clientSecret: secret }));
    await exchange(acme({ clientAuthentication }, { client: { clientId, isPublic: false } }));
    const authorization = pair === null ? null : `Basic ${Buffer.from(pair).toString('base64')}`;
    expect(platform.last().headers.get('authorization')).toBe(authorization);
    const { client_id, client_secret } = platform.form();
    expect(JSON.parse(JSON.stringify({ client_id, client_secret }))).toEqual(parameters);
  });

  test('an assertion is for the issuer alone', async () => {
    const asked: string[] = [];
    const clientKey = {
      publicKey: async () => err({ service: 'kms', kind: 'denied', name: 'unused' } as const),
      assertion: async (issuer: string, clientId: string) => {
        asked.push(issuer, clientId);
        return ok('signed');
      },
    };
    const provider = acme({ clientAuthentication: 'private_key_jwt', issuer: 'https://login.acme.example' });
    await exchange(provider, CALLBACK, client({ clientKey }));
    expect(asked).toEqual(['https://login.acme.example', 'client-1']);
    expect(platform.form()).toMatchObject({
      client_id: 'client-1',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'signed',
    });
  });

  test('a public client sends no secret, whatever the platform takes from others', async () => {
    await exchange(
      acme({ clientAuthentication: 'client_secret_basic' }, { client: { clientId: 'p', isPublic: true } }),
    );
    expect(platform.form()).toMatchObject({ client_id: 'p' });
    expect(platform.last().headers.get('authorization')).toBeNull();
  });

  test('Notion gets a JSON body and its version header', async () => {
    answer(TOKEN_ANSWERS.notionNullRefresh);
    const notion = acme({
      clientAuthentication: 'client_secret_basic',
      tokenRequestFormat: 'json',
      headers: { 'Notion-Version': '2022-06-28' },
      pkce: 'omit',
    });
    expect(await exchange(notion)).toMatchObject({ ok: true, value: { accessToken: 'ntn_1', scopes: ['a', 'b'] } });
    expect(platform.json()).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1',
      redirect_uri: ATTEMPT.redirectUri,
    });
    expect(platform.last().headers.get('content-type')).toBe('application/json');
    expect(platform.last().headers.get('notion-version')).toBe('2022-06-28');
  });

  test('fails, and is sent nowhere, while the client secret is missing', async () => {
    documents.texts.delete('secret-acme');
    expect(await exchange()).toEqual(err({ kind: 'misconfigured', cause: 'no_client_secret' }));
    expect(platform.requests).toEqual([]);
  });

  test('a client secret that was replaced meanwhile is read again when the old one is refused', async () => {
    const one = client();
    await exchange(acme(), CALLBACK, one);
    documents.texts.set('secret-acme', 'next');
    platform.answers.set('/token', ({ body }) =>
      body.includes('client_secret=next')
        ? responseOf(TOKEN_ANSWERS.plain)
        : Response.json({ error: 'invalid_client' }, { status: 401 }),
    );
    expect(await exchange(acme(), CALLBACK, one)).toMatchObject({ ok: true });
    expect(platform.requests).toHaveLength(3);
  });

  test('a client that is refused for good is asked about once, and no more', async () => {
    platform.answers.set('/token', () => Response.json({ error: 'invalid_client' }, { status: 401 }));
    expect(await exchange()).toEqual(err({ kind: 'misconfigured', cause: 'invalid_client' }));
    expect(platform.requests).toHaveLength(1);
  });
});

describe('the callback', () => {
  const ISSUER = 'https://github.com/login/oauth';
  test.each<[string, Partial<OAuthFacts>, Record<string, string[]>, string]>([
    ['another state', {}, { ...CALLBACK, state: ['other'] }, 'callback_state'],
    ['no state', {}, { code: ['code-1'] }, 'callback_state'],
    ['two codes', {}, { ...CALLBACK, code: ['code-1', 'code-2'] }, 'callback_repeated_parameter'],
    ['two states', {}, { ...CALLBACK, state: [ATTEMPT.state, ATTEMPT.state] }, 'callback_repeated_parameter'],
    [
      'the issuer of another provider (mix-up)',
      { issuer: ISSUER },
      { ...CALLBACK, iss: ['https://evil.example'] },
      'callback_issuer',
    ],
    ['the issuer with a slash', { issuer: ISSUER }, { ...CALLBACK, iss: [`${ISSUER}/`] }, 'callback_issuer'],
    ['an issuer nobody expects', {}, { ...CALLBACK, iss: ['https://evil.example'] }, 'callback_issuer'],
    [
      'an error in the name of another issuer',
      { issuer: ISSUER },
      { error: ['access_denied'], state: [ATTEMPT.state], iss: ['https://evil.example'] },
      'callback_issuer',
    ],
    ['a token beside the code', {}, { ...CALLBACK, access_token: ['t'] }, 'callback_flow'],
    ['no code', {}, { state: [ATTEMPT.state] }, 'callback_code'],
  ])('fails with %s, and the code goes nowhere', async (_, oauth, callback, cause) => {
    expect(await exchange(acme(oauth), callback)).toEqual(err({ kind: 'invalid', cause }));
    expect(platform.requests).toEqual([]);
  });

  test('fails without an issuer where the server says that it sends one', async () => {
    const provider = acme({ issuer: ISSUER });
    const target = { issuer: ISSUER, authorizationEndpoint: '', clientId: 'client-1', sendsIssuer: true };
    expect(await client().exchange(provider, target, ATTEMPT, CALLBACK)).toEqual(
      err({ kind: 'invalid', cause: 'callback_issuer' }),
    );
  });

  test('takes the issuer of the facts, and none where it is not sent', async () => {
    expect(await exchange(acme({ issuer: ISSUER }), { ...CALLBACK, iss: [ISSUER] })).toMatchObject({ ok: true });
    expect(await exchange(acme({ issuer: ISSUER }))).toMatchObject({ ok: true });
  });

  test.each([
    ['access_denied', { kind: 'refused', cause: 'access_denied' }],
    ['invalid_scope', { kind: 'misconfigured', cause: 'invalid_scope' }],
    ['temporarily_unavailable', { kind: 'unavailable', cause: 'temporarily_unavailable' }],
    ['<script>alert(1)</script>', { kind: 'invalid', cause: 'unknown_error' }],
  ])('fails with the error %s', async (error, problem) => {
    expect(await exchange(acme(), { state: [ATTEMPT.state], error: [error] })).toEqual(err(problem));
  });
});

const SLACK: Partial<OAuthFacts> = {
  scopeSeparator: ',',
  response: {
    tokenIn: 'authed_user',
    bearerTypes: ['user'],
    errorInSuccess: true,
    errorCodes: { invalid_refresh_token: 'invalid_grant', ratelimited: 'temporarily_unavailable' },
  },
};
const SENTRY: Partial<OAuthFacts> = {
  response: {
    renamed: { token: 'access_token', refreshToken: 'refresh_token', expiresAt: 'expires_at', scopes: 'scope' },
  },
};

describe('what platforms answer', () => {
  test.each<[string, RecordedAnswer, Partial<OAuthFacts>, Partial<ProviderTokens>]>([
    [
      'Slack, bot and user',
      TOKEN_ANSWERS.slackBotAndUser,
      SLACK,
      {
        accessToken: 'xoxe.xoxp-user',
        refreshToken: 'xoxe-user-refresh',
        scopes: ['search:read', 'users:read'],
      },
    ],
    ['Slack, user only', TOKEN_ANSWERS.slackUserOnly, SLACK, { accessToken: 'xoxp-user', scopes: ['search:read'] }],
    [
      'GitHub as a form',
      TOKEN_ANSWERS.githubForm,
      { response: { scopeSeparator: ',' } },
      { accessToken: 'gho_form', scopes: ['repo', 'gist'] },
    ],
    [
      'a GitHub App, seconds as text and no scopes',
      TOKEN_ANSWERS.githubApp,
      {},
      { accessToken: 'ghu_app', refreshToken: 'ghr_app', expiresAtMs: clock.now() + 28_800_000, scopes: [] },
    ],
    [
      'Shopify without a type',
      TOKEN_ANSWERS.shopifyNoType,
      { scopeSeparator: ',' },
      { scopes: ['read_orders', 'write_products'] },
    ],
    [
      'Sentry, created, by other names',
      TOKEN_ANSWERS.sentryCreated,
      SENTRY,
      {
        accessToken: 'sntrys_1',
        refreshToken: 'sntryr_1',
        expiresAtMs: Date.parse('2026-11-24T06:00:00Z'),
        scopes: ['org:read', 'event:read'],
      },
    ],
    ['scopes as a list', TOKEN_ANSWERS.twitch, {}, { scopes: ['channel:moderate', 'chat:edit'] }],
    ['an ID token nobody asked for', TOKEN_ANSWERS.pagerdutyIdToken, {}, { accessToken: 'pd-1', refreshToken: 'pd-r' }],
  ])('%s', async (_, recorded, oauth, expected) => {
    answer(recorded);
    expect(await exchange(acme(oauth))).toMatchObject({ ok: true, value: expected });
  });

  test.each<[string, RecordedAnswer]>([
    ['nulls', TOKEN_ANSWERS.nulls],
    ['no end', TOKEN_ANSWERS.shopifyNoType],
  ])('%s give a token without a known end, not one that has ended', async (_, recorded) => {
    answer(recorded);
    const tokens = await exchange();
    expect(tokens).toMatchObject({ ok: true });
    expect(tokens.ok && tokens.value).not.toHaveProperty('expiresAtMs');
    expect(tokens.ok && tokens.value).not.toHaveProperty('refreshToken');
  });

  test('an assumed lifetime counts where the answer has none', async () => {
    const assumed = { refresh: { issued: true, rotation: 'never', assumedAccessSeconds: 7200 } } as const;
    answer(TOKEN_ANSWERS.shopifyNoType);
    expect(await exchange(acme(assumed))).toMatchObject({ value: { expiresAtMs: clock.now() + 7_200_000 } });
    answer(TOKEN_ANSWERS.plain);
    expect(await exchange(acme(assumed))).toMatchObject({ value: { expiresAtMs: clock.now() + 3_600_000 } });
  });

  test('a bot does not stand in for the person who did not give a token', async () => {
    answer(TOKEN_ANSWERS.slackBotWithoutUser);
    expect(await exchange(acme(SLACK))).toEqual(
      err({ kind: 'invalid', cause: 'no_access_token', mayHaveHappened: true }),
    );
  });

  test('fewer scopes than asked for are what was granted', async () => {
    answer({ ...TOKEN_ANSWERS.plain, body: '{"access_token":"at","token_type":"bearer","scope":"a"}' });
    expect(await exchange()).toMatchObject({ value: { scopes: ['a'] } });
  });

  test.each<[string, RecordedAnswer, Partial<OAuthFacts>, object]>([
    ['an error in HTTP 200 (Slack)', TOKEN_ANSWERS.slackRefused, SLACK, { kind: 'refused', cause: 'invalid_grant' }],
    [
      'a rate limit in HTTP 200',
      TOKEN_ANSWERS.slackLimited,
      SLACK,
      { kind: 'unavailable', cause: 'temporarily_unavailable' },
    ],
    [
      'an error in HTTP 200 (GitHub)',
      TOKEN_ANSWERS.githubRefused,
      { response: { errorInSuccess: true, errorCodes: { bad_refresh_token: 'invalid_grant' } } },
      { kind: 'refused', cause: 'invalid_grant' },
    ],
    [
      'Notion: a code',
      TOKEN_ANSWERS.notionRefused,
      { response: { errorMember: 'code' } },
      { kind: 'refused', cause: 'invalid_grant' },
    ],
    [
      'HubSpot: a status',
      TOKEN_ANSWERS.hubspotRefused,
      { response: { errorMember: 'status', errorCodes: { BAD_REFRESH_TOKEN: 'invalid_grant' } } },
      { kind: 'refused', cause: 'invalid_grant' },
    ],
    ['a code nobody mapped', TOKEN_ANSWERS.githubRefused, {}, { kind: 'invalid', cause: 'bad_refresh_token' }],
    ['403 (Atlassian)', TOKEN_ANSWERS.atlassianRefused, {}, { kind: 'refused', cause: 'invalid_grant' }],
    ['400 without a code', TOKEN_ANSWERS.teapot, {}, { kind: 'invalid', cause: 'status_400' }],
    ['400 in HTML', TOKEN_ANSWERS.htmlError, {}, { kind: 'invalid', cause: 'status_400' }],
    ['HTML', TOKEN_ANSWERS.html, {}, { kind: 'invalid', cause: 'not_json', mayHaveHappened: true }],
    ['nothing', TOKEN_ANSWERS.empty, {}, { kind: 'invalid', cause: 'not_json', mayHaveHappened: true }],
    ['202', TOKEN_ANSWERS.accepted, {}, { kind: 'invalid', cause: 'status_202', mayHaveHappened: true }],
  ])('fails with %s', async (_, recorded, oauth, problem) => {
    answer(recorded);
    expect(await exchange(acme(oauth))).toEqual(err(problem));
    expect(await refresh(acme(oauth))).toEqual(err(problem));
  });

  test.each([
    [500, undefined, { cause: 'status_500', mayHaveHappened: true }],
    [503, '120', { cause: 'status_503', mayHaveHappened: true, retryAfterMs: 120_000 }],
    [429, '30', { cause: 'status_429', retryAfterMs: 30_000 }],
    [429, '99999999', { cause: 'status_429', retryAfterMs: 86_400_000 }],
    [429, 'soon', { cause: 'status_429' }],
  ])('%s with Retry-After %s is a reason to wait, whatever it says beside', async (status, retryAfter, problem) => {
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    platform.answers.set('/token', () => Response.json({ error: 'invalid_grant' }, { status, headers }));
    expect(await refresh()).toEqual(err({ kind: 'unavailable', ...problem }));
  });

  test('a provider that redirects gets nobody to follow', async () => {
    platform.answers.set('/token', () => new Response(null, { status: 307, headers: { location: '/elsewhere' } }));
    expect(await exchange()).toEqual(err({ kind: 'invalid', cause: 'redirected' }));
    expect(platform.requests.map(({ path }) => path)).toEqual(['/token']);
  });

  test('a token that would break out of its header is none', async () => {
    answer({ ...TOKEN_ANSWERS.plain, body: JSON.stringify({ access_token: 'a\r\nx-evil: 1', token_type: 'bearer' }) });
    expect(await exchange()).toMatchObject({ error: { kind: 'invalid', cause: 'no_access_token' } });
  });

  test('fails on more than 256 KB', async () => {
    answer({ ...TOKEN_ANSWERS.plain, body: JSON.stringify({ access_token: 'at', pad: 'x'.repeat(256 * 1024) }) });
    expect(await exchange()).toEqual(err({ kind: 'invalid', cause: 'too_large', mayHaveHappened: true }));
  });

  test.each(['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"access_token":', ''])(
    'fails on an answer that stops after %j',
    async (head) => {
      const silent = await startLoopback(({ socket }) => socket.once('data', () => socket.write(head)));
      const http = providerHttp({ timeoutMs: 60 });
      const provider = acme({ tokenEndpoint: `http://127.0.0.1:${silent.port}/token` });
      expect(await exchange(provider, CALLBACK, client({ http }))).toEqual(
        err({ kind: 'unavailable', cause: 'timeout', mayHaveHappened: true }),
      );
      await silent.close();
    },
  );

  test('a connection that breaks off may have had its effect; one that was refused has had none', async () => {
    const rude = await startLoopback(({ socket }) => socket.once('data', () => socket.destroy()));
    const provider = acme({ tokenEndpoint: `http://127.0.0.1:${rude.port}/token` });
    expect(await refresh(provider)).toEqual(err({ kind: 'unavailable', cause: 'ECONNRESET', mayHaveHappened: true }));
    await rude.close();
    expect(await refresh(provider)).toEqual(err({ kind: 'unavailable', cause: 'ECONNREFUSED' }));
  });
});

describe('a refresh', () => {
  test('brings the next tokens', async () => {
    expect(await refresh()).toMatchObject({ ok: true, value: { accessToken: 'at-1', refreshToken: 'rt-1' } });
    expect(platform.form()).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'rt-old',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  test('keeps the refresh token and the scopes where none came (Figma), at an endpoint of its own', async () => {
    answer(TOKEN_ANSWERS.figmaRefreshed, '/refresh');
    const figma = acme({ refreshEndpoint: `${platform.origin}/refresh`, refreshParameters: { extra: '1' } });
    expect(await refresh(figma)).toMatchObject({
      ok: true,
      value: { accessToken: 'figd_2', refreshToken: 'rt-old', scopes: ['a', 'b'] },
    });
    expect(platform.last().path).toBe('/refresh');
    expect(platform.form()).toMatchObject({ extra: '1' });
  });

  test('keeps it where an empty one, a null or a number came', async () => {
    for (const refreshToken of ['', null, 7, ['x']]) {
      answer({
        ...TOKEN_ANSWERS.plain,
        body: JSON.stringify({ access_token: 'at-2', token_type: 'bearer', refresh_token: refreshToken }),
      });
      expect(await refresh()).toMatchObject({ ok: true, value: { accessToken: 'at-2', refreshToken: 'rt-old' } });
    }
  });

  test('Slack answers a refresh at the top level', async () => {
    answer(TOKEN_ANSWERS.slackRefreshed);
    expect(await refresh(acme(SLACK))).toMatchObject({
      ok: true,
      value: { accessToken: 'xoxe.xoxp-next', refreshToken: 'xoxe-next-refresh' },
    });
  });

  test('nonsense beside good tokens does not cost them', async () => {
    answer({
      ...TOKEN_ANSWERS.plain,
      body: JSON.stringify({
        access_token: 'at-2',
        token_type: 'bearer',
        refresh_token: 'rt-2',
        expires_in: 'soon',
        scope: { a: 1 },
        id_token: 5,
      }),
    });
    expect(await refresh()).toMatchObject({ ok: true, value: { refreshToken: 'rt-2', scopes: ['a', 'b'] } });
  });
});

describe('an address that a token answer has a part in', () => {
  const salesforce = (pattern = 'https://[a-z0-9-]+\\.my\\.salesforce\\.com') =>
    acme(
      {},
      {
        facts: {
          variables: [
            {
              name: 'instance_url',
              from: 'token',
              path: 'instance_url',
              pattern,
              allowedHosts: ['*.my.salesforce.com'],
              example: 'https://acme.my.salesforce.com',
            },
          ],
        },
      },
    );

  test('is kept', async () => {
    answer(TOKEN_ANSWERS.salesforce);
    expect(await exchange(salesforce())).toMatchObject({
      ok: true,
      value: { variables: { instance_url: 'https://acme.my.salesforce.com' } },
    });
  });

  test.each([
    'https://evil.example',
    'https://acme.my.salesforce.com.evil.example',
    'https://acme.my.salesforce.com@evil.example',
    'https://169.254.169.254/.my.salesforce.com',
    'https://evil.example/#.my.salesforce.com',
    'http://acme.my.salesforce.com',
    'https://evil.example\\.my.salesforce.com',
    'https://acme.my.salesforce.com\n',
  ])('fails on %j, even by a careless pattern', async (url) => {
    answer({ ...TOKEN_ANSWERS.plain, body: JSON.stringify({ access_token: 'at', instance_url: url }) });
    const refused = err({ kind: 'invalid', cause: 'variable_instance_url' });
    expect(await exchange(salesforce())).toEqual(refused);
    expect(await exchange(salesforce('.*'))).toEqual(refused);
  });

  test('stays what it was when a refresh brings a wrong one: the tokens are not lost for it', async () => {
    const variables = { instance_url: 'https://acme.my.salesforce.com' };
    for (const url of [undefined, 'https://evil.example']) {
      answer({ ...TOKEN_ANSWERS.plain, body: JSON.stringify({ access_token: 'at', instance_url: url }) });
      expect(await refresh(salesforce(), { variables })).toMatchObject({ ok: true, value: { variables } });
    }
  });
});
