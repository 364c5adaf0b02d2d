import { claimsOf } from '../sign-in/agent';
import { type AttackScene, saying, startAttackScene } from './attack-scene';

jest.setTimeout(60_000);

let scene: AttackScene;
beforeAll(async () => {
  scene = await startAttackScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.clearFaults());

describe('with a link', () => {
  test('refuses to link another person’s account to whoever sent the link, signed in or not', async () => {
    const query = await scene.linkFor(await scene.disconnected(scene.person('alice'), 'github'), 'github');
    const { codesRedeemed } = scene.platforms.github.counts;
    const bob = scene.person('bob');
    // Not signed in at first: to the identity provider, and then the same.
    const unknown = await bob.visit(scene.url(`/connect/github${query}`));
    expect(saying(unknown)).toEqual([403, 'This link was made for someone else']);
    const known = await bob.visit(scene.url(`/connect/github${query}`));
    expect(saying(known)).toEqual([403, 'This link was made for someone else']);
    const { form } = await bob.reachConsent(scene.url('/connect/github'));
    form.set('e', new URLSearchParams(query).get('e') ?? '');
    const posted = await bob.follow(await bob.open(scene.url('/connect/github'), { body: form }));
    expect(saying(posted)).toEqual([403, 'This link was made for someone else']);
    expect(scene.platforms.github.counts.codesRedeemed).toBe(codesRedeemed);
    expect(await scene.isConnected(scene.person('alice'), 'github')).toBe(false);
    expect(await scene.isConnected(bob, 'github')).toBe(false);
  });

  test('whoever opens one without a session signs in first, and it works for the right person', async () => {
    const query = await scene.linkFor(await scene.disconnected(scene.person('alice'), 'google'), 'google');
    const stranger = scene.person('alice');
    const first = await stranger.open(scene.url(`/connect/google${query}`));
    expect(first.status).toBe(303);
    expect(first.headers.get('location')).toMatch(/\/account\/sign-in\?continue=%2Fconnect%2Fgoogle%3Fe%3D/);
    const page = await scene.connect(stranger, 'google', 'work', query);
    expect(page.status).toBe(200);
    expect(await scene.isConnected(stranger, 'google')).toBe(true);
  });

  test('refuses the same link a second time', async () => {
    const alice = await scene.disconnected(scene.person('alice'), 'google');
    const query = await scene.linkFor(alice, 'google');
    await scene.connect(alice, 'google', 'work', query);
    await scene.disconnected(alice, 'google');
    expect(saying(await alice.visit(scene.url(`/connect/google${query}`)))).toEqual([
      400,
      'This link was used already',
    ]);
  });

  test('connects once when two browsers of one person finish with the same link', async () => {
    const alice = await scene.disconnected(scene.person('alice'), 'google');
    const query = await scene.linkFor(alice, 'google');
    const [one, two] = [scene.person('alice'), scene.person('alice')];
    const callbacks = [
      await scene.callbackOf(one, 'google', query),
      await scene.callbackOf(two, 'google', query),
    ] as const;
    const pages = await Promise.all([one.visit(callbacks[0]), two.visit(callbacks[1])]);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test('refuses a link at another platform, an altered one, and one nobody made', async () => {
    const alice = await scene.disconnected(scene.person('alice'), 'github');
    const query = await scene.linkFor(alice, 'github');
    const over = [400, 'This link does not work any more'];
    expect(saying(await alice.visit(scene.url(`/connect/google${query}`)))).toEqual(over);
    const flipped = query.slice(0, -5) + (query.at(-5) === 'A' ? 'B' : 'A') + query.slice(-4);
    expect(saying(await alice.visit(scene.url(`/connect/github${flipped}`)))).toEqual(over);
    expect(saying(await alice.visit(scene.url('/connect/github?e=AAAA')))).toEqual(over);
    expect(saying(await alice.visit(scene.url(`/connect/github?e=${'A'.repeat(4000)}`)))).toEqual(over);
    expect((await alice.visit(scene.url(`/connect/github${query}&${query.slice(1)}`))).status).toBe(400);
  });

  test('whoever sees a link learns nothing of the person it is for', async () => {
    const alice = await scene.disconnected(scene.person('alice'), 'github');
    const token = await scene.token('github', alice);
    const { link = '' } = await scene.callTool(token, 'github');
    const opaque = new URL(link).searchParams.get('e') ?? '';
    const readable = `${link} ${Buffer.from(opaque, 'base64url').toString('latin1')}`;
    expect(readable).not.toContain(String(claimsOf(token)['sub']));
    expect(readable).not.toMatch(/alice|example\.com|subject/i);
    const second = await scene.callTool(token, 'github');
    expect(second.link).not.toBe(link);
  });

  test.each([
    '//evil.example',
    '/connect/../account',
    '/connect/github?e=x&next=//evil.example',
    'https://evil.example',
  ])('refuses to lead on to %s after signing in', async (next) => {
    const person = scene.person('alice');
    const { redirect } = await person.visit(scene.url(`/account/sign-in?continue=${encodeURIComponent(next)}`));
    expect(redirect).toBeUndefined();
  });
});

test('twenty who begin at once at a server nobody has met yet have the gateway registered there once', async () => {
  const people = [scene.person('alice'), scene.person('bob')];
  const forms = await Promise.all(
    people.map(async (person) => (await person.reachConsent(scene.url('/connect/tracker'))).form),
  );
  const begun = Array.from({ length: 20 }, async (_, i) => {
    const body = forms[i % 2] ?? new URLSearchParams();
    const answer = await people[i % 2]?.open(scene.url('/connect/tracker'), { body });
    return new URL(answer?.headers.get('location') ?? '').searchParams;
  });
  const led = await Promise.all(begun);
  expect(new Set(led.map((query) => query.get('client_id'))).size).toBe(1);
  // Everything else is each one's own.
  expect(new Set(led.map((query) => query.get('state'))).size).toBe(20);
  expect(new Set(led.map((query) => query.get('code_challenge'))).size).toBe(20);
  const { origin } = scene.platforms.tracker;
  expect(scene.exchanges.filter((one) => one.origin === origin && one.url === '/reg')).toHaveLength(1);
});
