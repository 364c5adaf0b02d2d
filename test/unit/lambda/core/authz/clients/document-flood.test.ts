import { clientDirectory } from '../../../../../../lambda/core/authz/clients/client-directory';
import { documentCache } from '../../../../../../lambda/core/authz/clients/document-cache';
import { type FetchAnswer, FetchGate } from '../../../../../../lambda/core/fetcher/fetch-gate';
import { ok } from '../../../../../../lambda/core/result';
import { testClock } from '../../../../../helpers/clock';
import { fakeAuthStore } from '../../../../../helpers/fake-auth-store';
import { CLAUDE, CLAUDE_CODE, CONFIG, DOCUMENTS } from '../sign-in-fixture';

const SECOND = 1_000;
const TWENTY_MINUTES = 20 * 60;

/** Two warm instances of authz behind one of the fetcher; what a host has no document for is answered with `missing`. */
function gateway(missing: FetchAnswer = { refused: 'bad_status' }) {
  const clock = testClock();
  const store = fakeAuthStore({ now: clock.now });
  const fetched: string[] = [];
  const gate = new FetchGate({
    now: clock.now,
    fetch: async ({ hostname, path }) => {
      const url = `https://${hostname}${path}`;
      fetched.push(url);
      const document = DOCUMENTS[url];
      return document === undefined ? missing : { document };
    },
  });
  const fetcher = { fetch: async (url: string, wasGood?: boolean) => ok(await gate.serve({ url, wasGood })) };
  const instances = [1, 2].map(() => {
    const documents = documentCache({ store, now: clock.now, fetcher });
    return clientDirectory({ config: CONFIG, store, documents });
  });
  let asked = 0;
  /** API Gateway takes any warm instance. */
  const find = async (clientId: string) => {
    asked += 1;
    const found = await instances[asked % instances.length]?.find(clientId);
    return found?.ok === true ? 'found' : found?.error.kind;
  };
  return { clock, find, fetched };
}

/** 3 requests per second of a stranger for 20 minutes, and an honest sign-in every 10 seconds among them. */
async function flood({ clock, find }: ReturnType<typeof gateway>, strange: (n: number) => string) {
  const outcomes: unknown[] = [];
  for (let second = 0; second < TWENTY_MINUTES; second += 1) {
    for (let i = 0; i < 3; i += 1) await find(strange(3 * second + i));
    if (second % 10 === 9) outcomes.push(await find(CLAUDE));
    clock.advance(SECOND);
  }
  return outcomes;
}

const INVENTED: readonly [string, (n: number) => string][] = [
  ['one host', (n) => `https://claude.ai/x/${n}`],
  ['several hosts', (n) => `https://${['claude.ai', 'vscode.dev', 'chatgpt.com'][n % 3]}/x/${n}`],
];

test.each(INVENTED)(
  'who invents addresses of %s stops nobody who signed in with a client before',
  async (_, strange) => {
    const site = gateway();
    expect(await site.find(CLAUDE)).toBe('found');
    expect(new Set(await flood(site, strange))).toEqual(new Set(['found']));
    // The share of its own is used: the document is asked for again, by each instance at most once a minute.
    const honest = site.fetched.filter((url) => url === CLAUDE).length;
    expect(honest).toBeGreaterThanOrEqual(18);
    expect(honest).toBeLessThanOrEqual(41);
  },
);

test('nor where the invented addresses lead to documents as well', async () => {
  const site = gateway({ document: { client_id: 'of somebody else' } });
  expect(await site.find(CLAUDE)).toBe('found');
  expect(new Set(await flood(site, (n) => `https://claude.ai/x/${n % 300}`))).toEqual(new Set(['found']));
});

test('a client signs in for the first time while addresses of another host are invented', async () => {
  const site = gateway();
  for (let n = 0; n < 302; n += 1) {
    if (n % 3 === 0) site.clock.advance(SECOND);
    await site.find(`https://vscode.dev/x/${n}`);
  }
  expect(site.fetched.length).toBeGreaterThan(100);
  expect(await site.find(CLAUDE_CODE)).toBe('found');
});
