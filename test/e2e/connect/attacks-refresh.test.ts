import { type AttackScene, startAttackScene } from './attack-scene';

jest.setTimeout(60_000);

let scene: AttackScene;
beforeAll(async () => {
  scene = await startAttackScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.clearFaults());

describe('with the refresh', () => {
  test('an account thrown out at the platform is asked for again, and not asked of the platform again and again', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'github');
    const platform = scene.platforms.github;
    const token = await scene.token('github', alice);
    await platform.endAccessTokens();
    await platform.endRefreshTokens();
    const { invalidGrants } = platform.counts;
    for (let times = 0; times < 5; times += 1) {
      const { isError, link } = await scene.callTool(token, 'github');
      expect([isError, link?.split('?')[0]]).toEqual([true, scene.url('/connect/github')]);
    }
    expect(platform.counts.invalidGrants).toBe(invalidGrants + 1);
    const { body } = await alice.visit(scene.url('/account'));
    expect(body).toMatch(/does not work|no longer|again/i);
    expect((await scene.connect(alice, 'github')).status).toBe(200);
    expect(await scene.isConnected(alice, 'github')).toBe(true);
  });

  test.each(['notion', 'tracker'] as const)('forty calls at one expiry ask %s once', async (name) => {
    const alice = scene.person('alice');
    await scene.connect(alice, name);
    const token = await scene.token(name, alice);
    await scene.platforms[name].endAccessTokens();
    const { refreshes, invalidGrants } = scene.platforms[name].counts;
    const answers = await Promise.all(Array.from({ length: 40 }, () => scene.callTool(token, name)));
    expect(answers.filter(({ isError }) => isError)).toEqual([]);
    expect(scene.platforms[name].counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants });
  });

  test('a platform that fails at a refresh loses nobody their connection', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'notion');
    const token = await scene.token('notion', alice);
    await scene.platforms.notion.endAccessTokens();
    scene.platforms.notion.faults.inject({ endpoint: 'refresh', kind: 'status', status: 503, times: 1 });
    await scene.callTool(token, 'notion');
    scene.platforms.notion.faults.clear();
    await scene.gateway.commands.invoke('refresher', { action: 'sweep' });
    const { body } = await alice.visit(scene.url('/account'));
    expect(body).toContain('Disconnect');
    expect(scene.platforms.notion.counts.invalidGrants).toBe(0);
  });
});
