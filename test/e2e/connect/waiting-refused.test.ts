import type { Outcome, Person } from '../harness/person';
import { type ConnectScene, startConnectScene } from './harness';
import { type AgentOptions, agentV1, agentV2, linkOf, openLink, type WaitingAgent } from './waiting-agents';

// Calls that wait for what does not come, or comes from somebody else. Here a call is held for a second and asked for
// again by the client, so that a test sees that it went on waiting.

jest.setTimeout(60_000);

type Name = 'github' | 'tracker';
const NAMES = ['github', 'tracker'] as const;

let scene: ConnectScene<Name>;
let alice: Person;
const agents: WaitingAgent[] = [];
beforeAll(async () => {
  scene = await startConnectScene(NAMES, {
    upstream: { connectTimeoutMs: 1_000, idleTimeoutMs: 1_000, totalTimeoutMs: 2_000 },
  });
});
afterAll(() => scene?.close());
beforeEach(async () => {
  alice = scene.person('alice');
  for (const name of NAMES) await scene.disconnect(alice, name);
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
});

const doorOf = async (name: Name, person = alice) => ({
  url: scene.gateway.endpoint(name),
  token: await scene.token(name, person),
});
async function agentFor(name: Name, options?: AgentOptions): Promise<WaitingAgent> {
  const agent = await agentV2(await doorOf(name), { maxRounds: 100, ...options });
  agents.push(agent);
  return agent;
}
const saying = ({ status, body }: Outcome) => [status, /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1]];
const FOR_OTHER = [403, 'This link was made for someone else'];
const answer = (name: Name) => ({
  text: `Sam at home (sam-at-home), Home at ${scene.platforms[name].name}`,
  isError: false,
});

/** One held call has begun since, and was answered with nothing but that it has to be made again. */
async function goesOnWaiting(agent: WaitingAgent): Promise<void> {
  await agent.sent(agent.sentCount() + 2);
}

describe.each(NAMES)('%s', (name) => {
  test('refuses the link to another person: nothing is connected, and the call goes on waiting for its own', async () => {
    const agent = await agentFor(name);
    const { calls, codesRedeemed } = scene.platforms[name].counts;
    const answered = agent.call();
    const link = await agent.shown(0);
    const bob = scene.person('bob');
    await scene.disconnect(bob, name);
    expect(saying(await openLink(bob, link))).toEqual(FOR_OTHER);
    expect(saying(await bob.visit(link))).toEqual(FOR_OTHER);
    await goesOnWaiting(agent);
    expect(scene.platforms[name].counts).toMatchObject({ calls, codesRedeemed });

    // Not by an account of his own either.
    await scene.connect(bob, name, 'work');
    const { calls: callsOfBob } = scene.platforms[name].counts;
    await goesOnWaiting(agent);
    expect(scene.platforms[name].counts.calls).toBe(callsOfBob);

    // What he did has not used the link up.
    expect((await openLink(alice, link)).status).toBe(200);
    expect(await answered).toEqual(answer(name));
    expect(agent.shownCount()).toBe(1);
  });

  test('a person who denies at the platform is told so; the call waits on, and the same link works still', async () => {
    const agent = await agentFor(name);
    const answered = agent.call();
    const link = await agent.shown(0);
    expect(saying(await openLink(alice, link, 'deny'))).toEqual([400, 'Nothing was connected']);
    await goesOnWaiting(agent);
    expect((await openLink(alice, link)).status).toBe(200);
    expect(await answered).toEqual(answer(name));
  });

  test.each(['decline', 'cancel'] as const)(
    'a person who tells the client "%s" ends the call, which says so; the next one brings another link',
    async (says) => {
      const agent = await agentFor(name, { says });
      const title = scene.platforms[name].name;
      const text = `Connecting the ${title} account was declined, so this call was not made`;
      expect(await agent.call()).toEqual({ text, isError: true });
      expect(await agent.call()).toEqual({ text, isError: true });
      expect(await agent.shown(1)).not.toBe(await agent.shown(0));
      expect([agent.shownCount(), agent.sentCount()]).toEqual([2, 4]);
    },
  );

  test('where nobody finishes, the client stops asking; the next call brings another link, and either works', async () => {
    const agent = await agentFor(name, { maxRounds: 2 });
    await expect(agent.call()).rejects.toMatchObject({
      code: 'INPUT_REQUIRED_ROUNDS_EXCEEDED',
      data: { lastResult: { inputRequests: {}, requestState: expect.any(String) } },
    });
    expect([agent.shownCount(), agent.sentCount()]).toEqual([1, 3]);
    const answered = agent.call();
    const [first, second] = [await agent.shown(0), await agent.shown(1)];
    expect(second).not.toBe(first);
    expect((await openLink(alice, first)).status).toBe(200);
    expect(await answered).toEqual(answer(name));
    expect(agent.shownCount()).toBe(2);
  });

  test('a client that leaves while it waits loses nothing: the link works, and so does its next call', async () => {
    const agent = await agentFor(name);
    const left = agent.call().catch(() => 'left');
    const link = await agent.shown(0);
    await agent.sent(2);
    agent.leave();
    expect(await left).toBe('left');
    expect((await openLink(alice, link)).status).toBe(200);
    const next = await agentFor(name);
    expect(await next.call()).toEqual(answer(name));
    expect(next.shownCount()).toBe(0);
  });

  test('client v1: refuses the link to another person, and its call brings a link again until its own has connected', async () => {
    const agent = await agentV1(await doorOf(name));
    agents.push(agent);
    const linkNow = async () => linkOf(await agent.call().catch((error: unknown) => error));
    const first = await linkNow();
    expect(saying(await openLink(scene.person('bob'), first))).toEqual(FOR_OTHER);
    expect(saying(await openLink(alice, first, 'deny'))).toEqual([400, 'Nothing was connected']);
    const second = await linkNow();
    expect(second).not.toBe(first);
    expect((await openLink(alice, second)).status).toBe(200);
    expect(await agent.call()).toEqual(answer(name));
  });
});

test('refuses another person’s agent the link it was not given: each is asked for its own account', async () => {
  const agent = await agentFor('github');
  const answered = agent.call();
  const link = await agent.shown(0);
  const bobs = await agentV2(await doorOf('github', scene.person('bob')), { maxRounds: 100 });
  agents.push(bobs);
  await scene.disconnect(scene.person('bob'), 'github');
  const bobsAnswer = bobs.call();
  expect(saying(await openLink(alice, await bobs.shown(0)))).toEqual(FOR_OTHER);
  await openLink(alice, link);
  expect(await answered).toEqual(answer('github'));
  await goesOnWaiting(bobs);
  await openLink(scene.person('bob'), await bobs.shown(0), 'work');
  expect((await bobsAnswer).text).toContain('sam-at-work');
});
