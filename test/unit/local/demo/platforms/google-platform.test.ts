import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startGooglePlatform } from '../../../../../local/demo/platforms/google-platform';
import {
  authorize,
  CHALLENGE,
  codeIn,
  post,
  REDIRECT_URI,
  send,
  sendForm,
  tokenEndpoint,
  VERIFIER,
  whoami,
} from './platform-client';

let google: DemoPlatform;
beforeEach(async () => {
  google = await startGooglePlatform();
});
afterEach(() => google.close());

const ASKED = { scope: 'openid email', ...CHALLENGE };
const OFFLINE = { access_type: 'offline' };

async function connected(parameters: Readonly<Record<string, string>>) {
  const code = codeIn(await authorize(google, { ...ASKED, ...parameters }));
  const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
  return (await sendForm(tokenEndpoint(google), { ...form, ...post(google) })).json;
}

test('a refresh token comes offline only, and the second time with prompt=consent only', async () => {
  const isOffline = async (parameters: Readonly<Record<string, string>>) =>
    'refresh_token' in (await connected(parameters));
  expect(await isOffline({})).toBe(false);
  expect(await isOffline(OFFLINE)).toBe(false);
  expect(await isOffline({ ...OFFLINE, prompt: 'consent' })).toBe(true);
});

test('a refresh brings no refresh token, and the first one works again and again', async () => {
  const { refresh_token: token } = await connected(OFFLINE);
  const form = { grant_type: 'refresh_token', refresh_token: String(token), ...post(google) };
  const { json } = await sendForm(tokenEndpoint(google), form);
  expect('refresh_token' in json).toBe(false);
  expect((await sendForm(tokenEndpoint(google), form)).status).toBe(200);
});

test('an ID token comes uncalled for, of an issuer without scheme', async () => {
  const { id_token: token } = await connected(OFFLINE);
  const claims = JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ iss: 'accounts.google.com', sub: '1001' });
});

test('revoking one token ends all that the account has granted, later grants too', async () => {
  const first = await connected(OFFLINE);
  const second = await connected({ ...OFFLINE, prompt: 'consent' });
  expect(await whoami(google, second['access_token'])).toContain('sam-at-work');
  const { status } = await sendForm(`${google.origin}/revoke`, { token: String(first['access_token']) });
  expect([status, await whoami(google, second['access_token']), google.liveRefreshTokens]).toEqual([200, 401, 0]);
});

test('grants fewer scopes than asked for where the knob says so, and says which', async () => {
  google.knobs.grantedScopes = ['openid'];
  const { access_token: token, scope } = await connected(OFFLINE);
  const { json } = await send(`${google.origin}/v1/userinfo`, {
    headers: { Authorization: `Bearer ${String(token)}` },
  });
  expect([scope, json]).toEqual(['openid', { sub: '1001', name: 'Sam Sample' }]);
});

test('refuses a request without scope or with one of another kind of list', async () => {
  await expect(authorize(google, { ...CHALLENGE })).rejects.toThrow('Error 400: invalid_scope');
  await expect(authorize(google, { ...CHALLENGE, scope: 'openid,email' })).rejects.toThrow('Error 400: invalid_scope');
});
