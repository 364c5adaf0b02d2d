import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DEMO_PLATFORM_NAMES } from '../../../local/demo/platforms/demo-platforms';
import { complaintsOf, launchChromium, screenshotPath } from '../../browser/chromium';
import { type ConnectScene, startConnectScene } from './harness';

jest.setTimeout(60_000);

let browser: Browser;
let scene: ConnectScene<(typeof DEMO_PLATFORM_NAMES)[number]>;
let context: BrowserContext;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  [browser, scene] = await Promise.all([launchChromium(), startConnectScene(DEMO_PLATFORM_NAMES)]);
});
afterAll(async () => {
  await browser?.close();
  await scene?.close();
});
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 800, height: 1000 } });
  page = await context.newPage();
  complaints = complaintsOf(page);
});
afterEach(() => context.close());

/** From the account page to the platform's question. */
async function reachPlatform(title: string): Promise<void> {
  await page.getByRole('link', { name: `Connect ${title}`, exact: true }).click();
  await page.getByRole('heading', { name: `Connect ${title}?` }).waitFor();
  // The page takes no press before the mouse has been over it for half a second.
  await page.mouse.move(5, 5);
  await page.getByRole('button', { name: `Continue to ${title}` }).click();
  await page.getByRole('heading', { name: title, exact: true }).waitFor();
}

/** Widths of the buttons of one connection, where they are not all the same. */
async function uneven(): Promise<number[][]> {
  const widths = await page
    .locator('.agents>li>.buttons')
    .evaluateAll((all) =>
      all.map((one) =>
        [...one.querySelectorAll('.button, button')].map((button) => Math.round(button.getBoundingClientRect().width)),
      ),
    );
  expect(widths.filter((all) => all.length === 2).length).toBeGreaterThanOrEqual(DEMO_PLATFORM_NAMES.length);
  return widths.filter((all) => new Set(all).size > 1);
}

test('alice connects each platform by clicks, sees whose accounts they are, and disconnects one', async () => {
  await page.goto(`${scene.gateway.url}/account`);
  await page.getByRole('button', { name: 'Alice' }).click();
  for (const name of DEMO_PLATFORM_NAMES) {
    await reachPlatform(scene.platforms[name].name);
    await page.screenshot({ path: screenshotPath(`connect-platform-${name}`) });
    await page.getByLabel('sam-at-home').check();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('link', { name: `Connect again ${scene.platforms[name].name}` }).waitFor();
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [800, 320]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 1000 });
      expect(await uneven()).toEqual([]);
      await page.screenshot({ path: screenshotPath(`connect-account-${colorScheme}-${width}`), fullPage: true });
    }
  }
  const { host } = new URL(scene.platforms.tracker.origin);
  await page.getByText(`${host}, which does not tell whose account it is`).waitFor();
  await page.setViewportSize({ width: 800, height: 1000 });
  expect(new URL(page.url()).origin).toBe(scene.gateway.url);

  const token = await scene.token('slack', scene.person('alice'));
  expect((await scene.callTool(token, 'slack')).text).toContain('sam-at-home');
  await page.getByRole('button', { name: 'Disconnect Slack (demo)' }).click();
  await page.getByRole('link', { name: 'Connect Slack (demo)', exact: true }).waitFor();
  expect((await scene.callTool(token, 'slack')).link).toContain('/connect/slack?e=');
  expect(complaints).toEqual([]);
});

test('who denies at the platform is told so, and nothing is connected', async () => {
  await page.goto(`${scene.gateway.url}/account`);
  await page.getByRole('button', { name: 'Bob' }).click();
  await reachPlatform('GitHub (demo)');
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('main').waitFor();
  expect(new URL(page.url()).origin).toBe(scene.gateway.url);
  await page.goto(`${scene.gateway.url}/account`);
  await page.getByRole('link', { name: 'Connect GitHub (demo)', exact: true }).waitFor();
});
