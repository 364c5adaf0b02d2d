import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdentityProviderConfig } from '../../../../lambda/config/gateway-config';
import { personFrom } from '../../../../lambda/core/authz/identity';
import type { IdpCallback, IdpLogin } from '../../../../lambda/core/authz/ports';
import { err, ok } from '../../../../lambda/core/result';
import { oidcLogin } from '../../../../lambda/io/auth/oidc-login';
import { type DemoIssuer, startDemoIssuer } from '../../../../local/demo/issuer';

let issuer: DemoIssuer;
beforeAll(async () => {
  issuer = await startDemoIssuer();
});
afterAll(() => issuer.close());

function configOf(one: DemoIssuer): IdentityProviderConfig {
  return {
    issuer: one.issuer,
    clientId: one.client.id,
    clientAuthentication: 'client_secret_basic',
    scopes: ['openid', 'profile', 'email'],
    authorizationParameters: {},
    idTokenAlgorithms: ['ES256'],
    subjectClaim: 'sub',
    groupsClaim: 'groups',
    allowed: { groups: ['staff'], domains: ['example.com'] },
    administratorGroups: ['administrators'],
  };
}

function gatewayOf(one: DemoIssuer, secret = one.client.secret) {
  return oidcLogin({ config: configOf(one), now: Date.now, secret: async () => ok(secret) });
}

const login = (change: Partial<IdpLogin> = {}): IdpLogin => ({
  redirectUri: 'http://127.0.0.1:4321/idp/callback',
  state: 's'.repeat(43),
  nonce: 'n'.repeat(43),
  codeVerifier: 'v'.repeat(43),
  ...change,
});

async function urlFor(change?: Partial<IdpLogin>): Promise<string> {
  const url = await gatewayOf(issuer).authorizationUrl(login(change));
  return url.ok ? url.value : url.error;
}

function queryOf(callback: string): IdpCallback {
  const { searchParams } = new URL(callback);
  return Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
}

test.each([
  ['alice', true, ['administrators', 'staff']],
  ['bob', false, ['staff']],
] as const)('%s signs in for the gateway, and is who the company says', async (name, isAdministrator, groups) => {
  const callback = await issuer.logIn(await urlFor(), name);
  expect(callback).toMatch(/^http:\/\/127\.0\.0\.1:4321\/idp\/callback\?/);
  const claims = await gatewayOf(issuer).finish(login(), queryOf(callback));
  expect(claims).toMatchObject({ ok: true, value: { sub: name } });
  expect(personFrom(claims.ok ? claims.value : {}, configOf(issuer), 0)).toMatchObject({
    ok: true,
    value: { displayName: `${name}@example.com`, isAdministrator, groups, domain: 'example.com' },
  });
});

test('who cancels comes back with a refusal', async () => {
  const callback = await issuer.logIn(await urlFor(), 'cancel');
  expect(await gatewayOf(issuer).finish(login(), queryOf(callback))).toEqual(
    err({ kind: 'denied', check: 'response_access_denied' }),
  );
});

test('refuses to redeem a code twice, or twenty times at once', async () => {
  const answers = queryOf(await issuer.logIn(await urlFor(), 'alice'));
  const gateway = gatewayOf(issuer);
  const results = await Promise.all(Array.from({ length: 20 }, () => gateway.finish(login(), answers)));
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(await gateway.finish(login(), answers)).toEqual(err({ kind: 'invalid', check: 'token_invalid_grant' }));
});

test('refuses a code with another verifier: a stolen one is of no use', async () => {
  const answers = queryOf(await issuer.logIn(await urlFor(), 'alice'));
  expect(await gatewayOf(issuer).finish(login({ codeVerifier: 'w'.repeat(43) }), answers)).toEqual(
    err({ kind: 'invalid', check: 'token_invalid_grant' }),
  );
});

test('refuses a code of another browser’s sign-in by its nonce', async () => {
  const answers = queryOf(await issuer.logIn(await urlFor({ nonce: 'x'.repeat(43) }), 'alice'));
  expect(await gatewayOf(issuer).finish(login(), answers)).toEqual(err({ kind: 'invalid', check: 'id_token_nonce' }));
});

test('refuses a gateway that does not know the secret', async () => {
  const answers = queryOf(await issuer.logIn(await urlFor(), 'alice'));
  expect(await gatewayOf(issuer, 'guess').finish(login(), answers)).toEqual(
    err({ kind: 'invalid', check: 'token_invalid_client' }),
  );
});

test.each([
  'http://127.0.0.1:4321/other',
  'http://127.0.0.1.evil.example:1/idp/callback',
  'https://evil.example/idp/callback',
])('fails to sign anyone in for %s', async (redirectUri) => {
  await expect(issuer.logIn(await urlFor({ redirectUri }), 'alice')).rejects.toThrow(
    'the demo issuer refused the sign-in: 400',
  );
});

test('the sign-in page offers the two people, and serves only the browser that came for it', async () => {
  const start = await fetch(await urlFor(), { redirect: 'manual' });
  const page = new URL(start.headers.get('location') ?? '', issuer.issuer);
  const cookie = start.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const html = await (await fetch(page, { headers: { cookie } })).text();
  expect(html).toContain('<html lang="en">');
  expect([...html.matchAll(/value="(\w*)"/g)].map(([, value]) => value)).toEqual(['alice', 'bob', '']);
  const stranger = await fetch(page, { method: 'POST', body: new URLSearchParams({ person: 'alice' }) });
  expect({ status: stranger.status, text: await stranger.text() }).toEqual({
    status: 400,
    text: 'This sign-in is over: start again where you came from.',
  });
});

test('the gateway’s secret survives a restart, in a file only the owner may read', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'demo-issuer-'));
  try {
    const secrets: string[] = [];
    for (let run = 0; run < 2; run++) {
      const one = await startDemoIssuer({ dataDir });
      secrets.push(one.client.secret);
      await one.close();
    }
    expect(secrets[1]).toBe(secrets[0]);
    expect(statSync(join(dataDir, 'issuer-client.json')).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
