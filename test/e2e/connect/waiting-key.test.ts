import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import type { Outcome, Person } from '../harness/person';
import { keyPlatform } from './fault-flows';
import { type ConnectScene, startConnectScene } from './harness';
import { agentV1, agentV2, linkOf, type WaitingAgent } from './waiting-agents';

// Calls that wait until the person has pasted a key of their own.

jest.setTimeout(60_000);

const KEY = 'rk_live_0123456789abcdef';
const HELLO = { text: 'hello', isError: false };

let upstream: ScriptedUpstream;
let scene: ConnectScene<never>;
let alice: Person;
let agent: WaitingAgent | undefined;
beforeAll(async () => {
  upstream = await startScriptedUpstream(answerJson({ resultType: 'complete', ...textResult('hello') }));
  scene = await startConnectScene([], {
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
      },
    ],
    connections: [{ provider: keyPlatform(upstream.origin) }],
  });
});
afterAll(async () => {
  await scene?.close();
  await upstream?.close();
});
beforeEach(async () => {
  alice = scene.person('alice');
  await scene.disconnect(alice, 'keyed' as never);
});
afterEach(async () => {
  await scene.gateway.commands.clearFaults();
  await agent?.close();
});

const door = async () => ({
  url: scene.gateway.endpoint('keyed'),
  token: await scene.token('keyed' as never, alice),
});
const sentKey = () => upstream.requests.at(-1)?.headers['authorization'];
const saying = ({ status, body }: Outcome) => [status, /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1]];

async function formAt(link: string): Promise<URLSearchParams> {
  const { form } = await alice.reachConsent(link);
  form.set('part.key', KEY);
  return form;
}
const paste = async (body: URLSearchParams) =>
  alice.follow(await alice.open(`${scene.gateway.url}/connect/keyed`, { body }));

test('client v2: its call goes on by itself, with the key', async () => {
  agent = await agentV2(await door());
  const answered = agent.call();
  const form = await formAt(await agent.shown(0));
  await agent.sent(2);
  const page = await paste(form);
  expect([page.status, page.body.includes('is connected')]).toEqual([200, true]);
  expect(await answered).toEqual(HELLO);
  expect(sentKey()).toBe(`Bearer ${KEY}`);
  expect([agent.shownCount(), agent.sentCount()]).toEqual([1, 2]);
});

test('client v2: a key that cannot be stored releases nothing and is not called connected; by the same link it can', async () => {
  agent = await agentV2(await door());
  const answered = agent.call();
  const link = await agent.shown(0);
  const form = await formAt(link);
  const sent = upstream.requests.length;
  await scene.gateway.commands.inject({ service: 'kms', operation: 'GenerateDataKey', kind: 'error' });
  const failed = await paste(form);
  expect(saying(failed)).toEqual([503, 'This does not work at the moment']);
  expect(failed.body).not.toContain('is connected');
  expect(upstream.requests).toHaveLength(sent);
  await scene.gateway.commands.clearFaults();

  expect((await paste(await formAt(link))).status).toBe(200);
  expect(await answered).toEqual(HELLO);
  expect(agent.shownCount()).toBe(1);
  expect(saying(await alice.visit(link))).toEqual([400, 'This link was used already']);
});

test('client v1: gets error -32042 with the link, and its call works when it is made again', async () => {
  agent = await agentV1(await door());
  const link = linkOf(await agent.call().catch((error: unknown) => error));
  expect((await paste(await formAt(link))).status).toBe(200);
  upstream.answer(async (exchange) => {
    const { method } = exchange.message;
    const serverInfo = { name: 'keyed', version: '1.0.0' };
    const result =
      method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo } : textResult('hello');
    return answerJson(result)(exchange);
  });
  const { text } = await agent.call().catch((error: unknown) => ({ text: String(error) }));
  expect([text, sentKey()]).toEqual(['hello', `Bearer ${KEY}`]);
});
