import { createHash, randomBytes } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { complaintsOf, launchChromium, screenshotPath } from '../../browser/chromium';
import { type RunningServer, serveFetch } from '../../fixtures/web-server';
import { type KeyedScene, startKeyedScene } from './keyed-scene';

jest.setTimeout(60_000);

let browser: Browser;
let scene: KeyedScene;
let agent: RunningServer;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  [browser, scene, agent] = await Promise.all([
    launchChromium(),
    startKeyedScene(),
    serveFetch(
      async () =>
        new Response('<!doctype html><title>Agent</title><link rel="icon" href="data:,"><h1>Back at the agent</h1>', {
          headers: { 'Content-Type': 'text/html' },
        }),
    ),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await scene?.close();
  await agent?.close();
});
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 800, height: 1000 } });
  page = await context.newPage();
  complaints = complaintsOf(page);
});
afterEach(() => context.close());

interface Asking {
  readonly clientId: string;
  readonly verifier: string;
  readonly url: string;
}

/** What an agent on this machine does before it opens the browser. */
async function ask(name: string): Promise<Asking> {
  const redirectUri = `${agent.origin}/callback`;
  const registered = await fetch(`${scene.gateway.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: `state of ${name}`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: scene.endpoint,
  });
  return { clientId, verifier, url: `${scene.gateway.url}/authorize?${query}` };
}

/** From the address the agent opened to the question. */
async function reachConsent({ url }: Asking, name: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('button', { name }).click();
  await page.getByRole('heading', { name: 'act for you?' }).waitFor();
}

async function answer(name: 'Allow' | 'Deny'): Promise<URLSearchParams> {
  // Allow takes no press before the mouse has been over the page for half a second.
  await page.mouse.move(5, 5);
  await page.getByRole('button', { name }).click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  return new URL(page.url()).searchParams;
}

async function redeem({ clientId, verifier }: Asking, code: string): Promise<string> {
  const answered = await fetch(`${scene.gateway.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier: verifier,
      redirect_uri: `${agent.origin}/callback`,
      resource: scene.endpoint,
    }),
  });
  return ((await answered.json()) as { access_token: string }).access_token;
}

async function callStatus(token: string): Promise<number> {
  const answered = await fetch(scene.endpoint, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  await answered.body?.cancel();
  return answered.status;
}

const agentsShown = () => page.getByRole('heading', { level: 2 }).allTextContents();

test('a person signs in, allows an agent, finds it on the own page, revokes it, and its token is refused', async () => {
  const asking = await ask('Travel agent');
  await page.goto(asking.url);
  expect(new URL(page.url()).origin).toBe(scene.issuer.issuer);
  await page.screenshot({ path: screenshotPath('sign-in-1-identity-provider') });
  await page.getByRole('button', { name: 'Bob' }).click();

  await page.getByRole('heading', { name: 'Let Travel agent act for you?' }).waitFor();
  await page.screenshot({ path: screenshotPath('sign-in-2-consent'), fullPage: true });
  const shown = await page.getByRole('main').textContent();
  expect(shown).toContain('bob@example.com');
  expect(shown).toContain(new URL(agent.origin).host);
  const parameters = await answer('Allow');
  expect(Object.fromEntries(parameters)).toEqual({
    code: expect.any(String) as string,
    state: 'state of Travel agent',
    iss: scene.gateway.url,
  });
  const token = await redeem(asking, parameters.get('code') ?? '');
  expect(await callStatus(token)).toBe(200);

  await page.goto(`${scene.gateway.url}/account`);
  expect(await agentsShown()).toEqual(['Travel agent']);
  await page.screenshot({ path: screenshotPath('sign-in-3-account'), fullPage: true });
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('Access is revoked.').waitFor();
  await page.screenshot({ path: screenshotPath('sign-in-4-revoked'), fullPage: true });
  expect(await agentsShown()).toEqual([]);
  expect(await callStatus(token)).toBe(401);
  expect(complaints).toEqual([]);
});

test('a person who denies: the agent learns just that, and the own page shows no agent', async () => {
  await reachConsent(await ask('Unwanted agent'), 'Bob');
  const parameters = await answer('Deny');
  expect(Object.fromEntries(parameters)).toEqual({
    error: 'access_denied',
    error_description: 'The person did not consent.',
    state: 'state of Unwanted agent',
    iss: scene.gateway.url,
  });
  await page.goto(`${scene.gateway.url}/account`);
  expect(await agentsShown()).not.toContain('Unwanted agent');
  expect(complaints).toEqual([]);
});

test('two agents ask in two tabs of one browser: each gets its own answer', async () => {
  const [first, second] = [await ask('First'), await ask('Second')];
  await reachConsent(first, 'Bob');
  const other = await context.newPage();
  await other.goto(second.url);
  await other.getByRole('heading', { name: 'Let Second act for you?' }).waitFor();
  const parameters = await answer('Allow');
  expect(parameters.get('state')).toBe('state of First');
  await other.mouse.move(5, 5);
  await other.getByRole('button', { name: 'Deny' }).click();
  await other.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  const others = new URL(other.url()).searchParams;
  expect([others.get('state'), others.get('error')]).toEqual(['state of Second', 'access_denied']);
  expect(await callStatus(await redeem(first, parameters.get('code') ?? ''))).toBe(200);
});

test('the back button after the answer leads to no second consent', async () => {
  const asking = await ask('Back');
  await reachConsent(asking, 'Bob');
  const parameters = await answer('Allow');
  await page.goBack();
  await page.waitForLoadState();
  await page.screenshot({ path: screenshotPath('sign-in-5-back'), fullPage: true });
  await page.getByRole('heading', { name: 'This sign-in is over' }).waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  expect(await callStatus(await redeem(asking, parameters.get('code') ?? ''))).toBe(200);
});

test('a person who cancels at the identity provider: the agent gets an error, and nobody is asked', async () => {
  const { url } = await ask('Cancelled');
  await page.goto(url);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Back at the agent' }).waitFor();
  expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
});
