import type { AuthzAnswer, AuthzRequest } from '../../../../../lambda/core/authz/http';
import { isFromAnotherSite } from '../../../../../lambda/core/authz/same-origin';
import { serveCallback } from '../../../../../lambda/core/authz/serve-callback';
import { startLogin } from '../../../../../lambda/core/authz/start-login';
import type { AccountDeps } from '../../../../../lambda/core/connect/connect-deps';
import {
  serveAccount,
  serveAccountRevoke,
  serveAccountSignOut,
} from '../../../../../lambda/core/connect/serve-account';
import {
  authorizeQuery,
  Browser,
  clientAnswer,
  locationOf,
  parametersOf,
  requestOf,
  type SignInFixture,
  signInFixture,
} from './sign-in-fixture';

// An API without a domain: everything is below its stage, and the root of the host is not ours.
const ORIGIN = 'https://abc123.execute-api.eu-west-1.amazonaws.com';
const STAGED = `${ORIGIN}/v1`;

let fixture: SignInFixture;
let browser: Browser;
let account: AccountDeps;
beforeEach(() => {
  fixture = signInFixture({}, STAGED);
  browser = new Browser(fixture.deps);
  account = fixture.deps;
});

/** Every address of ours in a page or a redirect. */
const addressesIn = ({ headers, body }: AuthzAnswer): readonly string[] => [
  ...(headers['Location'] === undefined ? [] : [headers['Location']]),
  ...[...body.matchAll(/(?:action|href)="([^"]*)"/g)].flatMap(([, url = '']) => (url === 'data:,' ? [] : [url])),
];

async function signedIn(): Promise<string> {
  const atIdp = await startLogin('account', requestOf('GET', '/account'), fixture.deps);
  const cookie = (atIdp.cookies ?? []).map((one) => one.split(';')[0]).join('; ');
  const state = new URL(locationOf(atIdp)).searchParams.get('state') ?? '';
  const query = parametersOf([
    ['code', 'c'],
    ['state', state],
  ]);
  const answer = await serveCallback(requestOf('GET', '/idp/callback', { query, headers: { cookie } }), fixture.deps);
  expect(locationOf(answer)).toBe(`${STAGED}/account`);
  return answer.cookies?.[0]?.split(';')[0] ?? '';
}

const headersOf = (cookie: string) => ({
  cookie,
  'content-type': 'application/x-www-form-urlencoded',
  origin: ORIGIN,
  'sec-fetch-site': 'same-origin',
});

test('sign-in, consent and the answer stay below the stage', async () => {
  const atIdp = await browser.authorize(authorizeQuery({ resource: `${STAGED}/mcp/stripe` }));
  expect(new URL(locationOf(atIdp)).searchParams.get('redirect_uri')).toBe(`${STAGED}/idp/callback`);
  const asked = await browser.callback(atIdp);
  expect(addressesIn(asked)).toEqual([expect.stringMatching(/^https:\/\/abc123\.[\w.-]+\/v1\/consent\?tx=[\w-]{8}$/)]);
  const tx = new URL(locationOf(asked)).searchParams.get('tx') ?? '';
  const page = await browser.consentPage(tx);
  expect(addressesIn(page)).toEqual([`${STAGED}/account`, `${STAGED}/consent`]);
  expect(page.body).toContain('Use the tools of <strong>stripe</strong> as you');
  expect(page.body).toContain('abc123.execute-api.eu-west-1.amazonaws.com/v1/account');
  const csrf = /name="csrf" value="([\w-]{43})"/.exec(page.body)?.[1] ?? '';
  const own = { origin: ORIGIN };
  expect(clientAnswer(await browser.answer({ tx, csrf }, 'allow', {}, own))).toMatchObject({ iss: STAGED });
});

test('the account, its forms and what follows them stay below the stage', async () => {
  const question = await browser.toConsent(authorizeQuery({ resource: `${STAGED}/mcp` }));
  await browser.answer(question, 'allow');
  const cookie = await signedIn();
  const page = await serveAccount(requestOf('GET', '/account', { headers: { cookie } }), account);
  expect(addressesIn(page)).toEqual([`${STAGED}/account/sign-out`, `${STAGED}/account/revoke`]);
  expect(page.body).toContain('Use the tools of <strong>stripe</strong> and <strong>mail</strong> as you');

  const csrf = /name="csrf" value="([\w-]{43})"/.exec(page.body)?.[1] ?? '';
  const post = (path: string, fields: Record<string, string>): AuthzRequest =>
    requestOf('POST', path, {
      headers: headersOf(cookie),
      body: new URLSearchParams({ csrf, ...fields }).toString(),
    });
  const revoked = await serveAccountRevoke(post('/account/revoke', { grant: '*' }), account);
  expect(addressesIn(revoked)).toEqual([`${STAGED}/account?done=all-revoked`]);
  const refused = await serveAccountRevoke(post('/account/revoke', { grant: '!' }), account);
  expect(addressesIn(refused)).toEqual([`${STAGED}/account`]);
  const out = await serveAccountSignOut(post('/account/sign-out', {}), account);
  expect(addressesIn(out)).toEqual([`${STAGED}/account?done=signed-out`]);
  const query = parametersOf([['done', 'signed-out']]);
  const bye = await serveAccount(requestOf('GET', '/account', { query }), account);
  expect(addressesIn(bye)).toEqual([`${STAGED}/account`]);
});

test.each([
  ['another API of the region', 'https://evil.execute-api.eu-west-1.amazonaws.com'],
  ['the stage as an origin, which no browser sends', STAGED],
  ['the same host without TLS', ORIGIN.replace('https', 'http')],
])('refuses a form of %s', (_, origin) => {
  expect(isFromAnotherSite({ origin }, STAGED)).toBe(true);
  expect(isFromAnotherSite({ origin: ORIGIN }, STAGED)).toBe(false);
});
