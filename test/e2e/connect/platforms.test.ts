import { DEMO_PLATFORM_NAMES } from '../../../local/demo/platforms/demo-platforms';
import { type ConnectScene, startConnectScene } from './harness';

jest.setTimeout(60_000);

let scene: ConnectScene<(typeof DEMO_PLATFORM_NAMES)[number]>;
beforeAll(async () => {
  scene = await startConnectScene(DEMO_PLATFORM_NAMES);
});
afterAll(() => scene?.close());

describe.each(DEMO_PLATFORM_NAMES)('%s', (name) => {
  test('a person connects it once: agents call as that account, through a refresh, until it is disconnected', async () => {
    const platform = scene.platforms[name];
    const person = scene.person();
    const token = await scene.token(name, person);
    const before = await scene.callTool(token, name);
    expect([before.isError, before.link?.split('?')[0]]).toEqual([true, `${scene.gateway.url}/connect/${name}`]);

    const page = await scene.connect(person, name, 'private');
    expect([page.status, page.redirect]).toEqual([200, undefined]);
    const first = await scene.callTool(token, name);
    expect(first.text).toBe(`Sam at home (sam-at-home), Home at ${platform.name}`);

    await platform.endAccessTokens();
    const second = await scene.callTool(token, name);
    expect(second.text).toBe(first.text);
    expect(platform.counts).toMatchObject({ codesRedeemed: 1, refreshes: 1, invalidGrants: 0, deadTokenUses: 1 });

    await scene.disconnect(person, name);
    const after = await scene.callTool(token, name);
    expect([after.isError, after.link?.split('?')[0]]).toEqual([true, `${scene.gateway.url}/connect/${name}`]);
    expect([platform.counts.revocations, platform.liveRefreshTokens]).toEqual([1, 0]);
  });

  test('an expired token is renewed before it is sent', async () => {
    const platform = scene.platforms[name];
    platform.knobs.tokenLifetimeSeconds = 5;
    const person = scene.person('bob');
    const token = await scene.token(name, person);
    await scene.connect(person, name);
    platform.knobs.tokenLifetimeSeconds = 3_600;
    const { refreshes, deadTokenUses, expiredTokenUses } = platform.counts;

    const answers = [await scene.callTool(token, name), await scene.callTool(token, name)];
    const whose = `Sam Sample (sam-at-work), Example Company at ${platform.name}`;
    expect(answers.map(({ text }) => text)).toEqual([whose, whose]);
    expect(platform.counts).toMatchObject({ refreshes: refreshes + 1, deadTokenUses, expiredTokenUses });
  });
});
