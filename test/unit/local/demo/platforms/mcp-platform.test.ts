import { consentAt } from '../../../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startMcpPlatform } from '../../../../../local/demo/platforms/mcp-platform';
import { CHALLENGE, codeIn, REDIRECT_URI, send, sendForm, VERIFIER, whoami } from './platform-client';

let tracker: DemoPlatform;
beforeEach(async () => {
  tracker = await startMcpPlatform();
});
afterEach(() => tracker.close());

async function registered() {
  const { json } = await send(`${tracker.origin}/reg`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Gateway',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    }),
  });
  return String(json['client_id']);
}

async function connected(resource = tracker.mcpUrl, known?: string) {
  const client_id = known ?? (await registered());
  const url = new URL(`${tracker.origin}/auth`);
  const asked = { client_id, redirect_uri: REDIRECT_URI, response_type: 'code', scope: 'issues:read', resource };
  url.search = new URLSearchParams({ ...asked, ...CHALLENGE }).toString();
  const code = codeIn(await consentAt(url, 'private'));
  const form = { grant_type: 'authorization_code', client_id, code, redirect_uri: REDIRECT_URI, resource };
  const { json } = await sendForm(`${tracker.origin}/token`, { ...form, code_verifier: VERIFIER });
  return { client_id, json };
}

test('its URL leads to its authorization server', async () => {
  const answer = await fetch(tracker.mcpUrl, { method: 'POST' });
  const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '') ?? [];
  expect(answer.status).toBe(401);
  const { json } = await send(metadata, {});
  expect(json).toMatchObject({ resource: tracker.mcpUrl, authorization_servers: [tracker.origin] });
  const { json: server } = await send(`${tracker.origin}/.well-known/oauth-authorization-server`, {});
  expect(server).toMatchObject({
    issuer: tracker.origin,
    registration_endpoint: `${tracker.origin}/reg`,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  });
});

test('answers as the account that was chosen', async () => {
  const { json } = await connected();
  expect(await whoami(tracker, json['access_token'])).toBe('Sam at home (sam-at-home), Home at Tracker (demo)');
});

test('refuses a token for another resource', async () => {
  const { json } = await connected(`${tracker.origin}/other`);
  expect(await whoami(tracker, json['access_token'])).toBe(401);
});

test('a refresh token works once; used again, it ends all of the grant', async () => {
  const { client_id, json } = await connected();
  const form = { grant_type: 'refresh_token', client_id, resource: tracker.mcpUrl };
  const refresh = (token: unknown) => sendForm(`${tracker.origin}/token`, { ...form, refresh_token: String(token) });
  const { json: second } = await refresh(json['refresh_token']);
  expect(await whoami(tracker, second['access_token'])).toContain('sam-at-home');
  expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant');
  expect(await whoami(tracker, second['access_token'])).toBe(401);
  expect(tracker.counts).toMatchObject({ codesRedeemed: 1, refreshes: 1, invalidGrants: 1 });
});

test('a used refresh token gets a successor again within its grace', async () => {
  tracker.knobs.graceSeconds = 60;
  const { client_id, json } = await connected();
  const form = { grant_type: 'refresh_token', client_id, refresh_token: String(json['refresh_token']) };
  expect((await sendForm(`${tracker.origin}/token`, form)).status).toBe(200);
  expect((await sendForm(`${tracker.origin}/token`, form)).status).toBe(200);
});

test('access tokens end when the test says so, refresh tokens go on', async () => {
  const { json } = await connected();
  await tracker.endAccessTokens();
  expect(await whoami(tracker, json['access_token'])).toBe(401);
  expect([tracker.liveAccessTokens, tracker.liveRefreshTokens]).toEqual([0, 1]);
});

test('an answer of the token endpoint that is lost has had its effect', async () => {
  const { client_id, json } = await connected();
  const form = { grant_type: 'refresh_token', client_id, refresh_token: String(json['refresh_token']) };
  tracker.faults.inject({ endpoint: 'refresh', kind: 'reset', afterEffect: true });
  await expect(sendForm(`${tracker.origin}/token`, form)).rejects.toThrow('fetch failed');
  expect((await sendForm(`${tracker.origin}/token`, form)).json['error']).toBe('invalid_grant');
});

test('takes a client that is known by its document, where it is told of one', async () => {
  const client_id = 'https://gateway.example.com/oauth/client.json';
  const document = {
    client_id,
    client_name: 'Gateway',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  await tracker.close();
  tracker = await startMcpPlatform({ allowsRegistration: false, documents: { [client_id]: document } });
  const { json: server } = await send(`${tracker.origin}/.well-known/oauth-authorization-server`, {});
  expect(server['client_id_metadata_document_supported']).toBe(true);
  expect('registration_endpoint' in server).toBe(false);
  const { json } = await connected(tracker.mcpUrl, client_id);
  expect(await whoami(tracker, json['access_token'])).toContain('sam-at-home');
});
