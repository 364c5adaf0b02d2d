import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type AuthzRequest, redirectAnswer } from '../../lambda/core/authz/http';
import { consentPage } from '../../lambda/core/authz/pages/consent-page';
import { isFromAnotherSite } from '../../lambda/core/authz/same-origin';
import { consentModel } from '../unit/lambda/core/authz/pages/page-fixture';
import { complaintsOf, launchChromium } from './chromium';
import { type PageServer, startPageServer } from './page-server';

let browser: Browser;
let gateway: PageServer;
/** Another origin: the client, or somebody worse. */
let elsewhere: PageServer;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  [browser, gateway, elsewhere] = await Promise.all([launchChromium(), startPageServer(), startPageServer()]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([gateway?.close(), elsewhere?.close()]);
});
beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = complaintsOf(page);
  elsewhere.serve('/callback', pageOf('<h1>Back at the agent</h1>'));
});
afterEach(() => context.close());

const pageOf = (body: string) => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body });

/** Asks, and sends every answer to the redirect URI. */
function ask(redirectUri: string): void {
  const answer = consentPage({ ...consentModel({ redirectUri }), gatewayUrl: gateway.origin });
  gateway.serve('/consent', ({ method, body }) =>
    method === 'GET'
      ? answer
      : redirectAnswer(`${redirectUri}?decision=${new URLSearchParams(body).get('decision') ?? ''}`),
  );
}

const lastPost = (): AuthzRequest | undefined => gateway.requests.findLast(({ method }) => method === 'POST');

test.each(['Deny', 'Allow'])('%s takes one press of the mouse, and leads to the agent', async (name) => {
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  await page.mouse.move(5, 5);
  await page.getByRole('button', { name }).click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(page.url()).toBe(`${elsewhere.origin}/callback?decision=${name.toLowerCase()}`);
  expect(lastPost()?.body).toBe(`tx=tagtagta&csrf=csrf-of-the-handle&decision=${name.toLowerCase()}`);
  expect(complaints).toEqual([]);
  expect(gateway.requests.map(({ path }) => path)).not.toContain('/favicon.ico');
});

test('by keyboard: the way to revoke, Deny, Allow, each with a focus that is seen; Enter answers at once', async () => {
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  const stops: string[] = [];
  const outlines: unknown[] = [];
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press('Tab');
    stops.push(String(await page.evaluate('document.activeElement.textContent')));
    outlines.push(await page.evaluate('getComputedStyle(document.activeElement).outlineWidth'));
  }
  expect(stops).toEqual([`${new URL(gateway.origin).host}/account`, 'Deny', 'Allow']);
  expect(outlines).toEqual(['3px', '3px', '3px']);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(page.url()).toContain('decision=allow');
});

test('a press in the first half second of the mouse over the page does not allow', async () => {
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  const animations = await context.newCDPSession(page);
  await animations.send('Animation.enable');
  // The half second does not pass, however slow the machine.
  await animations.send('Animation.setPlaybackRate', { playbackRate: 0 });
  const posts = gateway.requests.length;
  const { x = 0, y = 0 } = (await page.getByRole('button', { name: 'Allow' }).boundingBox()) ?? {};
  // The second press of a double click that began on a window in front of this one.
  await page.mouse.click(x + 20, y + 20);
  expect(await page.title()).toBe('Allow access? · Acme MCP');
  expect(gateway.requests.length).toBe(posts);
});

test('the form’s own request passes the check of its origin, another site’s does not', async () => {
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  const own = lastPost()?.headers ?? {};
  expect([own['origin'], own['sec-fetch-site']]).toEqual(['null', 'same-origin']);
  expect(isFromAnotherSite(own, gateway.origin)).toBe(false);

  elsewhere.serve(
    '/attack',
    pageOf(
      `<form method="post" action="${gateway.origin}/consent"><button name="decision" value="allow">x</button></form>`,
    ),
  );
  await page.goto(`${elsewhere.origin}/attack`);
  await page.getByRole('button').click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(isFromAnotherSite(lastPost()?.headers ?? {}, gateway.origin)).toBe(true);
});

test('the agent is told nothing of the page by a referrer', async () => {
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(elsewhere.requests.findLast(({ path }) => path === '/callback')?.headers['referer']).toBeUndefined();
});

test('refuses to be framed', async () => {
  ask(`${elsewhere.origin}/callback`);
  elsewhere.serve('/frame', pageOf(`<iframe src="${gateway.origin}/consent" width="800" height="800"></iframe>`));
  await page.goto(`${elsewhere.origin}/frame`);
  await page.waitForLoadState('networkidle');
  expect(await page.frames()[1]?.getByRole('button').count()).toBe(0);
  expect(complaints.join()).toContain("frame-ancestors 'none'");
});

test('markup that got into the page could neither run nor send anything away', async () => {
  ask(`${elsewhere.origin}/callback`);
  const { origin } = elsewhere;
  const evil = `<script>document.title='run'</script><img src="${origin}/img"><link rel="stylesheet" href="${origin}/css"><style>h1{display:none}</style>`;
  const answer = consentPage({ ...consentModel({ redirectUri: `${origin}/callback` }), gatewayUrl: gateway.origin });
  gateway.serve('/consent', { ...answer, body: answer.body.replace('</main>', `${evil}</main>`) });
  const before = elsewhere.requests.length;
  await page.goto(`${gateway.origin}/consent`);
  expect(await page.title()).toBe('Allow access? · Acme MCP');
  expect(await page.getByRole('heading').isVisible()).toBe(true);
  expect(elsewhere.requests.length).toBe(before);
});

test('an agent that opened the sign-in in a window of its own is still its opener afterwards', async () => {
  ask(`${elsewhere.origin}/callback`);
  elsewhere.serve('/agent', pageOf(`<button onclick="window.open('${gateway.origin}/consent')">Connect</button>`));
  elsewhere.serve(
    '/callback',
    pageOf(`<h1>Back at the agent</h1><script>opener.document.title = 'connected'</script>`),
  );
  await page.goto(`${elsewhere.origin}/agent`);
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button').click()]);
  await popup.getByRole('button', { name: 'Deny' }).click();
  await popup.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(await page.title()).toBe('connected');
});

test('an agent whose callback leads on to another host is reached', async () => {
  const third = await startPageServer();
  third.serve('/end', pageOf('<h1>Connected</h1>'));
  elsewhere.serve('/callback', { status: 302, headers: { Location: `${third.origin}/end` }, body: '' });
  ask(`${elsewhere.origin}/callback`);
  await page.goto(`${gateway.origin}/consent`);
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('heading', { name: 'Connected' }).waitFor();
  expect(complaints).toEqual([]);
  await third.close();
});

test.each(['cursor://anysphere.cursor-mcp/oauth/callback', 'http://[::1]:9/callback'])(
  'the policy does not stop an answer to %s',
  async (redirectUri) => {
    ask(redirectUri);
    await page.goto(`${gateway.origin}/consent`);
    const sent = page.waitForRequest((request) => request.url() === `${redirectUri}?decision=deny`);
    await page.getByRole('button', { name: 'Deny' }).click();
    await sent;
    expect(complaints.join()).not.toContain('Content Security Policy');
  },
);
