import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type AuthzAnswer, redirectAnswer } from '../../lambda/core/authz/http';
import { ownPage } from '../../lambda/core/authz/own-page';
import { openSession } from '../../lambda/core/authz/session';
import { servePages } from '../../lambda/core/connect/serve-pages';
import {
  ADA,
  BOB,
  GITHUB,
  letClaudeAct,
  NOTION,
  person,
  type Scene,
  STRIPE,
  scene,
} from '../unit/lambda/core/connect/connect-fixture';
import { complaintsOf, launchChromium, screenshotPath } from './chromium';
import { type PageServer, startPageServer } from './page-server';

let browser: Browser;
let gateway: PageServer;
let platform: PageServer;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];
let at: Scene;
let signsIn: string;

beforeAll(async () => {
  [browser, gateway, platform] = await Promise.all([launchChromium(), startPageServer(), startPageServer()]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([gateway?.close(), platform?.close()]);
});

beforeEach(async () => {
  const oauth = {
    ...GITHUB.facts.oauth,
    authorizationEndpoint: `${platform.origin}/authorize`,
  } as NonNullable<typeof GITHUB.facts.oauth>;
  at = scene([{ ...GITHUB, facts: { ...GITHUB.facts, oauth } }, NOTION, STRIPE]);
  await letClaudeAct(at.store);
  const deps = { ...at.deps, issuer: gateway.origin };
  at.platform.target_ = () => ({
    ok: true,
    value: { issuer: undefined, authorizationEndpoint: `${platform.origin}/authorize`, clientId: 'gateway' },
  });
  for (const path of ['/account', '/account/disconnect', '/connect/github', '/connect/stripe', '/callback/github']) {
    gateway.serve(path, (request) => servePages(request, deps));
  }
  signsIn = ADA;
  gateway.serve('/account/sign-in', async ({ query }): Promise<AuthzAnswer> => {
    const session = await openSession(person(signsIn), deps);
    return redirectAnswer(gateway.origin + ownPage(query['continue']?.[0] ?? ''), session.ok ? [session.value] : []);
  });
  // As platforms do: to another address of theirs first.
  platform.serve('/authorize', ({ query }) => redirectAnswer(`${platform.origin}/login?state=${query['state']?.[0]}`));
  platform.serve('/login', ({ query }) =>
    redirectAnswer(`${gateway.origin}/callback/github?code=code-1&state=${query['state']?.[0]}`),
  );
  context = await browser.newContext({ viewport: { width: 800, height: 900 } });
  page = await context.newPage();
  complaints = complaintsOf(page);
  // The button that begins answers a mouse that has been over the page for a while.
  await page.mouse.move(400, 300);
});
afterEach(() => context.close());

test('a person opens an agent’s link, signs in, connects, and finds the account where it can be ended', async () => {
  await page.goto(`${gateway.origin}/connect/github?e=${at.ticket()}`);
  await page.getByText('Claude, as it calls itself').waitFor();
  await page.mouse.move(400, 310);
  await page.getByRole('button', { name: 'Continue to GitHub' }).click();
  await page.getByRole('heading', { name: 'GitHub is connected' }).waitFor();
  expect(new URL(page.url()).search).toBe('?done=1');
  await page.screenshot({ path: screenshotPath('walk-connected'), fullPage: true });

  await page.getByRole('link', { name: 'Your account page' }).click();
  expect(await page.getByRole('button', { name: 'Disconnect GitHub' }).count()).toBe(1);
  await page.getByRole('link', { name: 'Connect again GitHub' }).click();
  await page.getByRole('button', { name: 'Continue to GitHub' }).waitFor();
  await page.mouse.move(400, 320);
  await page.getByRole('button', { name: 'Continue to GitHub' }).click();
  await page.getByRole('status').filter({ hasText: 'GitHub is connected as octocat' }).waitFor();
  await page.getByRole('button', { name: 'Disconnect GitHub' }).click();
  expect(at.refresherAsked.at(-1)).toMatchObject({ action: 'disconnect', subject: ADA, provider: 'github' });
  expect(complaints).toEqual([]);
});

test('the keyboard is enough for a key, which is never shown', async () => {
  await page.goto(`${gateway.origin}/connect/stripe`);
  await page.getByLabel('Key').focus();
  await page.keyboard.type('sk_1234');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  expect(await page.getByLabel('Key').inputValue()).toBe('');
  await page.getByLabel('Key').focus();
  await page.keyboard.type('rk_live_0123456789');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'Stripe is connected.' }).waitFor();
  expect(await page.content()).not.toContain('rk_live');
  expect(page.url()).not.toContain('rk_live');
  expect(complaints).toEqual([]);
});

test('refuses to connect for a person whose link somebody else opens', async () => {
  signsIn = BOB;
  await page.goto(`${gateway.origin}/connect/github?e=${at.ticket()}`);
  await page.getByRole('heading', { name: 'This link was made for someone else' }).waitFor();
  expect(at.connections.calls).not.toContain('put');
});
