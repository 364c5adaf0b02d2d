import { type DemoIssuer, startDemoIssuer } from '../../../../local/demo/issuer';
import { Person } from '../../../../local/demo/person';
import { type LocalGateway, startLocalGateway } from '../../../../local/gateway';
import { startDemoSession } from '../../../../local/start/demo-session';
import { COMMAND_LINE } from '../../../../local/start/demo-sign-in';

let issuer: DemoIssuer;
let gateway: LocalGateway;

beforeAll(async () => {
  issuer = await startDemoIssuer();
  gateway = await startLocalGateway({
    upstreams: [{ name: 'everything', url: 'http://127.0.0.1:9/mcp' }],
    cacheTtlMs: 0,
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
      clients: [COMMAND_LINE],
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

const alice = () => new Person(gateway.url, issuer, 'alice');

/** The upstream is not there: whoever comes past the gateway learns that, and nobody else. */
async function statusOf(token: string): Promise<number> {
  const answer = await fetch(`${gateway.url}/mcp/everything`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  await answer.body?.cancel();
  return answer.status;
}

test('reports a fresh token a minute before the last one ends, until it is closed', async () => {
  const waits: number[] = [];
  const third = Promise.withResolvers<void>();
  const session = await startDemoSession(alice(), async (ms, signal) => {
    waits.push(ms);
    if (waits.length < 3) return;
    third.resolve();
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  });
  const tokens = [session.token];
  const ended = session.keepFresh((token) => tokens.push(token));
  await third.promise;
  expect(waits).toEqual([240_000, 240_000, 240_000]);
  expect(new Set(tokens).size).toBe(3);
  expect(await Promise.all(tokens.map(statusOf))).toEqual([502, 502, 502]);

  await session.close();
  await ended;
  expect(await Promise.all(tokens.map(statusOf))).toEqual([401, 401, 401]);
});

test('fails once the person has revoked it, instead of asking again and again', async () => {
  const session = await startDemoSession(alice(), async () => {
    await alice().revokeAll();
  });
  const tokens: string[] = [];
  await expect(session.keepFresh((token) => tokens.push(token))).rejects.toThrow(
    'the gateway refused a token: invalid_grant',
  );
  expect(tokens).toEqual([]);
});

test('fails to sign in when the person does not want to', async () => {
  await expect(startDemoSession(new Person(gateway.url, issuer, 'cancel'))).rejects.toThrow(
    'the gateway refused the sign-in: access_denied',
  );
});
