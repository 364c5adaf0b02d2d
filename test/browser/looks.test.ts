import type { Browser, Page } from 'playwright-core';
import type { ClientFacts } from '../../lambda/contract/auth-record';
import type { AuthzAnswer } from '../../lambda/core/authz/http';
import { consentPage } from '../../lambda/core/authz/pages/consent-page';
import { errorPage, problemPage } from '../../lambda/core/authz/pages/error-page';
import type { OpenedLink } from '../../lambda/core/connect/offered-platform';
import type { OwnPlatform } from '../../lambda/core/connect/own-platforms';
import { type AccountPageModel, accountPage } from '../../lambda/core/connect/pages/account-page';
import { type ConnectPageModel, connectPageAnswer } from '../../lambda/core/connect/pages/connect-page';
import { CONNECT_PROBLEMS } from '../../lambda/core/connect/pages/connect-problems';
import { connectedPage } from '../../lambda/core/connect/pages/connected-page';
import { signedOutPage } from '../../lambda/core/connect/pages/signed-out-page';
import { BRANDING, CLIENTS, consentModel, grant, NOW_MS } from '../unit/lambda/core/authz/pages/page-fixture';
import { connection, GITHUB, NOTION, STRIPE } from '../unit/lambda/core/connect/connect-fixture';
import { audit } from './audit';
import { complaintsOf, launchChromium, screenshotPath } from './chromium';
import { type PageServer, startPageServer } from './page-server';

const LOGO = `data:image/svg+xml;base64,${Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#f2b705"/><path d="M9 29 20 10l11 19" fill="none" stroke="#3a2a00" stroke-width="4"/></svg>',
).toString('base64')}`;

const HOSTILE = `<img src=x onerror=alert(1)>\u202eedualC ${'Z\u0338\u0337\u0336\u0335\u0334\u0333'.repeat(20)} ${'W'.repeat(8192)}`;

const account = (values: Partial<AccountPageModel>) =>
  accountPage({
    gatewayUrl: 'https://mcp.acme.example',
    branding: BRANDING,
    person: { displayName: 'ada.lovelace@acme.example' },
    grants: [],
    platforms: [],
    upstreamNames: ['stripe', 'github', 'search'],
    csrf: 'csrf',
    nowMs: NOW_MS,
    ...values,
  });

const AGENTS = [
  grant('a', { lastUsedAtMs: NOW_MS - 40_000 }),
  grant('b', {
    client: CLIENTS.dynamic,
    redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    resource: 'https://mcp.acme.example/mcp',
  }),
  grant('c', { client: CLIENTS.registered, resource: 'https://mcp.acme.example/vault/v1', scopes: ['vault:manage'] }),
];

const linkOf = (client: ClientFacts): OpenedLink => ({
  ticket: { subject: 'ada', provider: 'github', grantId: 'a', expiresAtMs: NOW_MS, nonce: 'n' },
  text: 'sealed',
  grant: grant('a', { client }),
});
const connect = (values: Partial<ConnectPageModel>) =>
  connectPageAnswer({
    gatewayUrl: 'https://mcp.acme.example',
    branding: BRANDING,
    person: { displayName: 'ada.lovelace@acme.example' },
    provider: GITHUB,
    connection: undefined,
    link: linkOf(CLIENTS.web),
    csrf: 'csrf',
    nowMs: NOW_MS,
    ...values,
  });

const LINEAR = { ...NOTION, name: 'linear', facts: { ...NOTION.facts, name: 'Linear' } };
const PLATFORMS: readonly OwnPlatform[] = [
  { provider: GITHUB, connection: connection('github'), isOff: false },
  {
    provider: LINEAR,
    connection: {
      ...connection('linear', { lastError: { code: 'refresh_token_refused', atMs: NOW_MS - 7_200_000 } }),
      status: 'broken',
    },
    isOff: false,
  },
  { provider: NOTION, connection: undefined, isOff: true },
  { provider: STRIPE, connection: connection('stripe', { kind: 'key', scopes: [] }), isOff: false },
];

const PAGES: Readonly<Record<string, AuthzAnswer>> = {
  'consent-web': consentPage(consentModel()),
  'consent-loopback': consentPage(
    consentModel({
      client: { ...CLIENTS.web, name: 'Claude Code' },
      redirectUri: 'http://127.0.0.1:33418/callback',
      resource: 'https://mcp.acme.example/mcp',
    }),
  ),
  'consent-app': consentPage({
    ...consentModel({
      client: CLIENTS.dynamic,
      redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
      scopes: ['mcp:tools', 'refunds:write'],
    }),
    branding: { name: 'Acme tools for agents', logo: LOGO, accentColor: '#f2b705' },
  }),
  'consent-hostile': consentPage({
    ...consentModel({
      client: { clientId: 'x', kind: 'dynamic', name: HOSTILE, authentication: 'none' },
      redirectUri: `https://${'a'.repeat(60)}.${'b'.repeat(60)}.example/`,
      scopes: [HOSTILE],
    }),
    person: { displayName: HOSTILE },
    branding: { name: HOSTILE },
  }),
  account: account({ grants: AGENTS, notice: { kind: 'revoked' } }),
  'account-connections': account({
    grants: AGENTS.slice(0, 1),
    platforms: PLATFORMS,
    notice: { kind: 'connected', platform: PLATFORMS[0] as OwnPlatform },
  }),
  'account-connections-unknown': account({ platforms: 'unavailable' }),
  connect: connect({}),
  'connect-again': connect({ connection: connection('github'), link: undefined }),
  'connect-key': connect({
    provider: STRIPE,
    problems: [{ problem: 'part "key" is shorter than 8 characters', fix: 'copy it again' }],
  }),
  'connect-hostile': connect({
    link: linkOf({ ...CLIENTS.dynamic, name: HOSTILE }),
    person: { displayName: HOSTILE },
    provider: { ...GITHUB, facts: { ...GITHUB.facts, name: HOSTILE }, scopes: [HOSTILE, 'repo'], usedBy: [HOSTILE] },
  }),
  connected: connectedPage({
    gatewayUrl: 'https://mcp.acme.example',
    branding: BRANDING,
    provider: GITHUB,
    connection: connection('github', { scopes: ['repo'] }),
  }),
  'link-for-other': problemPage({
    branding: BRANDING,
    words: CONNECT_PROBLEMS.link_for_other,
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    link: { href: '/account', text: 'Open the account page' },
  }),
  'account-empty': account({ branding: { name: 'Acme', logo: LOGO, accentColor: '#0a2a6b' } }),
  error: errorPage({
    branding: BRANDING,
    problem: 'redirect_not_registered',
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  }),
  'session-over': errorPage({
    branding: { ...BRANDING, accentColor: '#00e0a0' },
    problem: 'session_over',
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    link: { href: '/account', text: 'Sign in again' },
  }),
  'signed-out': signedOutPage(BRANDING, 'https://mcp.acme.example'),
};

let browser: Browser;
let server: PageServer;
let page: Page;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startPageServer()]);
  for (const [name, answer] of Object.entries(PAGES)) server.serve(`/${name}`, answer);
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const WIDTHS = { narrow: { width: 320, height: 640 }, wide: { width: 1280, height: 900 } } as const;

test.each(Object.keys(PAGES))(
  '%s is readable in light and dark, narrow and wide, and breaks no rule of its policy',
  async (name) => {
    const complaints = complaintsOf(page);
    const wrong: Record<string, readonly string[]> = {};
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [width, viewport] of Object.entries(WIDTHS)) {
        const look = `${name}-${colorScheme}-${width}`;
        await page.setViewportSize(viewport);
        await page.goto(`${server.origin}/${name}`);
        await page.screenshot({ path: screenshotPath(look), fullPage: true });
        wrong[look] = await audit(page);
      }
    }
    expect(Object.entries(wrong).filter(([, found]) => found.length > 0)).toEqual([]);
    expect(complaints).toEqual([]);
  },
);

test('is heard in the order it is seen, each part by its name', async () => {
  await page.goto(`${server.origin}/consent-loopback`);
  const snapshot = (await page.locator('body').ariaSnapshot()).split('\n').map((line) => line.trim());
  expect(snapshot).toEqual([
    '- banner: Acme MCP',
    '- main:',
    '- heading "Let Claude Code act for you?" [level=1]',
    '- term: Who asks',
    '- definition:',
    '- strong: Claude Code',
    '- paragraph: Says it is the program described at claude.ai',
    '- term: What it may do',
    '- definition:',
    '- list:',
    '- listitem:',
    '- text: Use the tools of',
    '- strong: stripe',
    '- text: and',
    '- strong: github',
    '- text: as you',
    '- term: Where the answer goes',
    '- definition:',
    '- text: To a program on this computer (127.0.0.1:33418)',
    '- paragraph: Any program on this computer can ask under this name. Allow only if you have just started this yourself.',
    '- term: You are',
    '- definition:',
    '- strong: ada@acme.example',
    '- paragraph: Not you? Deny, sign out at login.acme.example, and start again.',
    '- term: How long',
    '- definition:',
    '- text: At most 90 days; it ends sooner if not used for 30 days',
    '- paragraph:',
    '- text: "You can end it at any time:"',
    '- link "mcp.acme.example/account":',
    '- /url: https://mcp.acme.example/account',
    '- button "Deny"',
    '- button "Allow"',
  ]);
});

test('with the text spacing of WCAG 1.4.12 nothing sticks out', async () => {
  const spaced = await browser.newPage({ viewport: WIDTHS.narrow, bypassCSP: true });
  const wrong: Record<string, readonly string[]> = {};
  for (const name of Object.keys(PAGES)) {
    await spaced.goto(`${server.origin}/${name}`);
    await spaced.addStyleTag({
      content: '*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}',
    });
    wrong[name] = await audit(spaced);
  }
  expect(Object.entries(wrong).filter(([, found]) => found.length > 0)).toEqual([]);
  await spaced.close();
});
