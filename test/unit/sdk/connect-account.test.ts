import type { ConnectionView, ListConnectionsResponse } from '../../../lambda/contract/connections-api';
import { type ConnectAccountOptions, type ConnectProgress, connectAccount } from '../../../sdk/connect-account';
import { McpGatewayError } from '../../../sdk/index';
import { testClock } from '../../helpers/clock';

const GATEWAY = 'https://mcp.example.com';
const PAGE = `${GATEWAY}/connect/github`;

const connection = (changes: Partial<ConnectionView> = {}): ConnectionView => ({
  provider: 'github',
  name: 'GitHub',
  kind: 'oauth',
  status: 'active',
  scopes: [],
  connectedAt: '2026-11-01T00:00:00.000Z',
  ...changes,
});
const listing = (
  connections: readonly ConnectionView[],
  provider: Partial<ListConnectionsResponse['providers'][number]> = {},
): ListConnectionsResponse => ({
  connections,
  providers: [{ provider: 'github', name: 'GitHub', kind: 'oauth', connectUrl: PAGE, blocked: false, ...provider }],
});
const NONE = listing([]);

/** The gateway answers one list after the other, the last one for ever. */
function connecting(
  lists: readonly (ListConnectionsResponse | McpGatewayError)[],
  options: ConnectAccountOptions = {},
) {
  const clock = testClock(0);
  const opened: string[] = [];
  const pauses: number[] = [];
  const told: ConnectProgress[] = [];
  let asked = 0;
  const done = connectAccount(
    'github',
    { openBrowser: (url) => opened.push(url), onProgress: (progress) => told.push(progress), ...options },
    {
      gatewayUrl: GATEWAY,
      openBrowser: false,
      list: async () => {
        const answer = lists[Math.min(asked++, lists.length - 1)] ?? NONE;
        if (answer instanceof McpGatewayError) throw answer;
        return answer;
      },
      now: clock.now,
      pause: async (ms) => {
        pauses.push(ms);
        clock.advance(ms);
      },
    },
  );
  return { done, opened, pauses, told };
}

test('opens the page, waits, and ends with the connection', async () => {
  const { done, opened, told } = connecting([NONE, NONE, listing([connection()])]);
  expect(await done).toEqual(connection());
  expect(opened).toEqual([PAGE]);
  expect(told).toEqual([
    { stage: 'opening', provider: 'github', name: 'GitHub', url: PAGE, waitedMs: 0 },
    { stage: 'waiting', provider: 'github', name: 'GitHub', url: PAGE, waitedMs: 1000 },
    { stage: 'connected', provider: 'github', name: 'GitHub', url: PAGE, waitedMs: 2500 },
  ]);
});

test('of what is connected already, waits for the new connection', async () => {
  const later = connection({ connectedAt: '2026-11-02T00:00:00.000Z' });
  const old = listing([connection()]);
  const { done, told } = connecting([old, old, listing([{ ...later, status: 'broken' }]), listing([later])]);
  expect(await done).toEqual(later);
  expect(told.map(({ stage }) => stage)).toEqual(['opening', 'waiting', 'waiting', 'connected']);
});

test('asks ever less often, and for the last time at the end', async () => {
  const { done, pauses } = connecting([NONE], { timeout: '20s' });
  await expect(done).rejects.toMatchObject({
    code: 'connect_timeout',
    message: 'GitHub was not connected within 20 s',
  });
  expect(pauses).toEqual([1000, 1500, 2250, 3375, 5000, 5000, 1875]);
});

test('waits on while the network is away', async () => {
  const away = new McpGatewayError('gateway_unreachable', 'x', 'y');
  const { done } = connecting([NONE, away, away, listing([connection()])]);
  expect(await done).toEqual(connection());
});

test('fails when the gateway refuses, and does not wait on', async () => {
  const refused = new McpGatewayError('unauthorized', 'x', 'y');
  const { done, pauses } = connecting([NONE, refused]);
  await expect(done).rejects.toBe(refused);
  expect(pauses).toHaveLength(1);
});

test.each([
  ['before', [listing([], { blocked: true })], []],
  ['while somebody is on their way', [NONE, listing([], { blocked: true })], [PAGE]],
])('fails when the platform is switched off %s', async (_, lists, pages) => {
  const { done, opened } = connecting(lists);
  await expect(done).rejects.toMatchObject({ code: 'switched_off', message: 'github is switched off at this gateway' });
  expect(opened).toEqual(pages);
});

test('fails at a platform there is none of, and names those there are', async () => {
  const { done } = connecting([listing([], { provider: 'slack' })]);
  await expect(done).rejects.toMatchObject({
    code: 'unknown_provider',
    message: 'No provider "github" can be connected at this gateway',
    help: 'Providers: slack.',
  });
});

test.each([
  'https://evil.example/connect/github',
  'https://mcp.example.com.evil.example/connect/github',
  'javascript:alert(1)',
  `${GATEWAY}/connect/../authorize?client_id=x`,
  `${GATEWAY}@evil.example/connect/`,
  '',
])('refuses to open %j as the connect page', async (connectUrl) => {
  const { done, opened } = connecting([listing([], { connectUrl })]);
  await expect(done).rejects.toMatchObject({ code: 'gateway_answer_invalid' });
  expect(opened).toEqual([]);
});

test('fails where nobody could be told the address, before anything is asked', async () => {
  const list = jest.fn();
  const surroundings = { gatewayUrl: GATEWAY, list, openBrowser: false } as const;
  for (const options of [{}, { openBrowser: false } as const]) {
    await expect(connectAccount('github', options, surroundings)).rejects.toMatchObject({
      code: 'invalid_option',
      message: 'An account is connected in a browser, and nobody is told which page to open',
    });
  }
  expect(list).not.toHaveBeenCalled();
});

test('opens nothing where the caller does that by the progress', async () => {
  const { done, opened, told } = connecting([NONE, listing([connection()])], { openBrowser: false });
  await done;
  expect([opened, told[0]?.url]).toEqual([[], PAGE]);
});

test('fails with a timeout that is none', async () => {
  await expect(connecting([NONE], { timeout: 'soon' as never }).done).rejects.toMatchObject({ code: 'invalid_option' });
});
