import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sealTicket, TICKET_LIFETIME_MS } from '../../../lambda/core/connections/ticket';
import { loadSessionKey } from '../../../lambda/io/session-key';
import { sdkConfig } from '../../../local/aws/sdk-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { DemoAccountName } from '../../../local/demo/platforms/demo-account';
import type { PlatformFault } from '../../../local/demo/platforms/platform-faults';
import type { Outcome, Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { claimsOf } from '../sign-in/agent';
import { type ConnectScene, startConnectScene } from './harness';

// Links whose time is over, platforms that do not take back what they gave, and writes of which nobody knows what came.

jest.setTimeout(60_000);

let scene: ConnectScene<'notion' | 'github'>;
beforeAll(async () => {
  scene = await startConnectScene(['notion', 'github']);
});
afterAll(() => scene?.close());
afterEach(async () => {
  await scene.gateway.commands.clearFaults();
  for (const platform of Object.values(scene.platforms)) platform.faults.clear();
});

const url = (path: string) => scene.gateway.url + path;
const saying = ({ status, body }: Outcome) => [status, /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1]];
const call = async (person: Person) => scene.callTool(await scene.token('notion', person), 'notion');

/** As `mcp` seals them, for any time. */
async function ticketOf(person: Person, expiresAtMs: number): Promise<string> {
  const client = new SecretsManagerClient(sdkConfig(scene.gateway.aws));
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: 'local/session' }));
  client.destroy();
  const fetch = async () => ({ ok: true, value: SecretString }) as const;
  const key = await loadSessionKey({ fetch }, 'local/session', Date.now);
  if (!key.ok) throw new Error('no session key');
  const subject = String(claimsOf(await scene.token('notion', person))['sub']);
  const ticket = { subject, provider: 'notion', expiresAtMs, nonce: `at ${expiresAtMs}` };
  return sealTicket(key.value, ticket, Buffer.alloc(12, 1));
}

describe('a link', () => {
  test('whose time is over leads nowhere, opened or sent with the form; nothing is begun or stored', async () => {
    const alice = scene.person('alice');
    const e = await ticketOf(alice, Date.now() - 1);
    const over = [400, 'This link does not work any more'];
    // Without a session, after signing in; then with one.
    expect(saying(await alice.visit(url(`/connect/notion?e=${e}`)))).toEqual(over);
    const opened = await alice.visit(url(`/connect/notion?e=${e}`));
    expect(saying(opened)).toEqual(over);
    expect(opened.body).toContain('It is more than ten minutes old');
    const { form } = await alice.reachConsent(url('/connect/notion'));
    form.set('e', e);
    const sent = await alice.open(url('/connect/notion'), { body: form });
    expect(sent.headers.getSetCookie()).toEqual([]);
    expect(saying(await alice.follow(sent))).toEqual(over);
    expect(scene.platforms.notion.counts.codesRedeemed).toBe(0);
    expect((await call(alice)).link).toBeDefined();
    const refused = scene.gateway.logLines().filter(({ outcome }) => outcome === 'link_over');
    expect(refused.map(({ event }) => event)).toEqual(['account.refused', 'account.refused', 'account.refused']);
    expect(scene.gateway.logs()).not.toContain(e);
  });

  test('whose time is not over, sealed in the same way, connects', async () => {
    const alice = scene.person('alice');
    const e = await ticketOf(alice, Date.now() + TICKET_LIFETIME_MS);
    const page = await scene.connect(alice, 'notion', 'work', `?e=${e}`);
    expect(page.status).toBe(200);
    expect((await call(alice)).isError).toBe(false);
  });
});

describe('where the platform does not take back what it gave', () => {
  const DOWN: readonly (readonly [string, Omit<PlatformFault, 'endpoint'>])[] = [
    ['answers 503', { kind: 'status', status: 503 }],
    ['breaks the connection', { kind: 'reset' }],
    ['refuses', { kind: 'status', status: 403, body: '{"error":"forbidden"}' }],
    ['asks for an hour', { kind: 'status', status: 429, headers: { 'Retry-After': '3600' } }],
  ];

  test.each(DOWN)(
    'and %s, the account is disconnected here, and the person told what is left to do',
    async (_, fault) => {
      const alice = scene.person('alice');
      await scene.connect(alice, 'notion');
      const { revocations } = scene.platforms.notion.counts;
      scene.platforms.notion.faults.inject({ endpoint: 'revoke', times: 20, ...fault });
      const page = await scene.disconnect(alice, 'notion');
      expect(page.status).toBe(200);
      expect(page.body).toContain('is not connected here any more. It was not told, or could not be');
      expect(scene.platforms.notion.counts.revocations).toBe(revocations);
      expect((await call(alice)).link).toBeDefined();
      await scene.gateway.logged('event', 'connection.revoke_failed');
      scene.platforms.notion.faults.clear();
      expect((await scene.connect(alice, 'notion')).status).toBe(200);
      expect((await call(alice)).isError).toBe(false);
    },
  );

  test('for a moment, it is asked again, and nothing is left', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'notion', 'private');
    const { revocations } = scene.platforms.notion.counts;
    scene.platforms.notion.faults.inject({ endpoint: 'revoke', kind: 'status', status: 503, times: 2 });
    expect((await scene.disconnect(alice, 'notion')).status).toBe(200);
    expect(scene.platforms.notion.counts.revocations).toBe(revocations + 1);
  });

  test('an administrator is told that it was not revoked', async () => {
    const bob = scene.person('bob');
    await scene.connect(bob, 'notion');
    const subject = String(claimsOf(await scene.token('notion', bob))['sub']);
    scene.platforms.notion.faults.inject({ endpoint: 'revoke', kind: 'status', status: 503, times: 20 });
    const { status, text } = await vaultClient(scene.gateway).call('DELETE', `/connections/${subject}/notion`);
    expect([status, JSON.parse(text)]).toEqual([200, { existed: true, revokedAtProvider: false }]);
    expect((await call(bob)).link).toBeDefined();
  });

  test('a reconnect goes on all the same, with the new account', async () => {
    const bob = scene.person('bob');
    await scene.connect(bob, 'notion', 'work');
    scene.platforms.notion.faults.inject({ endpoint: 'revoke', kind: 'status', status: 503, times: 20 });
    expect((await scene.connect(bob, 'notion', 'private')).status).toBe(200);
    expect((await call(bob)).text).toContain('sam-at-home');
  });
});

describe('where nobody knows what AWS has done', () => {
  const LOST = { kind: 'reset', afterEffect: true } as const;
  const live = () => [scene.platforms.notion.liveAccessTokens, scene.platforms.notion.liveRefreshTokens];
  /** Nothing of anybody lives at the platform. */
  async function alone(person: Person): Promise<Person> {
    await scene.disconnect(person, 'notion');
    await scene.platforms.notion.endAccessTokens();
    await scene.platforms.notion.endRefreshTokens();
    return person;
  }

  test('a disconnect that could open nothing, and whose deletion gave no answer, is never called done', async () => {
    const alice = await alone(scene.person('alice'));
    await scene.connect(alice, 'notion');
    const { commands } = scene.gateway;
    await commands.inject({ service: 'kms', kind: 'error' });
    await commands.inject({ operation: 'DeleteItem', ...LOST });
    const failed = await scene.disconnect(alice, 'notion');
    expect(saying(failed)).toEqual([503, 'The account may still be connected']);
    expect(failed.body).toContain('if not, remove this gateway in your settings at the platform as well');
    expect(await scene.gateway.logged('event', 'connection.disconnect_unsettled')).toMatchObject({
      provider: 'notion',
      revokedAtProvider: false,
    });
    await commands.clearFaults();

    const again = await scene.disconnect(alice, 'notion');
    expect(again.body).toContain('was not connected here any more. If disconnecting it failed before,');
    expect(again.body).not.toContain('is not connected any more.');
    expect(live()).toEqual([1, 1]);
    expect((await call(alice)).link).toBeDefined();
  });

  test('a reconnect that may be stored gives nothing back: it is found on the account page, and works through a refresh', async () => {
    const { commands } = scene.gateway;
    const alice = await alone(scene.person('alice'));
    const callbackTo = async (choice: DemoAccountName) =>
      consentAt((await scene.reachPlatform(alice, 'notion')) ?? '', choice);
    const first = await callbackTo('private');
    await commands.resetCounts();
    expect((await alice.open(first)).status).toBe(303);
    // A first connection reads nothing behind its write.
    const reads = await commands.count('BatchGetItem');

    const second = await callbackTo('work');
    const { revocations } = scene.platforms.notion.counts;
    await commands.inject({ operation: 'UpdateItem', ...LOST });
    await commands.inject({ operation: 'BatchGetItem', kind: 'delay', delayMs: 0, times: reads });
    await commands.inject({ operation: 'BatchGetItem', kind: 'error' });
    expect(saying(await alice.visit(second))).toEqual([503, 'It is not known whether the account is connected']);
    expect(scene.platforms.notion.counts.revocations).toBe(revocations);
    await commands.clearFaults();
    expect((await alice.visit(url('/account'))).body).toContain('Sam Sample');
    await scene.platforms.notion.endAccessTokens();
    expect((await call(alice)).text).toContain('sam-at-work');
  });
});
