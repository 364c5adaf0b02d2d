import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AUTH_KEYS, type GrantRecord, type PersonRecord } from '../../lambda/contract/auth-record';
import { redirectAnswer } from '../../lambda/core/authz/http';
import { openSession } from '../../lambda/core/authz/session';
import type { AccountDeps } from '../../lambda/core/connect/connect-deps';
import { serveAccount, serveAccountRevoke, serveAccountSignOut } from '../../lambda/core/connect/serve-account';
import { testClock } from '../helpers/clock';
import { type FakeAuthStore, fakeAuthStore } from '../helpers/fake-auth-store';
import { BRANDING, CLIENTS, grant, NOW_MS } from '../unit/lambda/core/authz/pages/page-fixture';
import { audit } from './audit';
import { complaintsOf, launchChromium, screenshotPath } from './chromium';
import { type PageServer, startPageServer } from './page-server';

const PERSON: PersonRecord = {
  subject: 's'.repeat(43),
  displayName: 'ada@acme.example',
  groups: [],
  isAdministrator: false,
  authenticatedAtMs: NOW_MS,
};

let browser: Browser;
let gateway: PageServer;
let identityProvider: PageServer;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];
let store: FakeAuthStore;
let clock: ReturnType<typeof testClock>;

beforeAll(async () => {
  [browser, gateway, identityProvider] = await Promise.all([launchChromium(), startPageServer(), startPageServer()]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([gateway?.close(), identityProvider?.close()]);
});

beforeEach(async () => {
  clock = testClock(NOW_MS);
  store = fakeAuthStore({ now: clock.now });
  let bytes = 0;
  const deps: AccountDeps = {
    store,
    now: clock.now,
    randomBytes: (length) => new Uint8Array(length).fill(++bytes),
    log: () => undefined,
    issuer: gateway.origin,
    config: { branding: BRANDING },
    upstreamNames: ['stripe', 'github'],
  };
  identityProvider.serve('/login', redirectAnswer(`${gateway.origin}/idp/callback`));
  gateway.serve('/idp/callback', async () => {
    const session = await openSession(PERSON, deps);
    return redirectAnswer('/account', session.ok ? [session.value] : []);
  });
  gateway.serve('/account/sign-in', redirectAnswer(`${identityProvider.origin}/login`));
  gateway.serve('/account', (request) => serveAccount(request, deps));
  gateway.serve('/account/revoke', (request) => serveAccountRevoke(request, deps));
  gateway.serve('/account/sign-out', (request) => serveAccountSignOut(request, deps));
  await have('a', {});
  await have('b', { client: CLIENTS.dynamic, redirectUri: 'cursor://x/y' });
  await have('c', { client: CLIENTS.registered });
  context = await browser.newContext({ viewport: { width: 800, height: 900 } });
  page = await context.newPage();
  complaints = complaintsOf(page);
});
afterEach(() => context.close());

async function have(grantId: string, values: Partial<GrantRecord>): Promise<void> {
  const lifetime = { validUntilMs: NOW_MS + 86_400_000 };
  await store.create(AUTH_KEYS.grant(PERSON.subject, grantId), grant(grantId, { person: PERSON, ...values }), lifetime);
}

const agents = () => page.getByRole('heading', { level: 2 }).allTextContents();

test('a person signs in, sees their agents, revokes one, then all, and signs out', async () => {
  await page.goto(`${gateway.origin}/account`);
  expect(await agents()).toEqual(['Claude', 'Cursor', 'Reports']);

  await page.getByRole('button', { name: 'Revoke Cursor' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: 'Access is revoked. The agent can no longer act for you.' })
    .waitFor();
  expect(await agents()).toEqual(['Claude', 'Reports']);

  const revokeAll = page.getByRole('button', { name: 'Revoke all 2' });
  expect(await revokeAll.isVisible()).toBe(false);
  await page.getByText('Revoke all agents').click();
  expect(await audit(page)).toEqual([]);
  await page.screenshot({ path: screenshotPath('account-revoke-all'), fullPage: true });
  await revokeAll.click();
  await page.getByText('No agent acts for you.').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  expect(await context.cookies()).toEqual([]);
  expect(complaints).toEqual([]);
});

test('all of it works by keyboard alone', async () => {
  await page.goto(`${gateway.origin}/account`);
  const stops: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    await page.keyboard.press('Tab');
    stops.push(String(await page.evaluate('document.activeElement.textContent')));
  }
  expect(stops).toEqual(['Sign out', 'Revoke', 'Revoke', 'Revoke', 'Revoke all agents']);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('No agent acts for you.').waitFor();
});

test('the cookie is for this host, over TLS, and out of reach of scripts', async () => {
  await page.goto(`${gateway.origin}/account`);
  expect(await context.cookies()).toEqual([
    expect.objectContaining({
      name: '__Host-mcp-session',
      path: '/',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      domain: 'localhost',
    }),
  ]);
});

test('a button pressed after the session has ended says so, and leads back in', async () => {
  await page.goto(`${gateway.origin}/account`);
  clock.advance(3_600_000);
  await page.getByRole('button', { name: 'Revoke Cursor' }).click();
  await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  expect(await context.cookies()).toEqual([]);
  await page.getByRole('link', { name: 'Sign in again' }).click();
  await page.getByRole('heading', { name: 'Agents that act for you' }).waitFor();
  expect(await agents()).toEqual(['Claude', 'Cursor', 'Reports']);
  expect(complaints).toEqual([]);
});

test('refuses a form of another site: the cookie does not go along', async () => {
  await page.goto(`${gateway.origin}/account`);
  identityProvider.serve('/attack', {
    status: 200,
    headers: { 'Content-Type': 'text/html' },
    body: `<form method="post" action="${gateway.origin.replace('localhost', '127.0.0.1')}/account/revoke"><input name="grant" value="*"><button>x</button></form>`,
  });
  await page.goto(`${identityProvider.origin}/attack`);
  await page.getByRole('button').click();
  await page.getByRole('heading', { name: 'This came from another site' }).waitFor();
  await page.goto(`${gateway.origin}/account`);
  expect(await agents()).toEqual(['Claude', 'Cursor', 'Reports']);
});

test('back after signing out shows nothing of the account', async () => {
  await page.goto(`${gateway.origin}/account`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  const asked = gateway.requests.length;
  await page.goBack();
  await page.waitForLoadState();
  expect(gateway.requests.length).toBeGreaterThan(asked);
});
