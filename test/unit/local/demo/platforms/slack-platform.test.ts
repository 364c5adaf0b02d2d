import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startSlackPlatform } from '../../../../../local/demo/platforms/slack-platform';
import {
  authorize,
  basic,
  CHALLENGE,
  codeIn,
  post,
  REDIRECT_URI,
  send,
  sendForm,
  tokenEndpoint,
  whoami,
} from './platform-client';

let slack: DemoPlatform;
let nowMs: number;
beforeEach(async () => {
  nowMs = 1_000_000;
  slack = await startSlackPlatform({ clock: () => nowMs });
});
afterEach(() => slack.close());

const SCOPE = { user_scope: 'channels:read,chat:write' };

async function connected() {
  const code = codeIn(await authorize(slack, SCOPE));
  const { json } = await sendForm(tokenEndpoint(slack), { code, redirect_uri: REDIRECT_URI, ...post(slack) });
  return json['authed_user'] as { readonly access_token: string; readonly refresh_token: string };
}

const refresh = (token: string) =>
  sendForm(tokenEndpoint(slack), { grant_type: 'refresh_token', refresh_token: token, ...post(slack) });

test('the person’s token is inside authed_user, of type user, with scopes separated by commas', async () => {
  const code = codeIn(await authorize(slack, SCOPE));
  const form = { code, redirect_uri: REDIRECT_URI };
  const { status, json } = await sendForm(tokenEndpoint(slack), form, basic(slack));
  expect([status, json['ok'], json['access_token']]).toEqual([200, true, undefined]);
  expect(json['authed_user']).toMatchObject({
    scope: 'channels:read,chat:write',
    token_type: 'user',
    expires_in: 43_200,
  });
});

test('its MCP server answers as the account that was chosen', async () => {
  const { access_token: token } = await connected();
  expect(await whoami(slack, token)).toBe('Sam Sample (sam-at-work), Example Company at Slack (demo)');
});

test('a refreshed token is at the top of the answer, and the refresh token works once', async () => {
  const { refresh_token: first } = await connected();
  const { json } = await refresh(first);
  expect(json).toMatchObject({ ok: true, token_type: 'user' });
  expect((await refresh(first)).json).toEqual({ ok: false, error: 'invalid_refresh_token' });
  expect(slack.counts).toMatchObject({ codesRedeemed: 1, refreshes: 1, invalidGrants: 1 });
});

test('a used refresh token gets a successor again for as long as the grace is set', async () => {
  slack.knobs.graceSeconds = 60;
  const { refresh_token: first } = await connected();
  await refresh(first);
  nowMs += 59_999;
  expect((await refresh(first)).json['ok']).toBe(true);
  nowMs += 1;
  expect((await refresh(first)).json['ok']).toBe(false);
});

test('a token past its end is counted apart from one that was ended', async () => {
  const { access_token: token } = await connected();
  nowMs += 43_200_000;
  expect(await whoami(slack, token)).toBe(401);
  expect(slack.counts).toMatchObject({ expiredTokenUses: 1, deadTokenUses: 0 });
});

test('auth.test says whose token it is, auth.revoke ends it', async () => {
  const { access_token: token, refresh_token: refreshToken } = await connected();
  const call = (method: string) =>
    send(`${slack.origin}/api/${method}`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  expect((await call('auth.test')).json).toMatchObject({ ok: true, user_id: 'U01WORK', team: 'Example Company' });
  expect((await call('auth.revoke')).json).toEqual({ ok: true, revoked: true });
  expect((await call('auth.test')).json).toEqual({ ok: false, error: 'invalid_auth' });
  expect((await refresh(refreshToken)).json['ok']).toBe(false);
  expect(slack.counts).toMatchObject({ revocations: 1, deadTokenUses: 1 });
});

test.each([
  ['scopes separated by spaces', { user_scope: 'channels:read chat:write' }, 'invalid_scope'],
  ['no scope', {}, 'invalid_scope'],
  ['a code challenge, as the app has not opted in', { ...SCOPE, ...CHALLENGE }, 'pkce_not_enabled'],
  ['an address that is not registered', { ...SCOPE, redirect_uri: 'https://example.com/callback' }, 'bad_redirect_uri'],
])('refuses %s', async (_, parameters, error) => {
  await expect(authorize(slack, parameters)).rejects.toThrow(`authorising this app: ${error}`);
});

test('refuses in HTTP 200: a wrong secret, JSON, a code twice', async () => {
  const code = codeIn(await authorize(slack, SCOPE));
  const form = { code, redirect_uri: REDIRECT_URI };
  const wrong = await sendForm(tokenEndpoint(slack), { ...form, ...post(slack), client_secret: 'x' });
  const headers = { 'Content-Type': 'application/json' };
  const asJson = await send(tokenEndpoint(slack), { method: 'POST', headers, body: JSON.stringify(form) });
  await sendForm(tokenEndpoint(slack), { ...form, ...post(slack) });
  const twice = await sendForm(tokenEndpoint(slack), { ...form, ...post(slack) });
  expect([wrong, asJson, twice].map(({ status, json }) => [status, json['error']])).toEqual([
    [200, 'bad_client_secret'],
    [200, 'invalid_form_data'],
    [200, 'invalid_code'],
  ]);
});

test('who denies is sent back with access_denied', async () => {
  const { searchParams } = await authorize(slack, SCOPE, 'deny');
  expect(Object.fromEntries(searchParams)).toEqual({ error: 'access_denied', state: 'the state' });
});

test('an answer that is lost after its effect has used the refresh token', async () => {
  const { refresh_token: first } = await connected();
  slack.faults.inject({ endpoint: 'refresh', kind: 'reset', afterEffect: true });
  await expect(refresh(first)).rejects.toThrow('fetch failed');
  expect((await refresh(first)).json).toEqual({ ok: false, error: 'invalid_refresh_token' });
});

test('a fault that hits half of the requests hits every other one', async () => {
  const { access_token: token } = await connected();
  slack.faults.inject({ endpoint: 'mcp', kind: 'status', status: 502, rate: 0.5 });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push(await whoami(slack, token));
  expect(statuses.map((answer) => answer === 502)).toEqual([false, true, false, true]);
});
