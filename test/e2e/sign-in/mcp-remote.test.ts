import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { ROOT } from '../../helpers/repository';
import { type FakeBrowser, startFakeBrowser } from './fake-browser';
import { type KeyedScene, SCENE_TOOLS, SHOWN_KEY, startKeyedScene } from './keyed-scene';

jest.setTimeout(60_000);

const MCP_REMOTE = join(ROOT, 'node_modules/mcp-remote/dist/proxy.js');

let scene: KeyedScene;
let browser: FakeBrowser;
const transports: StdioClientTransport[] = [];

beforeAll(async () => {
  scene = await startKeyedScene({ hasOtherEndpoint: true });
});
afterAll(() => scene?.close());
beforeEach(async () => {
  browser = await startFakeBrowser(() => scene.person());
});
afterEach(async () => {
  // The bridge ends with its agent, and has to where a test ends early, too.
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  await browser.close();
});

/** An agent that only speaks to programs on its own machine, and the bridge it starts. */
async function connect(): Promise<Client> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, scene.endpoint, '--allow-http'],
    env: browser.env,
    stderr: 'pipe',
  });
  transports.push(transport);
  const client = new Client({ name: 'desktop-agent', version: '1.0.0' });
  await Promise.race([client.connect(transport), browser.failure]);
  return client;
}

test('mcp-remote registers, sends the person to the browser once, and brings the tools to a local agent', async () => {
  const first = await connect();
  const { tools } = await first.listTools();
  expect(tools.map(({ name }) => name)).toEqual(SCENE_TOOLS);
  const result = await first.callTool({ name: 'show_key', arguments: {} });
  expect(result.content).toEqual([{ type: 'text', text: SHOWN_KEY }]);
  await first.close();

  const second = await connect();
  expect((await second.callTool({ name: 'show_key', arguments: {} })).content).toEqual(result.content);
  await second.close();
  expect(browser.opened.map((url) => url.origin + url.pathname)).toEqual([`${scene.gateway.url}/authorize`]);
});

test('mcp-remote sends the person to the browser again once access is revoked', async () => {
  const first = await connect();
  await first.close();
  await scene.person().revokeAll();
  const second = await connect();
  expect((await second.listTools()).tools).toHaveLength(SCENE_TOOLS.length);
  await second.close();
  expect(browser.opened).toHaveLength(2);
});
