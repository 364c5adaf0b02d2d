import type { Browser } from 'playwright-core';
import { DEMO_PLATFORM_NAMES, type DemoPlatformName } from '../../../local/demo/platforms/demo-platforms';
import { launchChromium, screenshotPath } from '../../browser/chromium';
import type { Outcome, Person } from '../harness/person';
import { type ConnectScene, startConnectScene } from './harness';
import { agentV1, agentV2, agentV2Legacy, linkOf, openLink, type WaitingAgent } from './waiting-agents';

// A call without an account, made by clients as they are, until the person has connected one by the link it brought.

jest.setTimeout(60_000);

let scene: ConnectScene<DemoPlatformName>;
let alice: Person;
const agents: WaitingAgent[] = [];
beforeAll(async () => {
  scene = await startConnectScene(DEMO_PLATFORM_NAMES);
});
afterAll(() => scene?.close());
beforeEach(() => {
  alice = scene.person('alice');
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
});

/** Of each quirk's family one, and an MCP server that is its own authorization server. */
const TWO = ['github', 'tracker'] as const;
const OLDER = { v1: agentV1, 'v2 of the older revisions': agentV2Legacy } as const;
const CLIENTS = { ...OLDER, 'v2 of 2026-07-28': agentV2 } as const;

const doorOf = async (name: DemoPlatformName, person = alice) => ({
  url: scene.gateway.endpoint(name),
  token: await scene.token(name, person),
});
async function agentOf<T extends WaitingAgent>(made: Promise<T>): Promise<T> {
  const agent = await made;
  agents.push(agent);
  return agent;
}
const at = (name: DemoPlatformName, who: string) => ({
  text: `${who} at ${scene.platforms[name].name}`,
  isError: false,
});
const atHome = (name: DemoPlatformName) => at(name, 'Sam at home (sam-at-home), Home');
const atWork = (name: DemoPlatformName) => at(name, 'Sam Sample (sam-at-work), Example Company');
const titleOf = ({ status, body }: Outcome) => [
  status,
  /<h1[^>]*>(.*?)<\/h1>/s.exec(body)?.[1]?.replace(/<[^>]*>/g, ''),
];
const isConnected = (name: DemoPlatformName) => [200, `${scene.platforms[name].name} is connected`];

/** A connection the person had, and threw out at the platform. */
async function broken(name: DemoPlatformName): Promise<void> {
  await scene.connect(alice, name, 'work');
  await scene.platforms[name].endAccessTokens();
  await scene.platforms[name].endRefreshTokens();
}

describe('client v2 of 2026-07-28', () => {
  test.each(DEMO_PLATFORM_NAMES)('%s: shows the link once, and its call goes on by itself', async (name) => {
    await scene.disconnect(alice, name);
    const agent = await agentOf(agentV2(await doorOf(name)));
    const answered = agent.call();
    const link = await agent.shown(0);
    // The second one is held by the gateway.
    await agent.sent(2);
    expect(titleOf(await openLink(scene.person('alice'), link))).toEqual(isConnected(name));
    expect(await answered).toEqual(atHome(name));
    expect([agent.shownCount(), agent.sentCount()]).toEqual([1, 2]);
    expect(await agent.call()).toEqual(atHome(name));
    expect([agent.shownCount(), agent.sentCount()]).toEqual([1, 3]);
  });

  test.each(TWO)('%s: a connection that is thrown out at the platform is mended while the call waits', async (name) => {
    await broken(name);
    const agent = await agentOf(agentV2(await doorOf(name)));
    const answered = agent.call();
    const link = await agent.shown(0);
    await agent.sent(2);
    expect(titleOf(await openLink(alice, link))).toEqual(isConnected(name));
    expect(await answered).toEqual(atHome(name));
    expect([agent.shownCount(), agent.sentCount()]).toEqual([1, 2]);
  });

  test('two calls that wait for one account go on when it is connected, by whichever link', async () => {
    await scene.disconnect(alice, 'github');
    const door = await doorOf('github');
    const waiting = await Promise.all([agentOf(agentV2(door)), agentOf(agentV2(door))]);
    const answered = waiting.map((agent) => agent.call());
    const links = await Promise.all(waiting.map((agent) => agent.shown(0)));
    await Promise.all(waiting.map((agent) => agent.sent(2)));
    expect(new Set(links).size).toBe(2);
    await openLink(alice, links[1] ?? '');
    expect(await Promise.all(answered)).toEqual([atHome('github'), atHome('github')]);
  });

  test('goes on by itself where the person connected on the account page instead', async () => {
    await scene.disconnect(alice, 'github');
    const agent = await agentOf(agentV2(await doorOf('github')));
    const answered = agent.call();
    await agent.shown(0);
    await agent.sent(2);
    await scene.connect(alice, 'github', 'work');
    expect(await answered).toEqual(atWork('github'));
  });
});

describe.each(Object.keys(OLDER) as (keyof typeof OLDER)[])('client %s', (client) => {
  const agentFor = async (name: DemoPlatformName) => agentOf(OLDER[client](await doorOf(name)));

  test.each(TWO)('%s: gets error -32042 with the link, and its call works when it is made again', async (name) => {
    await scene.disconnect(alice, name);
    const agent = await agentFor(name);
    const link = linkOf(await agent.call().catch((error: unknown) => error));
    expect(titleOf(await openLink(scene.person('alice'), link))).toEqual(isConnected(name));
    expect(await agent.call()).toEqual(atHome(name));
  });

  test.each(TWO)('%s: the same where the connection was thrown out at the platform', async (name) => {
    await broken(name);
    const agent = await agentFor(name);
    const link = linkOf(await agent.call().catch((error: unknown) => error));
    expect(titleOf(await openLink(alice, link))).toEqual(isConnected(name));
    expect(await agent.call()).toEqual(atHome(name));
  });

  test.each(TWO)('%s: that began while all was well gets the link as text, and goes on', async (name) => {
    await scene.connect(alice, name, 'work');
    const agent = await agentFor(name);
    expect(await agent.call()).toEqual(atWork(name));
    await scene.platforms[name].endAccessTokens();
    await scene.platforms[name].endRefreshTokens();
    const { text, isError } = await agent.call();
    expect(isError).toBe(true);
    expect(text).toContain('its connection no longer works: ');
    expect(titleOf(await openLink(alice, linkIn(text)))).toEqual(isConnected(name));
    expect(await agent.call()).toEqual(atHome(name));
  });
});

describe.each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])('client %s that opens no URLs', (client) => {
  test.each(TWO)('%s: gets the link as text, and its call works when it is made again', async (name) => {
    await scene.disconnect(alice, name);
    const agent = await agentOf(CLIENTS[client](await doorOf(name), { opensUrls: false }));
    const { text, isError } = await agent.call();
    expect(isError).toBe(true);
    expect(text).toMatch(/^Connect your .* account to continue: .*\n.* Once it is done, call this tool again\.$/);
    expect(titleOf(await openLink(alice, linkIn(text)))).toEqual(isConnected(name));
    expect(await agent.call()).toEqual(atHome(name));
  });
});

describe('in a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(TWO)('%s: alice follows the link by clicks, and the waiting call goes on', async (name) => {
    const title = scene.platforms[name].name;
    await scene.disconnect(alice, name);
    const agent = await agentOf(agentV2(await doorOf(name)));
    const answered = agent.call();
    const context = await browser.newContext({ viewport: { width: 800, height: 1000 } });
    const page = await context.newPage();
    await page.goto(await agent.shown(0));
    await page.getByRole('button', { name: 'Alice' }).click();
    await page.getByRole('heading', { name: `Connect ${title}?` }).waitFor();
    await page.getByText(', as it calls itself').waitFor();
    await page.screenshot({ path: screenshotPath(`connect-link-${name}`), fullPage: true });
    await page.mouse.move(5, 5);
    await page.getByRole('button', { name: `Continue to ${title}` }).click();
    await page.getByLabel('sam-at-home').check();
    await agent.sent(2);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: `${title} is connected` }).waitFor();
    await page.screenshot({ path: screenshotPath(`connect-link-done-${name}`), fullPage: true });
    await context.close();
    expect(await answered).toEqual(atHome(name));
    expect(agent.shownCount()).toBe(1);
  });
});

function linkIn(text: string): string {
  return /https?:\/\/\S+/.exec(text)?.[0] ?? '';
}
