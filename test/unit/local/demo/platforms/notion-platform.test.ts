import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startNotionPlatform } from '../../../../../local/demo/platforms/notion-platform';
import { authorize, basic, codeIn, post, REDIRECT_URI, send, sendForm, tokenEndpoint, whoami } from './platform-client';

let notion: DemoPlatform;
beforeEach(async () => {
  notion = await startNotionPlatform();
});
afterEach(() => notion.close());

const HEADERS = { 'Content-Type': 'application/json', 'Notion-Version': '2026-03-11' };

function ask(endpoint: string, members: object, headers: Readonly<Record<string, string>> = HEADERS) {
  return send(endpoint, { method: 'POST', headers: { ...basic(notion), ...headers }, body: JSON.stringify(members) });
}

async function redeem(headers?: Readonly<Record<string, string>>, more: object = {}) {
  const code = codeIn(await authorize(notion, { owner: 'user' }));
  const members = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...more };
  return ask(tokenEndpoint(notion), members, headers);
}

test('the answer knows the workspace and the person, and of no end', async () => {
  const { json } = await redeem();
  expect(json).toMatchObject({ workspace_id: 'T01EXAMPLE', owner: { user: { id: 'U01WORK' } }, workspace_icon: null });
  expect('expires_in' in json).toBe(false);
  expect(await whoami(notion, json['access_token'])).toBe('Sam Sample (sam-at-work), Example Company at Notion (demo)');
});

test('the refresh token is null where the knob says so', async () => {
  notion.knobs.issuesRefreshTokens = false;
  expect((await redeem()).json['refresh_token']).toBeNull();
});

test('a refresh token works once', async () => {
  const { json } = await redeem();
  const members = { grant_type: 'refresh_token', refresh_token: json['refresh_token'] };
  expect((await ask(tokenEndpoint(notion), members)).status).toBe(200);
  const { status, json: refusal } = await ask(tokenEndpoint(notion), members);
  expect([status, refusal['code'], notion.counts.invalidGrants]).toEqual([400, 'invalid_grant', 1]);
});

test('revokes by JSON, too', async () => {
  const { json } = await redeem();
  expect((await ask(`${notion.origin}/v1/oauth/revoke`, { token: json['access_token'] })).status).toBe(200);
  expect(await whoami(notion, json['access_token'])).toBe(401);
});

test('refuses what is not as Notion wants it', async () => {
  const { Authorization } = basic(notion);
  const spoilt = { ...HEADERS, Authorization: `${Authorization}AAAA` };
  const refusals = [
    await redeem({ 'Content-Type': 'application/json' }),
    await redeem({ ...HEADERS, 'Notion-Version': 'yesterday' }),
    await redeem(spoilt),
    await redeem(HEADERS, { client_secret: 'here, too' }),
    await sendForm(tokenEndpoint(notion), post(notion), { 'Notion-Version': '2026-03-11' }),
  ];
  expect(refusals.map(({ status, json }) => [status, json['code']])).toEqual([
    [400, 'missing_version'],
    [400, 'missing_version'],
    [401, 'unauthorized'],
    [400, 'validation_error'],
    [400, 'invalid_json'],
  ]);
  await expect(authorize(notion, {})).rejects.toThrow('Missing or invalid owner.');
});
