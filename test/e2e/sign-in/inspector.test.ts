import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../../helpers/repository';
import { connectInspector } from '../harness/real-clients';
import { AgentProvider } from './agent-provider';
import { SDK_V1 } from './agents';
import { type FakeBrowser, startFakeBrowser } from './fake-browser';
import { type KeyedScene, SCENE_TOOLS, SHOWN_KEY, startKeyedScene } from './keyed-scene';

jest.setTimeout(60_000);

const INSPECTOR = join(ROOT, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

let scene: KeyedScene;
let browser: FakeBrowser;

beforeAll(async () => {
  scene = await startKeyedScene({ hasOtherEndpoint: true });
  browser = await startFakeBrowser(() => scene.person());
});
afterAll(async () => {
  await browser?.close();
  await scene?.close();
});

test.each(['legacy', 'modern'] as const)('with a token of a sign-in, revision %s: lists and calls', async (era) => {
  const provider = new AgentProvider({ redirectUri: 'http://127.0.0.1:33418/callback' });
  await expect(SDK_V1.connect(scene.endpoint, provider)).rejects.toThrow('Unauthorized');
  const answer = await scene.person().signIn(provider.authorizationUrls[0] as URL);
  await SDK_V1.finish(scene.endpoint, provider, answer);
  const inspector = await connectInspector({ url: scene.endpoint, token: provider.saved?.access_token ?? '' }, era);
  expect(await inspector.listTools()).toEqual(SCENE_TOOLS);
  expect(await inspector.callTool('show_key')).toBe(SHOWN_KEY);
  await inspector.close();
});

test('without a token: registers, signs in by itself in the browser, and calls', async () => {
  const options = [
    '--transport',
    'http',
    '--format',
    'json',
    '--callback-url',
    'http://127.0.0.1:33419/oauth/callback',
  ];
  const call = ['--method', 'tools/call', '--tool-name', 'show_key'];
  const child = spawn(process.execPath, [INSPECTOR, '--cli', scene.endpoint, ...options, ...call], {
    // Without a terminal it asks nobody, unless told so.
    env: { ...browser.env, MCP_AUTO_OPEN_ENABLED: 'true' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const called = await Promise.race([text(child.stdout), browser.failure]);
  expect(JSON.parse(called)).toMatchObject({ result: { content: [{ type: 'text', text: SHOWN_KEY }] } });
  expect(browser.opened.map((url) => url.origin + url.pathname)).toEqual([`${scene.gateway.url}/authorize`]);
});
