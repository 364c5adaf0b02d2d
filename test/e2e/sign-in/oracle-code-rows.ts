import { rawCall } from '../../fixtures/raw-call';
import { type Change, parameters } from './agent';
import { differs, type Row, same } from './oracle-row';
import { type AskForTokens, HTTPS_REDIRECT, type Side, tokens } from './oracle-side';

/** Redeems a new code with something changed. */
const redeemed = (change: Change) => async (side: Side) => {
  const { app, code } = await side.code();
  return app.redeem(code, change);
};

export const CODE_ROWS: readonly Row<AskForTokens>[] = [
  same(
    'a code',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(code);
    },
    '200',
  ),
  same('no grant_type', redeemed({ grant_type: undefined }), '400 invalid_request'),
  same(
    'grant_type password',
    (s) => s.post(parameters({ grant_type: 'password', client_id: 'app', username: 'alice', password: 'x' })),
    '400 unsupported_grant_type',
  ),
  same(
    'grant_type device_code',
    (s) =>
      s.post(
        parameters({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'app', device_code: 'x' }),
      ),
    '400 unsupported_grant_type',
  ),
  same(
    'grant_type nobody knows',
    (s) => s.post(parameters({ grant_type: 'x', client_id: 'app' })),
    '400 unsupported_grant_type',
  ),
  differs(
    'jwt-bearer where no issuer is trusted',
    (s) =>
      s.post(
        parameters({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', client_id: 'app', assertion: 'x' }),
      ),
    '400 unauthorized_client',
    '400 unsupported_grant_type',
    'The grant is known here; who proves nothing may not use it, whichever issuers are trusted.',
  ),
  same(
    'grant_type twice',
    redeemed({ grant_type: ['authorization_code', 'authorization_code'] }),
    '400 invalid_request',
  ),
  same(
    'code twice in one request',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(code, { code: [code, code] });
    },
    '400 invalid_request',
  ),
  same('client_id twice in one request', redeemed({ client_id: ['app', 'app'] }), '400 invalid_request'),
  differs(
    'a code without a client_id',
    redeemed({ client_id: undefined }),
    '401 invalid_client',
    '400 invalid_request',
    'Nobody authenticated: RFC 6749 §5.2 calls that `invalid_client`.',
  ),
  same('an unknown client', redeemed({ client_id: 'nobody' }), '401 invalid_client'),
  same('a code of another client', redeemed({ client_id: 'other' }), '400 invalid_grant'),
  same(
    'a code another client has tried',
    async (s) => {
      const { app, code } = await s.code();
      await app.redeem(code, { client_id: 'other' });
      return app.redeem(code);
    },
    '200',
  ),
  same('a client secret nobody gave out', redeemed({ client_secret: 'x' }), '401 invalid_client'),
  differs(
    'a public client in a Basic header',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code, { client_id: undefined }), [
        'Authorization',
        `Basic ${Buffer.from('app:').toString('base64')}`,
      ]);
    },
    '401 invalid_client',
    '400 invalid_request',
    'No shared secrets here: a Basic header fails to authenticate, whatever is in it.',
  ),
  differs(
    'a Basic header of garbage',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code), ['Authorization', 'Basic !']);
    },
    '401 invalid_client',
    '400 invalid_request',
    'No shared secrets here: a Basic header fails to authenticate, whatever is in it.',
  ),
  same('no code', (s) => s.app.redeem('x', { code: undefined }), '400 invalid_request'),
  same('a code of garbage', (s) => s.app.redeem('x'), '400 invalid_grant'),
  same('a code of other characters', (s) => s.app.redeem('\u{1f600}\u0000'), '400 invalid_grant'),
  same(
    'a code with a character more',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(`${code}x`);
    },
    '400 invalid_grant',
  ),
  same('no code_verifier', redeemed({ code_verifier: undefined }), '400 invalid_grant'),
  same('an empty code_verifier', redeemed({ code_verifier: '' }), '400 invalid_grant'),
  same('a wrong code_verifier', redeemed({ code_verifier: 'x'.repeat(43) }), '400 invalid_grant'),
  differs(
    'a short code_verifier',
    redeemed({ code_verifier: 'x'.repeat(42) }),
    '400 invalid_grant',
    '400 invalid_request',
    'It does not fit the code, as any other wrong one: one answer for all of them.',
  ),
  differs(
    'a code_verifier of other characters',
    redeemed({ code_verifier: '\u00e9'.repeat(43) }),
    '400 invalid_grant',
    '400 invalid_request',
    'It does not fit the code, as any other wrong one: one answer for all of them.',
  ),
  same(
    'the challenge for a verifier',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(code, { code_verifier: app.authorizationUrl().searchParams.get('code_challenge') ?? '' });
    },
    '400 invalid_grant',
  ),
  same(
    'code_verifier twice in one request',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(code, { code_verifier: [app.verifier, app.verifier] });
    },
    '400 invalid_request',
  ),
  same(
    'the right code_verifier after a wrong one',
    async (s) => {
      const { app, code } = await s.code();
      await app.redeem(code, { code_verifier: 'x'.repeat(43) });
      return app.redeem(code);
    },
    '200',
  ),
  differs(
    'no redirect_uri with the code',
    redeemed({ redirect_uri: undefined }),
    '200',
    '400 invalid_request',
    'OAuth 2.1 took it away, since PKCE binds the code; one that comes has to be the right one.',
  ),
  same('another redirect_uri with the code', redeemed({ redirect_uri: HTTPS_REDIRECT }), '400 invalid_grant'),
  same('no resource with the code', redeemed({ resource: undefined }), '200'),
  same(
    'another resource with the code',
    async (s) => {
      const { app, code } = await s.code();
      return app.redeem(code, { resource: `${s.url}/mcp/other` });
    },
    '400 invalid_target',
  ),
  same('an unknown resource with the code', redeemed({ resource: 'https://other.example/' }), '400 invalid_target'),
  same('scope with the code', redeemed({ scope: 'nothing' }), '200'),
  same(
    'a code a second time',
    async (s) => {
      const { app, code } = await s.code();
      await app.redeem(code);
      return app.redeem(code);
    },
    '400 invalid_grant',
  ),
  same(
    'the refresh token of a code that came twice',
    async (s) => {
      const { app, code } = await s.code();
      const { refreshToken } = tokens(await app.redeem(code));
      await app.redeem(code);
      return app.refresh(refreshToken);
    },
    '400 invalid_grant',
  ),
  same(
    'the refresh token of a code that another client sent again',
    async (s) => {
      const { app, code } = await s.code();
      const { refreshToken } = tokens(await app.redeem(code));
      await app.redeem(code, { client_id: 'other' });
      return app.refresh(refreshToken);
    },
    '200',
  ),
  same(
    'a form as JSON',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(JSON.stringify(Object.fromEntries(app.codeForm(code))), ['Content-Type', 'application/json']);
    },
    '400 invalid_request',
  ),
  same(
    'a form without a content type',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code).toString(), []);
    },
    '400 invalid_request',
  ),
  same(
    'a form of plain text',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code).toString(), ['Content-Type', 'text/plain']);
    },
    '400 invalid_request',
  ),
  same(
    'a form with a charset',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code).toString(), [
        'Content-Type',
        'application/x-www-form-urlencoded; charset=utf-8',
      ]);
    },
    '200',
  ),
  same(
    'a form of several types',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(app.codeForm(code).toString(), [
        'Content-Type',
        'application/x-www-form-urlencoded, application/json',
      ]);
    },
    '400 invalid_request',
  ),
  same(
    'a form in parts',
    (s) =>
      s.post('--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nrefresh_token\r\n--x--', [
        'Content-Type',
        'multipart/form-data; boundary=x',
      ]),
    '400 invalid_request',
  ),
  same(
    'the parameters in the address',
    async (s) => {
      const { app, code } = await s.code();
      return s.post('', ['Content-Type', 'application/x-www-form-urlencoded'], `/token?${app.codeForm(code)}`);
    },
    '400 invalid_request',
  ),
  same(
    'an empty body',
    (s) => s.post('', ['Content-Type', 'application/x-www-form-urlencoded']),
    '400 invalid_request',
  ),
  same(
    'by GET',
    async (s) => {
      const { app, code } = await s.code();
      return rawCall(`${s.url}/token?${app.codeForm(code)}`, { method: 'GET' });
    },
    '404',
  ),
];
