import type { Outcome, Person } from '../harness/person';
import { type AttackScene, changed, saying, startAttackScene } from './attack-scene';

jest.setTimeout(60_000);

let scene: AttackScene;
beforeAll(async () => {
  scene = await startAttackScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.clearFaults());

/** GitHub does not say that it sends one, and some of its installations send none: status, codes redeemed, connected. */
const WITHOUT_ISSUER = { github: [200, 1, true], tracker: [400, 0, false] };

describe.each(['github', 'tracker'] as const)('at the callback of %s', (name) => {
  /** Each is tried with a genuine answer in hand; afterwards nothing is redeemed. */
  const TRIES: readonly (readonly [string, (callback: URL, browser: Person) => Promise<Outcome>, number])[] = [
    ['in a browser that did not begin it', (callback) => scene.person('alice').visit(callback), 400],
    [
      'in the browser of somebody else who is signed in',
      async (callback) => {
        const bob = scene.person('bob');
        await bob.visit(scene.url('/account'));
        return bob.visit(callback);
      },
      400,
    ],
    [
      'with another state',
      (callback, browser) => browser.visit(changed(callback, (query) => query.set('state', `${query.get('state')}x`))),
      400,
    ],
    ['without a state', (callback, browser) => browser.visit(changed(callback, (query) => query.delete('state'))), 400],
    [
      'with two states',
      (callback, browser) => browser.visit(changed(callback, (query) => query.append('state', 'x'))),
      400,
    ],
    [
      'with two codes',
      (callback, browser) => browser.visit(changed(callback, (query) => query.append('code', 'x'))),
      400,
    ],
    [
      'with the issuer of another platform',
      (callback, browser) => browser.visit(changed(callback, (query) => query.set('iss', 'https://evil.example'))),
      400,
    ],
    [
      'with the issuer and a slash',
      (callback, browser) => browser.visit(changed(callback, (query) => query.set('iss', `${query.get('iss')}/`))),
      400,
    ],
    [
      'with a token in the query',
      (callback, browser) => browser.visit(changed(callback, (query) => query.set('access_token', 'ghu_injected'))),
      400,
    ],
    [
      'at another platform’s address (mix-up)',
      (callback, browser) => {
        const other = new URL(callback);
        other.pathname = '/callback/google';
        return browser.visit(other);
      },
      400,
    ],
    [
      'with an error beside the code',
      (callback, browser) => browser.visit(changed(callback, (query) => query.set('error', 'access_denied'))),
      400,
    ],
  ];

  test.each(TRIES)('refuses a genuine code %s, and sends it nowhere', async (_, attempt, status) => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callback = await scene.callbackOf(alice, name);
    const { codesRedeemed } = scene.platforms[name].counts;
    const page = await attempt(callback, alice);
    expect(page.status).toBe(status);
    expect(page.body).not.toContain(callback.searchParams.get('code'));
    expect(scene.platforms[name].counts.codesRedeemed).toBe(codesRedeemed);
    expect(await scene.isConnected(alice, name)).toBe(false);
  });

  test('refuses one without the issuer where the platform says that it sends one, and there alone', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callback = await scene.callbackOf(alice, name);
    expect(callback.searchParams.has('iss')).toBe(true);
    const { codesRedeemed } = scene.platforms[name].counts;
    const page = await alice.visit(changed(callback, (query) => query.delete('iss')));
    const redeemed = scene.platforms[name].counts.codesRedeemed - codesRedeemed;
    expect([page.status, redeemed, await scene.isConnected(alice, name)]).toEqual(WITHOUT_ISSUER[name]);
  });

  test('redeems once when the same answer comes twenty times at once', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callback = await scene.callbackOf(alice, name);
    const { codesRedeemed } = scene.platforms[name].counts;
    const answers = await Promise.all(Array.from({ length: 20 }, () => alice.open(callback)));
    expect(answers.filter(({ status }) => status === 303 || status === 302)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
    expect(scene.platforms[name].counts.codesRedeemed).toBe(codesRedeemed + 1);
    expect(await scene.isConnected(alice, name)).toBe(true);
  });

  test('refuses an answer that comes again later', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callback = await scene.callbackOf(alice, name);
    await alice.visit(callback);
    expect((await alice.visit(callback)).status).toBe(400);
    expect(await scene.isConnected(alice, name)).toBe(true);
  });

  test('two attempts in two tabs both lead on, and the one that ends last counts', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callbacks = [await scene.callbackOf(alice, name), await scene.callbackOf(alice, name)];
    const pages = [];
    for (const callback of callbacks) pages.push(await alice.visit(callback));
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(await scene.isConnected(alice, name)).toBe(true);
  });

  test('refuses when another person has signed in in between', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const callback = await scene.callbackOf(alice, name);
    const bob = scene.person('bob');
    await bob.visit(scene.url('/account'));
    alice.cookies.set('__Host-mcp-session', bob.cookies.get('__Host-mcp-session') ?? '');
    expect(saying(await alice.visit(callback))).toEqual([403, 'Somebody else is signed in now']);
    expect(await scene.isConnected(scene.person('bob'), name)).toBe(false);
  });

  test('says of a denial that nothing was connected, in words of its own', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    const denied = await scene.connect(alice, name, 'deny');
    expect(saying(denied)).toEqual([400, 'Nothing was connected']);
    const again = await scene.callbackOf(alice, name);
    const hostile = changed(again, (query) => {
      query.delete('code');
      query.set('error', '<script>alert(1)</script>');
      query.set('error_description', 'call 0800 now');
    });
    const page = await alice.visit(hostile);
    expect(page.status).toBe(400);
    expect(page.body).not.toMatch(/alert\(1\)|0800/);
  });
});
