import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import type { IdentityProviderConfig } from '../../../../../lambda/config/gateway-config';
import type { IdentityProvider, IdpCallback, IdpLogin } from '../../../../../lambda/core/authz/ports';
import { err, ok } from '../../../../../lambda/core/result';
import { idpFetch } from '../../../../../lambda/io/auth/idp-fetch';
import { type OidcLoginOptions, oidcLogin } from '../../../../../lambda/io/auth/oidc-login';
import { type ForgingIdp, type IdTokenChange, startForgingIdp } from '../../../../fixtures/forging-idp';

const CLIENT_ID = 'mcp-gateway';
const LOGIN: IdpLogin = {
  redirectUri: 'https://mcp.example.com/idp/callback',
  state: 'tag12345.state-state-state',
  nonce: 'nonce-nonce-nonce',
  codeVerifier: 'v'.repeat(43),
};

let idp: ForgingIdp;
beforeAll(async () => {
  idp = await startForgingIdp(CLIENT_ID, LOGIN.nonce);
});
afterAll(() => idp.close());
beforeEach(() => {
  idp.metadata = {};
  idp.change = {};
  idp.tokens = (idToken) => ({ access_token: 'at', token_type: 'Bearer', id_token: idToken });
  idp.instead.clear();
  idp.requests.length = 0;
  idp.forms.length = 0;
});

function provider(
  change: Partial<IdentityProviderConfig> = {},
  options: Partial<OidcLoginOptions> = {},
): IdentityProvider {
  const config: IdentityProviderConfig = {
    issuer: idp.issuer,
    clientId: CLIENT_ID,
    clientAuthentication: 'none',
    scopes: ['openid', 'email'],
    authorizationParameters: {},
    idTokenAlgorithms: ['ES256'],
    subjectClaim: 'sub',
    groupsClaim: 'groups',
    allowed: {},
    administratorGroups: [],
    ...change,
  };
  return oidcLogin({ config, now: Date.now, ...options });
}

const callback = (change: IdpCallback = {}): IdpCallback => ({ code: ['code-1'], state: [LOGIN.state], ...change });
const finish = (change?: IdpCallback, one = provider()) => one.finish(LOGIN, callback(change));
const wasRedeemed = () => idp.forms.length > 0;

describe('the way to the IdP', () => {
  test('carries state, nonce and PKCE, and what the operator adds', async () => {
    idp.metadata = { authorization_endpoint: `${idp.issuer}/authorize?realm=staff` };
    const url = await provider({ authorizationParameters: { prompt: 'select_account' } }).authorizationUrl(LOGIN);
    const { origin, pathname, searchParams } = new URL(url.ok ? url.value : '');
    expect(`${origin}${pathname}`).toBe(`${idp.issuer}/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      realm: 'staff',
      prompt: 'select_account',
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: LOGIN.redirectUri,
      scope: 'openid email',
      state: LOGIN.state,
      nonce: LOGIN.nonce,
      code_challenge: createHash('sha256').update(LOGIN.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
  });

  test('no parameter of the operator or the IdP replaces what makes the sign-in safe', async () => {
    idp.metadata = { authorization_endpoint: `${idp.issuer}/authorize?state=x&code_challenge_method=plain` };
    const careless = { state: 'x', nonce: 'x', code_challenge: 'x', response_type: 'token', redirect_uri: 'https://x' };
    const url = await provider({ authorizationParameters: careless }).authorizationUrl(LOGIN);
    const { searchParams } = new URL(url.ok ? url.value : '');
    expect(searchParams.getAll('state')).toEqual([LOGIN.state]);
    expect(searchParams.getAll('code_challenge_method')).toEqual(['S256']);
    expect(searchParams.get('nonce')).toBe(LOGIN.nonce);
    expect(searchParams.get('response_type')).toBe('code');
    expect(searchParams.get('redirect_uri')).toBe(LOGIN.redirectUri);
  });

  test('fails while the IdP does not answer', async () => {
    idp.instead.set('/.well-known/openid-configuration', () => new Response('no', { status: 503 }));
    expect(await provider().authorizationUrl(LOGIN)).toEqual(err('idp_unreachable'));
    expect(await finish()).toEqual(err({ kind: 'unreachable', check: 'metadata' }));
  });
});

describe('the way back', () => {
  test('redeems the code with verifier and redirect URI, and gives the claims of the ID token', async () => {
    idp.metadata = { authorization_response_iss_parameter_supported: true };
    idp.change = { claims: { email: 'alice@example.com', groups: ['staff'] } };
    expect(await finish({ iss: [idp.issuer], session_state: ['s'] })).toMatchObject({
      ok: true,
      value: { iss: idp.issuer, sub: 'u-1', email: 'alice@example.com', groups: ['staff'] },
    });
    expect(idp.forms.map(({ body }) => Object.fromEntries(body))).toEqual([
      {
        grant_type: 'authorization_code',
        code: 'code-1',
        redirect_uri: LOGIN.redirectUri,
        code_verifier: LOGIN.codeVerifier,
        client_id: CLIENT_ID,
      },
    ]);
  });

  test.each<[string, boolean, IdpCallback]>([
    ['no issuer, though the IdP says it sends one', true, {}],
    ['an empty issuer', true, { iss: [''] }],
    ['an empty issuer, where the IdP need not send one', false, { iss: [''] }],
    ['another issuer (mix-up)', true, { iss: ['https://evil.example'] }],
    ['another issuer, where the IdP need not send one', false, { iss: ['https://evil.example'] }],
    ['the issuer with a slash', true, { iss: ['{issuer}/'] }],
    ['an error of another issuer', true, { iss: ['https://evil.example'], error: ['access_denied'] }],
  ])('refuses a callback with %s, and redeems nothing', async (_, isAdvertised, change) => {
    idp.metadata = { authorization_response_iss_parameter_supported: isAdvertised };
    const iss = change['iss']?.map((value) => value.replace('{issuer}', idp.issuer));
    expect(await finish({ ...change, ...(iss === undefined ? {} : { iss }) })).toEqual(
      err({ kind: 'invalid', check: 'response_iss' }),
    );
    expect(wasRedeemed()).toBe(false);
  });

  test.each(['code', 'state', 'iss', 'error', 'anything'])('refuses a callback with two values of %s', async (name) => {
    expect(await finish({ [name]: ['a', 'a'] })).toEqual(
      err({ kind: 'invalid', check: 'response_repeated_parameter' }),
    );
    expect(wasRedeemed()).toBe(false);
  });

  test.each<[string, IdpCallback, string]>([
    ['another state', { state: ['tag12345.other'] }, 'response_state'],
    ['no state', { state: [] }, 'response_state'],
    ['no code', { code: [] }, 'response_code'],
    ['an empty code', { code: [''] }, 'response_code'],
    ['an ID token in the browser’s hands', { id_token: ['a.b.c'] }, 'response_state'],
    ['a response as a JWT', { response: ['a.b.c'] }, 'response_state'],
  ])('refuses a callback with %s, and redeems nothing', async (_, change, check) => {
    expect(await finish(change)).toEqual(err({ kind: 'invalid', check }));
    expect(wasRedeemed()).toBe(false);
  });

  test.each<[string, 'denied' | 'unreachable', string]>([
    ['access_denied', 'denied', 'response_access_denied'],
    ['login_required', 'denied', 'response_login_required'],
    ['invalid_scope', 'denied', 'response_invalid_scope'],
    ['server_error', 'unreachable', 'response_server_error'],
    ['temporarily_unavailable', 'unreachable', 'response_temporarily_unavailable'],
    ['<script>alert(1)</script>', 'denied', 'response_error'],
    ['AADSTS50105', 'denied', 'response_error'],
  ])('the error %s is %s, and its text goes nowhere', async (error, kind, check) => {
    const text = ['<b>call 555-0100</b>'];
    expect(await finish({ code: [], error: [error], error_description: text, error_uri: text })).toEqual(
      err({ kind, check }),
    );
    expect(wasRedeemed()).toBe(false);
  });

  test('an error without our state is no answer to us', async () => {
    expect(await finish({ error: ['access_denied'], state: ['x'] })).toEqual(
      err({ kind: 'invalid', check: 'response_state' }),
    );
  });
});

describe('the gateway’s own proof of who it is', () => {
  test('goes to the token endpoint only', async () => {
    const secret = async () => ok('s3cret');
    expect(await finish({}, provider({ clientAuthentication: 'client_secret_basic' }, { secret }))).toMatchObject({
      ok: true,
    });
    expect(idp.forms.map(({ authorization }) => authorization)).toEqual([`Basic ${btoa('mcp-gateway:s3cret')}`]);
  });

  test('cannot be had: nothing is redeemed, and the person may try again', async () => {
    const secret = async () =>
      err({ service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' } as const);
    expect(await finish({}, provider({ clientAuthentication: 'client_secret_post' }, { secret }))).toEqual(
      err({ kind: 'unreachable', check: 'client_ThrottlingException' }),
    );
    expect(wasRedeemed()).toBe(false);
  });
});

describe('the ID token', () => {
  const base64url = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

  test.each<[string, IdTokenChange, string]>([
    ['of another issuer', { claims: { iss: 'https://evil.example' } }, 'id_token_iss'],
    ['for another client', { claims: { aud: 'other' } }, 'id_token_aud'],
    ['for several others', { claims: { aud: ['a', 'b'] } }, 'id_token_aud'],
    ['for us and another, without saying who asked', { claims: { aud: [CLIENT_ID, 'b'] } }, 'id_token_aud'],
    ['for us and another, asked for by the other', { claims: { aud: [CLIENT_ID, 'b'], azp: 'b' } }, 'id_token_azp'],
    ['for us, asked for by another', { claims: { azp: 'b' } }, 'id_token_azp'],
    ['that has expired', { claims: { exp: Math.floor(Date.now() / 1_000) - 60 } }, 'id_token_exp'],
    ['that is not valid yet', { claims: { nbf: Math.floor(Date.now() / 1_000) + 600 } }, 'id_token_nbf'],
    ['of another sign-in', { claims: { nonce: 'other' } }, 'id_token_nonce'],
    ['of no sign-in', { claims: { nonce: undefined } }, 'id_token_claims'],
    ['of nobody', { claims: { sub: undefined as never } }, 'id_token_claims'],
    ['of a number', { claims: { sub: 7 as never } }, 'id_token_claims'],
    ['without an audience', { claims: { aud: undefined as never } }, 'id_token_claims'],
    ['that never expires', { claims: { exp: undefined as never } }, 'id_token_claims'],
    ['signed under an unknown key id', { header: { kid: 'idp-2' } }, 'id_token_key'],
    ['with an extension nobody understands', { header: { crit: ['b64'], b64: true } }, 'id_token_header'],
  ])('is refused %s', async (_, change, check) => {
    idp.change = change;
    expect(await finish()).toEqual(err({ kind: 'invalid', check }));
  });

  test('is refused when it is for the issuer with a slash', async () => {
    idp.change = { claims: { iss: `${idp.issuer}/` } };
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_iss' }));
  });

  test('is refused when another key has signed it under the same id', async () => {
    idp.change = { key: (await generateKeyPair('ES256')).privateKey };
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_signature' }));
  });

  test('is refused when it brings its own key, and that is not fetched from anywhere', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const forged = { jwk: idp.publicJwk, jku: `${idp.issuer}/evil-jwks`, x5u: `${idp.issuer}/evil-chain` };
    idp.change = { key: privateKey, header: forged };
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_signature' }));
    expect(idp.requests.filter((one) => one.includes('evil'))).toEqual([]);
  });

  test('is refused when nothing signs it (alg none), in whatever case', async () => {
    const [, payload = ''] = (await idp.idToken()).split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      idp.tokens = () => ({ access_token: 'at', token_type: 'Bearer', id_token: `${base64url({ alg })}.${payload}.` });
      expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_header' }));
    }
    // Not even where the operator let it through.
    expect(await finish({}, provider({ idTokenAlgorithms: ['NONE'] }))).toMatchObject({ ok: false });
  });

  test('is refused when signed by HS256 with the public key as the secret, even if HS256 were allowed', async () => {
    const key = Buffer.from(JSON.stringify(idp.publicJwk));
    idp.change = { header: { alg: 'HS256' }, key };
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_header' }));
    expect(await finish({}, provider({ idTokenAlgorithms: ['HS256'] }))).toEqual(
      err({ kind: 'invalid', check: 'id_token_signature' }),
    );
  });

  test('is refused when signed by an algorithm that is not configured, though the IdP offers it', async () => {
    idp.metadata = { id_token_signing_alg_values_supported: ['ES256'] };
    expect(await finish({}, provider({ idTokenAlgorithms: ['RS256'] }))).toEqual(
      err({ kind: 'invalid', check: 'id_token_header' }),
    );
  });

  test.each<[string, (idToken: string) => unknown, string]>([
    ['is missing', () => ({ access_token: 'at', token_type: 'Bearer' }), 'token_response'],
    ['is no text', () => ({ access_token: 'at', token_type: 'Bearer', id_token: {} }), 'token_response'],
    ['is no JWT', () => ({ access_token: 'at', token_type: 'Bearer', id_token: 'opaque' }), 'token_response'],
    ['is encrypted', () => ({ access_token: 'at', token_type: 'Bearer', id_token: 'a.b.c.d.e' }), 'token_response'],
    [
      'has lost its signature',
      (token) => ({ access_token: 'at', token_type: 'Bearer', id_token: token.replace(/\.[^.]+$/, '.') }),
      'id_token_signature',
    ],
    ['comes without access token', (id_token) => ({ token_type: 'Bearer', id_token }), 'token_response'],
    ['comes in a list', (id_token) => [{ access_token: 'at', token_type: 'Bearer', id_token }], 'token_response'],
  ])('is refused when it %s', async (_, tokens, check) => {
    idp.tokens = tokens;
    expect(await finish()).toEqual(err({ kind: 'invalid', check }));
  });

  test.each(['RS256', 'PS256', 'EdDSA'])('may be signed by %s, where the operator says so', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'idp-2' };
    idp.instead.set('/jwks', () => Response.json({ keys: [idp.publicJwk, jwk] }));
    idp.change = { key: privateKey, header: { alg, kid: 'idp-2' } };
    expect(await finish({}, provider({ idTokenAlgorithms: [alg] }))).toMatchObject({ ok: true });
    expect(await finish({}, provider({ idTokenAlgorithms: ['ES256'] }))).toEqual(
      err({ kind: 'invalid', check: 'id_token_header' }),
    );
  });

  test('is refused when its key is for something else, or too weak', async () => {
    for (const change of [{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }, { kty: 'oct', k: 'c2VjcmV0' }]) {
      idp.instead.set('/jwks', () => Response.json({ keys: [{ ...idp.publicJwk, ...change }] }));
      expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_key' }));
    }
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const input = `${base64url({ alg: 'RS256', kid: 'weak' })}.${(await idp.idToken()).split('.')[1]}`;
    const signature = sign('sha256', Buffer.from(input), weak.privateKey).toString('base64url');
    idp.tokens = () => ({ access_token: 'at', token_type: 'Bearer', id_token: `${input}.${signature}` });
    idp.instead.set('/jwks', () =>
      Response.json({ keys: [{ ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak' }] }),
    );
    expect(await finish({}, provider({ idTokenAlgorithms: ['RS256'] }))).toEqual(
      err({ kind: 'invalid', check: 'id_token_signature' }),
    );
  });

  test('may be signed by a key that is newer than the keys we know, ten seconds after they were fetched', async () => {
    let laterMs = 0;
    const one = provider({}, { now: () => Date.now() + laterMs });
    expect(await finish({}, one)).toMatchObject({ ok: true });
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'idp-2' };
    idp.instead.set('/jwks', () => Response.json({ keys: [jwk] }));
    idp.change = { key: privateKey, header: { kid: 'idp-2' } };
    // Whoever invents key ids must not make us hammer the IdP.
    expect(await finish({}, one)).toEqual(err({ kind: 'invalid', check: 'id_token_key' }));
    expect(idp.requests.filter((request) => request === 'GET /jwks')).toHaveLength(1);
    laterMs = 10_000;
    expect(await finish({}, one)).toMatchObject({ ok: true });
  });

  test('must tell of a recent sign-in where the operator asks for one: the browser can leave the question out', async () => {
    const recent = provider({ authorizationParameters: { max_age: '600' } });
    const authTime = (ageSeconds: number) => ({ claims: { auth_time: Math.floor(Date.now() / 1_000) - ageSeconds } });
    expect(await finish({}, recent)).toEqual(err({ kind: 'invalid', check: 'id_token_claims' }));
    idp.change = authTime(3_600);
    expect(await finish({}, recent)).toEqual(err({ kind: 'invalid', check: 'id_token_auth_time' }));
    idp.change = authTime(60);
    expect(await finish({}, recent)).toMatchObject({ ok: true });
  });

  test('is judged by the clock it is given', async () => {
    const tomorrow = () => Date.now() + 86_400_000;
    expect(await finish({}, provider({}, { now: tomorrow }))).toEqual(err({ kind: 'invalid', check: 'id_token_exp' }));
  });
});

describe('a token endpoint', () => {
  const json =
    (status: number, body: object, headers = {}) =>
    () =>
      Response.json(body, { status, headers });

  test.each<[string, () => Response, 'invalid' | 'unreachable', string]>([
    ['that knows the code no more', json(400, { error: 'invalid_grant' }), 'invalid', 'token_invalid_grant'],
    ['that does not know us', json(401, { error: 'invalid_client' }), 'invalid', 'token_invalid_client'],
    [
      'that does not know us, by challenge',
      json(401, {}, { 'WWW-Authenticate': 'Basic realm="x"' }),
      'invalid',
      'token_invalid_client',
    ],
    ['with an error of its own', json(400, { error: 'AADSTS<b>' }), 'invalid', 'token_error'],
    [
      'that is overloaded',
      json(400, { error: 'temporarily_unavailable' }),
      'unreachable',
      'token_temporarily_unavailable',
    ],
    ['that fails', json(500, {}), 'unreachable', 'token_status'],
    ['that has had enough', json(429, {}), 'unreachable', 'token_status'],
    ['that redirects', () => Response.redirect('http://127.0.0.1:1/evil', 307), 'invalid', 'token_status'],
    ['that answers with a page', () => new Response('<html>'), 'invalid', 'token_response'],
    ['that answers with nothing', () => new Response(null, { status: 204 }), 'invalid', 'token_status'],
    ['that answers without end', () => new Response('x'.repeat(300_000)), 'unreachable', 'token_unreachable'],
  ])('%s', async (_, answer, kind, check) => {
    idp.instead.set('/token', answer);
    expect(await finish()).toEqual(err({ kind, check }));
    expect(idp.forms).toHaveLength(1);
  });

  test('that does not answer is given up', async () => {
    idp.instead.set('/token', () => new Promise<Response>(() => undefined));
    const hasty = provider({}, { fetch: (url, sent) => idpFetch(url.endsWith('/token') ? 20 : undefined)(url, sent) });
    expect(await finish({}, hasty)).toEqual(err({ kind: 'unreachable', check: 'token_unreachable' }));
  });

  test('keys that cannot be had leave the token unverified, and so refused', async () => {
    idp.instead.set('/jwks', () => new Response('no', { status: 503 }));
    expect(await finish()).toEqual(err({ kind: 'unreachable', check: 'keys_status' }));
  });

  test('a page in place of keys leaves the token unverified, too', async () => {
    idp.instead.set('/jwks', () => new Response('<html>'));
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'keys_document' }));
  });

  test('of several keys that fit none is chosen: the token must say which', async () => {
    const { kid: _, ...nameless } = idp.publicJwk;
    idp.instead.set('/jwks', () => Response.json({ keys: [nameless, idp.publicJwk] }));
    idp.change = { header: { kid: undefined } };
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'id_token_key' }));
  });

  test('keys that have moved are read where the metadata says they are now', async () => {
    let laterMs = 0;
    const one = provider({}, { now: () => Date.now() + laterMs });
    expect(await finish({}, one)).toMatchObject({ ok: true });
    idp.metadata = { jwks_uri: `${idp.issuer}/new-jwks` };
    idp.instead.set('/new-jwks', () => Response.json({ keys: [idp.publicJwk] }));
    laterMs = 3_600_001;
    const seconds = Math.floor((Date.now() + laterMs) / 1_000);
    idp.change = { claims: { iat: seconds, exp: seconds + 300 } };
    expect(await finish({}, one)).toMatchObject({ ok: true });
    expect(idp.requests).toContain('GET /new-jwks');
  });

  test('the keys of a redirect are not taken', async () => {
    idp.instead.set('/jwks', () => Response.redirect(`${idp.issuer}/evil-jwks`, 302));
    expect(await finish()).toEqual(err({ kind: 'invalid', check: 'keys_status' }));
    expect(idp.requests).not.toContain('GET /evil-jwks');
  });
});
