import { differs, type Row, same } from './oracle-row';
import { type AskForTokens, tokens } from './oracle-side';

export const REFRESH_ROWS: readonly Row<AskForTokens>[] = [
  same(
    'a refresh token',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(refreshToken);
    },
    '200',
  ),
  same('no refresh token', (s) => s.app.refresh('x', { refresh_token: undefined }), '400 invalid_request'),
  same('a refresh token of garbage', (s) => s.app.refresh('x'), '400 invalid_grant'),
  same(
    'a refresh token with a character changed',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(`${refreshToken.slice(0, -1)}${refreshToken.endsWith('A') ? 'B' : 'A'}`);
    },
    '400 invalid_grant',
  ),
  same(
    'a refresh token twice in one request',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(refreshToken, { refresh_token: [refreshToken, refreshToken] });
    },
    '400 invalid_request',
  ),
  same(
    'a refresh token of another client',
    async (s) => {
      const { refreshToken } = await s.tokens();
      return s.other.refresh(refreshToken);
    },
    '400 invalid_grant',
  ),
  same(
    'a refresh token another client has tried',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      await s.other.refresh(refreshToken);
      return app.refresh(refreshToken);
    },
    '200',
  ),
  same(
    'a code for a refresh token',
    async (s) => {
      const { app, code } = await s.code();
      return app.refresh(code);
    },
    '400 invalid_grant',
  ),
  same(
    'an access token for a refresh token',
    async (s) => {
      const { app, accessToken } = await s.tokens();
      return app.refresh(accessToken);
    },
    '400 invalid_grant',
  ),
  same(
    'a refresh token for the scope it has',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(refreshToken, { scope: 'mcp:tools' });
    },
    '200',
  ),
  same(
    'a refresh token for a wider scope',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(refreshToken, { scope: 'mcp:tools vault:manage' });
    },
    '400 invalid_scope',
  ),
  same(
    'a refresh token after a wider scope was refused',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      await app.refresh(refreshToken, { scope: 'mcp:tools vault:manage' });
      return app.refresh(refreshToken);
    },
    '200',
  ),
  same(
    'a refresh token for another resource',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.refresh(refreshToken, { resource: `${s.url}/mcp/other` });
    },
    '400 invalid_target',
  ),
  differs(
    'a refresh token a second time at once',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      await app.refresh(refreshToken);
      return app.refresh(refreshToken);
    },
    '200',
    '400 invalid_grant',
    'Agents share a refresh token between processes: for a minute the last one gives the same successor again.',
  ),
  same(
    'a refresh token two generations old',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      const next = tokens(await app.refresh(refreshToken));
      await app.refresh(next.refreshToken);
      return app.refresh(refreshToken);
    },
    '400 invalid_grant',
  ),
  same(
    'the newest refresh token after one two generations old',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      const next = tokens(await app.refresh(refreshToken));
      const newest = tokens(await app.refresh(next.refreshToken));
      await app.refresh(refreshToken);
      return app.refresh(newest.refreshToken);
    },
    '400 invalid_grant',
  ),
];

export const REVOKE_ROWS: readonly Row<AskForTokens>[] = [
  same(
    'revoking a refresh token',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.revoke(refreshToken);
    },
    '200',
  ),
  same(
    'a refresh token that was revoked',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      await app.revoke(refreshToken);
      return app.refresh(refreshToken);
    },
    '400 invalid_grant',
  ),
  same('revoking garbage', (s) => s.app.revoke('x'), '200'),
  same('revoking nothing', (s) => s.app.revoke('x', { token: undefined }), '400 invalid_request'),
  same(
    'revoking with a hint that is wrong',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      return app.revoke(refreshToken, { token_type_hint: 'access_token' });
    },
    '200',
  ),
  same(
    'revoking a refresh token of another client',
    async (s) => {
      const { refreshToken } = await s.tokens();
      return s.other.revoke(refreshToken);
    },
    '200',
  ),
  same(
    'a refresh token another client wanted revoked',
    async (s) => {
      const { app, refreshToken } = await s.tokens();
      await s.other.revoke(refreshToken);
      return app.refresh(refreshToken);
    },
    '200',
  ),
  differs(
    'revoking an access token',
    async (s) => {
      const { app, accessToken } = await s.tokens();
      return app.revoke(accessToken);
    },
    '200',
    '400 unsupported_token_type',
    'Ends the whole grant; the oracle cannot revoke an access token that is a JWT.',
  ),
  differs(
    'a refresh token whose access token was revoked',
    async (s) => {
      const { app, accessToken, refreshToken } = await s.tokens();
      await app.revoke(accessToken);
      return app.refresh(refreshToken);
    },
    '400 invalid_grant',
    '200',
    'It was one grant, and it is over; the oracle has refused to revoke anything.',
  ),
  differs(
    'revoking without a client',
    (s) => s.app.revoke('x', { client_id: undefined }),
    '401 invalid_client',
    '400 invalid_request',
    'Nobody authenticated: RFC 6749 §5.2 calls that `invalid_client`.',
  ),
  differs(
    'revoking as an unknown client',
    (s) => s.app.revoke('x', { client_id: 'nobody' }),
    '200',
    '401 invalid_client',
    'A stranger’s client id is not looked up to say that its token is over, which it is anyway.',
  ),
];
