import { rawCall } from '../../fixtures/raw-call';
import { startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { modernCall } from '../harness/mcp-wire';
import type { Outcome, Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { claimsOf } from '../sign-in/agent';
import { type AttackScene, type Name, saying, startAttackScene } from './attack-scene';

jest.setTimeout(60_000);

let scene: AttackScene;
beforeAll(async () => {
  scene = await startAttackScene();
});
afterAll(() => scene?.close());
afterEach(() => scene.clearFaults());

describe('with the account', () => {
  test('an account outside the allowed workspace is given back at the platform, and nothing is stored', async () => {
    const alice = scene.person('alice');
    const { revocations } = scene.platforms.slack.counts;
    const page = await scene.connect(alice, 'slack', 'private');
    expect(saying(page)).toEqual([403, 'This account may not be connected']);
    expect(scene.platforms.slack.counts.revocations).toBe(revocations + 1);
    expect([scene.platforms.slack.liveAccessTokens, scene.platforms.slack.liveRefreshTokens]).toEqual([0, 0]);
    expect(await scene.isConnected(alice, 'slack')).toBe(false);
    expect((await scene.connect(alice, 'slack', 'work')).status).toBe(200);
    expect(await scene.isConnected(alice, 'slack')).toBe(true);
  });

  test('a platform that does not say whose account it is links nothing where that is limited', async () => {
    const bob = scene.person('bob');
    scene.platforms.slack.faults.inject({ endpoint: 'identity', kind: 'status', status: 500, times: 5 });
    expect((await scene.connect(bob, 'slack', 'work')).status).toBe(503);
    scene.platforms.slack.faults.clear();
    expect(await scene.isConnected(bob, 'slack')).toBe(false);
  });

  test.each(['google', 'tracker'] as const)('nobody calls with the account of another person at %s', async (name) => {
    const alice = scene.person('alice');
    await scene.connect(alice, name, 'private');
    const bob = await scene.disconnected(scene.person('bob'), name);
    const { calls } = scene.platforms[name].counts;
    expect(await scene.isConnected(bob, name)).toBe(false);
    expect(scene.platforms[name].counts.calls).toBe(calls);
    // Each has their own, and neither is called with the other's.
    await scene.connect(bob, name, 'work');
    const texts = [alice, bob].map(async (person) => scene.callTool(await scene.token(name, person), name));
    expect((await Promise.all(texts)).map(({ text }) => text.split(',')[0])).toEqual([
      'Sam at home (sam-at-home)',
      'Sam Sample (sam-at-work)',
    ]);
  });

  test.each(['cross-site', 'same-site'])('refuses a disconnect from a page of another site (%s)', async (site) => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'google');
    const { form } = await alice.reachConsent(scene.url('/account'));
    const body = new URLSearchParams({ csrf: form.get('csrf') ?? '', platform: 'google' });
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': site };
    expect((await alice.open(scene.url('/account/disconnect'), { body, headers })).status).toBe(403);
    expect((await alice.open(scene.url('/connect/google'), { body: form, headers })).status).toBe(403);
    expect(await scene.isConnected(alice, 'google')).toBe(true);
  });

  test('refuses forms with the token of another session, or none', async () => {
    const [alice, bob] = [scene.person('alice'), scene.person('bob')];
    await scene.connect(alice, 'google');
    const { form } = await bob.reachConsent(scene.url('/account'));
    for (const csrf of [form.get('csrf') ?? '', '', 'x'.repeat(43)]) {
      const body = new URLSearchParams({ csrf, platform: 'google' });
      expect((await alice.open(scene.url('/account/disconnect'), { body })).status).toBe(400);
    }
    expect(await scene.isConnected(alice, 'google')).toBe(true);
  });
});

describe('at the API', () => {
  test('refuses every access token, even an administrator’s, where AWS signatures are asked for', async () => {
    const token = await scene.token('google');
    const subject = String(claimsOf(token)['sub']);
    const asked = [
      ['GET', '/grants'],
      ['GET', '/connections'],
      ['DELETE', `/connections/${subject}`],
      ['DELETE', `/connections/${subject}/google`],
      ['PUT', '/vault/clients/google'],
      ['PUT', '/switches/provider'],
    ] as const;
    for (const [method, path] of asked) {
      const { status } = await rawCall(scene.url(path), { method, headers: ['Authorization', `Bearer ${token}`] });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  test('refuses an endpoint’s token for the person’s own connections', async () => {
    const token = await scene.token('google');
    for (const [method, path] of [
      ['GET', '/vault/v1/connections'],
      ['PUT', '/vault/v1/connections/keyed'],
      ['DELETE', '/vault/v1/connections/google'],
    ] as const) {
      const { status } = await rawCall(scene.url(path), { method, headers: ['Authorization', `Bearer ${token}`] });
      expect([path, status]).toEqual([path, 401]);
    }
  });

  test('tells administrators which connections there are, and no value of any', async () => {
    await scene.connect(scene.person('alice'), 'google');
    const { status, text } = await vaultClient(scene.gateway).call('GET', '/connections');
    expect(status).toBe(200);
    expect(text).toContain('"provider":"google"');
    expect(text).not.toMatch(/ya29\.|gh[ur]_|xox|refreshToken|access_token|wrappedKey|ciphertext|salt/);
  });

  test('a platform that is switched off is neither called nor connected, nor redeemed for who is under way', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'google');
    const token = await scene.token('google', alice);
    const callback = await scene.callbackOf(alice, 'google');
    const { calls, codesRedeemed } = scene.platforms.google.counts;
    const api = vaultClient(scene.gateway);
    expect((await api.call('PUT', '/switches/provider', { id: 'google', blocked: true })).status).toBe(200);
    expect((await scene.callTool(token, 'google')).isError).toBe(true);
    expect(saying(await alice.visit(scene.url('/connect/google')))).toEqual([403, 'This platform is switched off']);
    expect(saying(await alice.visit(callback))).toEqual([403, 'This platform is switched off']);
    expect(scene.platforms.google.counts).toMatchObject({ calls, codesRedeemed });
    await api.call('PUT', '/switches/provider', { id: 'google', blocked: false });
    expect((await scene.callTool(token, 'google')).isError).toBe(false);
  });

  test('nothing of a person works after the shredding, and no record of it is left', async () => {
    const bob = scene.person('bob');
    await scene.connect(bob, 'google');
    const token = await scene.token('google', bob);
    const subject = String(claimsOf(token)['sub']);
    expect((await vaultClient(scene.gateway).call('DELETE', `/connections/${subject}`)).status).toBe(200);
    expect((await scene.callTool(token, 'google')).isError).toBe(true);
    expect((await vaultClient(scene.gateway).call('GET', `/connections?subject=${subject}`)).text).not.toContain(
      'google',
    );
    expect((await scene.connect(bob, 'google')).status).toBe(200);
    expect((await scene.callTool(token, 'google')).isError).toBe(false);
  });
});

describe('with a key of one’s own', () => {
  const KEY = 'rk_live_0123456789abcdef';

  async function paste(person: Person, key: string): Promise<Outcome> {
    const { page, form } = await person.reachConsent(scene.url('/connect/keyed'));
    const [, field = ''] = /id="part-key" name="([^"]*)"/.exec(page.body) ?? [];
    form.set(field, key);
    return person.follow(await person.open(scene.url('/connect/keyed'), { body: form }));
  }

  const call = async (person: Person, headers: readonly string[] = []) => {
    const token = await scene.token('keyed' as Name, person);
    const { headers: own, body } = modernCall('tools/list');
    const endpoint = scene.gateway.endpoint('keyed');
    return rawCall(endpoint, { headers: [...own, ...headers, 'Authorization', `Bearer ${token}`], body });
  };

  test('it goes to its own platform and is never shown again, not even by a platform that repeats it', async () => {
    const alice = scene.person('alice');
    const page = await paste(alice, KEY);
    expect(page.status).toBe(200);
    scene.upstream.answer(answerJson(textResult(`you sent Bearer ${KEY}`)));
    const { text } = await call(alice, ['X-Original-Host', 'evil.example', 'Forwarded', 'host=evil.example']);
    expect(scene.upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(text + page.body).not.toContain(KEY);
    expect(
      (await alice.visit(scene.url('/account'))).body + (await alice.visit(scene.url('/connect/keyed'))).body,
    ).not.toContain(KEY);
  });

  test('a redirect of the platform takes the key nowhere', async () => {
    const other = await startScriptedUpstream(answerJson(textResult('stolen')));
    scene.upstream.answer(({ head, end }) => {
      head(307, { Location: other.url });
      end();
    });
    const { text } = await call(scene.person('alice'));
    expect(other.connections()).toBe(0);
    expect(text).not.toContain('stolen');
    await other.close();
  });

  test.each(['rk_1', `${KEY}\r\nX-Injected: 1`, 'ключ-кириллицей'])(
    'refuses a key that could not be sent as it is: %j',
    async (key) => {
      const bob = scene.person('bob');
      const page = await paste(bob, key);
      expect(page.body).toContain('The key was not stored.');
      expect(page.body).not.toContain(key);
    },
  );
});
