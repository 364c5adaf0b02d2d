import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startGitHubPlatform } from '../../../../../local/demo/platforms/github-platform';
import {
  authorize,
  basic,
  CHALLENGE,
  clientOf,
  codeIn,
  post,
  REDIRECT_URI,
  send,
  sendForm,
  tokenEndpoint,
  VERIFIER,
  whoami,
} from './platform-client';

let github: DemoPlatform;
beforeEach(async () => {
  github = await startGitHubPlatform();
});
afterEach(() => github.close());

const JSON_WANTED = { Accept: 'application/json' };

async function redeem(headers: Readonly<Record<string, string>> = JSON_WANTED, verifier = VERIFIER) {
  const code = codeIn(await authorize(github, CHALLENGE));
  const form = { code, redirect_uri: REDIRECT_URI, code_verifier: verifier, ...post(github) };
  return sendForm(tokenEndpoint(github), form, headers);
}

const refresh = (token: unknown) =>
  sendForm(
    tokenEndpoint(github),
    { grant_type: 'refresh_token', refresh_token: String(token), ...post(github) },
    JSON_WANTED,
  );

test('the callback says whom it is from', async () => {
  const { searchParams } = await authorize(github, CHALLENGE);
  expect(searchParams.get('iss')).toBe(`${github.origin}/login/oauth`);
  expect(github.provider.facts.oauth?.issuer).toBe(`${github.origin}/login/oauth`);
});

test('the answer is a form unless JSON is asked for; its numbers are text', async () => {
  const form = await redeem({});
  expect(form.type).toBe('application/x-www-form-urlencoded; charset=utf-8');
  expect(new URLSearchParams(form.text).get('token_type')).toBe('bearer');
  expect((await redeem()).json).toMatchObject({ expires_in: '28800', scope: '' });
});

test('a refresh ends the refresh token and the access token before', async () => {
  const { json: first } = await redeem();
  expect(await whoami(github, first['access_token'])).toBe(
    'Sam Sample (sam-at-work), Example Company at GitHub (demo)',
  );
  const { json: second } = await refresh(first['refresh_token']);
  expect(await whoami(github, first['access_token'])).toBe(401);
  expect(await whoami(github, second['access_token'])).toContain('sam-at-work');
  expect((await refresh(first['refresh_token'])).json['error']).toBe('bad_refresh_token');
  expect(github.counts).toMatchObject({ refreshes: 1, deadTokenUses: 1, invalidGrants: 1 });
});

test('refuses another verifier, in HTTP 200', async () => {
  const { status, json } = await redeem(JSON_WANTED, 'another');
  expect([status, json['error']]).toEqual([200, 'bad_verification_code']);
});

test('its client ends a token by DELETE, and with it the refresh token', async () => {
  const { json } = await redeem();
  const endpoint = `${github.origin}/applications/${clientOf(github).id}/token`;
  const body = JSON.stringify({ access_token: json['access_token'] });
  const { status } = await send(endpoint, { method: 'DELETE', headers: basic(github), body });
  expect([status, await whoami(github, json['access_token'])]).toEqual([204, 401]);
  expect([github.liveRefreshTokens, github.counts.revocations]).toEqual([0, 1]);
});
