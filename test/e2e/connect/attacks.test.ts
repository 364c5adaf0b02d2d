import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import { rawCall } from '../../fixtures/raw-call';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { modernCall } from '../harness/mcp-wire';
import type { Outcome, Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { claimsOf } from '../sign-in/agent';
import { type ConnectScene, startConnectScene } from './harness';

// Over the real functions behind the door: who tries what, and that nothing comes of it at the platform either.

jest.setTimeout(60_000);

const NAMES = ['github', 'google', 'slack', 'notion'] as const;
type Name = (typeof NAMES)[number];

let upstream: ScriptedUpstream;
let scene: ConnectScene<Name>;
beforeAll(async () => {
  upstream = await startScriptedUpstream(answerJson(textResult('hello')));
  scene = await startConnectScene(NAMES, {
    set: { slack: { allowedAccounts: { workspaces: ['T01EXAMPLE'] } } },
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
afterEach(async () => {
  await scene.gateway.commands.clearFaults();
  for (const platform of Object.values(scene.platforms)) platform.faults.clear();
});

function keyPlatform(origin: string): ProviderConfig {
  return {
    name: 'keyed',
    kind: 'key',
    facts: {
      id: 'keyed',
      name: 'Keyed',
      apiKey: { headers: { Authorization: 'Bearer {key}' } },
      evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
    },
    scopes: [],
    origins: [origin],
    headers: { Authorization: 'Bearer {key}' },
  };
}

const url = (path: string) => scene.gateway.url + path;
const titleOf = ({ body }: Pick<Outcome, 'body'>) => /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1];
const saying = (page: Outcome) => [page.status, titleOf(page)];

/** The query of a link an agent was given for this person. */
async function linkFor(person: Person, name: Name): Promise<string> {
  const { link } = await scene.callTool(await scene.token(name, person), name);
  if (link === undefined) throw new Error('no link: is the account connected already?');
  return new URL(link).search;
}

/** A browser that has been at the platform and allowed; not back yet. */
async function callbackOf(person: Person, name: Name, query = ''): Promise<URL> {
  const at = await scene.reachPlatform(person, name, query);
  if (at === undefined) throw new Error('the gateway does not lead to the platform');
  return consentAt(at);
}

function changed(callback: URL, change: (query: URLSearchParams) => void): URL {
  const copy = new URL(callback);
  change(copy.searchParams);
  return copy;
}

const isConnected = async (person: Person, name: Name) =>
  !(await scene.callTool(await scene.token(name, person), name)).isError;

async function disconnected(person: Person, name: Name): Promise<Person> {
  await scene.disconnect(person, name);
  return person;
}

describe('with a link', () => {
  test('refuses to link another person’s account to whoever sent the link, signed in or not', async () => {
    const query = await linkFor(await disconnected(scene.person('alice'), 'github'), 'github');
    const { codesRedeemed } = scene.platforms.github.counts;
    const bob = scene.person('bob');
    // Not signed in at first: to the identity provider, and then the same.
    const unknown = await bob.visit(url(`/connect/github${query}`));
    expect(saying(unknown)).toEqual([403, 'This link was made for someone else']);
    const known = await bob.visit(url(`/connect/github${query}`));
    expect(saying(known)).toEqual([403, 'This link was made for someone else']);
    const { form } = await bob.reachConsent(url('/connect/github'));
    form.set('e', new URLSearchParams(query).get('e') ?? '');
    const posted = await bob.follow(await bob.open(url('/connect/github'), { body: form }));
    expect(saying(posted)).toEqual([403, 'This link was made for someone else']);
    expect(scene.platforms.github.counts.codesRedeemed).toBe(codesRedeemed);
    expect(await isConnected(scene.person('alice'), 'github')).toBe(false);
    expect(await isConnected(bob, 'github')).toBe(false);
  });

  test('whoever opens one without a session signs in first, and it works for the right person', async () => {
    const query = await linkFor(await disconnected(scene.person('alice'), 'google'), 'google');
    const stranger = scene.person('alice');
    const first = await stranger.open(url(`/connect/google${query}`));
    expect(first.status).toBe(303);
    expect(first.headers.get('location')).toMatch(/\/account\/sign-in\?continue=%2Fconnect%2Fgoogle%3Fe%3D/);
    const page = await scene.connect(stranger, 'google', 'work', query);
    expect(page.status).toBe(200);
    expect(await isConnected(stranger, 'google')).toBe(true);
  });

  test('refuses the same link a second time', async () => {
    const alice = await disconnected(scene.person('alice'), 'google');
    const query = await linkFor(alice, 'google');
    await scene.connect(alice, 'google', 'work', query);
    await disconnected(alice, 'google');
    expect(saying(await alice.visit(url(`/connect/google${query}`)))).toEqual([400, 'This link was used already']);
  });

  test('connects once when two browsers of one person finish with the same link', async () => {
    const alice = await disconnected(scene.person('alice'), 'google');
    const query = await linkFor(alice, 'google');
    const [one, two] = [scene.person('alice'), scene.person('alice')];
    const callbacks = [await callbackOf(one, 'google', query), await callbackOf(two, 'google', query)] as const;
    const pages = await Promise.all([one.visit(callbacks[0]), two.visit(callbacks[1])]);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test('refuses a link at another platform, an altered one, and one nobody made', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const query = await linkFor(alice, 'github');
    const over = [400, 'This link does not work any more'];
    expect(saying(await alice.visit(url(`/connect/google${query}`)))).toEqual(over);
    const flipped = query.slice(0, -5) + (query.at(-5) === 'A' ? 'B' : 'A') + query.slice(-4);
    expect(saying(await alice.visit(url(`/connect/github${flipped}`)))).toEqual(over);
    expect(saying(await alice.visit(url('/connect/github?e=AAAA')))).toEqual(over);
    expect(saying(await alice.visit(url(`/connect/github?e=${'A'.repeat(4000)}`)))).toEqual(over);
    expect((await alice.visit(url(`/connect/github${query}&${query.slice(1)}`))).status).toBe(400);
  });

  test('whoever sees a link learns nothing of the person it is for', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
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
    const { redirect } = await person.visit(url(`/account/sign-in?continue=${encodeURIComponent(next)}`));
    expect(redirect).toBeUndefined();
  });
});

describe('at the callback', () => {
  /** Each is tried with a genuine answer in hand; afterwards nothing is redeemed. */
  const TRIES: readonly (readonly [string, (callback: URL, browser: Person) => Promise<Outcome>, number])[] = [
    ['in a browser that did not begin it', (callback) => scene.person('alice').visit(callback), 400],
    [
      'in the browser of somebody else who is signed in',
      async (callback) => {
        const bob = scene.person('bob');
        await bob.visit(url('/account'));
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
    const alice = await disconnected(scene.person('alice'), 'github');
    const callback = await callbackOf(alice, 'github');
    const { codesRedeemed } = scene.platforms.github.counts;
    const page = await attempt(callback, alice);
    expect(page.status).toBe(status);
    expect(page.body).not.toContain(callback.searchParams.get('code'));
    expect(scene.platforms.github.counts.codesRedeemed).toBe(codesRedeemed);
    expect(await isConnected(alice, 'github')).toBe(false);
  });

  test('redeems once when the same answer comes twenty times at once', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const callback = await callbackOf(alice, 'github');
    const { codesRedeemed } = scene.platforms.github.counts;
    const answers = await Promise.all(Array.from({ length: 20 }, () => alice.open(callback)));
    expect(answers.filter(({ status }) => status === 303 || status === 302)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
    expect(scene.platforms.github.counts.codesRedeemed).toBe(codesRedeemed + 1);
    expect(await isConnected(alice, 'github')).toBe(true);
  });

  test('refuses an answer that comes again later', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const callback = await callbackOf(alice, 'github');
    await alice.visit(callback);
    expect((await alice.visit(callback)).status).toBe(400);
    expect(await isConnected(alice, 'github')).toBe(true);
  });

  test('two attempts in two tabs both lead on, and the one that ends last counts', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const callbacks = [await callbackOf(alice, 'github'), await callbackOf(alice, 'github')];
    const pages = [];
    for (const callback of callbacks) pages.push(await alice.visit(callback));
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(await isConnected(alice, 'github')).toBe(true);
  });

  test('refuses when another person has signed in in between', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const callback = await callbackOf(alice, 'github');
    const bob = scene.person('bob');
    await bob.visit(url('/account'));
    alice.cookies.set('__Host-mcp-session', bob.cookies.get('__Host-mcp-session') ?? '');
    expect(saying(await alice.visit(callback))).toEqual([403, 'Somebody else is signed in now']);
    expect(await isConnected(scene.person('bob'), 'github')).toBe(false);
  });

  test('says of a denial that nothing was connected, in words of its own', async () => {
    const alice = await disconnected(scene.person('alice'), 'github');
    const denied = await scene.connect(alice, 'github', 'deny');
    expect(saying(denied)).toEqual([400, 'Nothing was connected']);
    const again = await callbackOf(alice, 'github');
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

describe('with the account', () => {
  test('an account outside the allowed workspace is given back at the platform, and nothing is stored', async () => {
    const alice = scene.person('alice');
    const { revocations } = scene.platforms.slack.counts;
    const page = await scene.connect(alice, 'slack', 'private');
    expect(saying(page)).toEqual([403, 'This account may not be connected']);
    expect(scene.platforms.slack.counts.revocations).toBe(revocations + 1);
    expect([scene.platforms.slack.liveAccessTokens, scene.platforms.slack.liveRefreshTokens]).toEqual([0, 0]);
    expect(await isConnected(alice, 'slack')).toBe(false);
    expect((await scene.connect(alice, 'slack', 'work')).status).toBe(200);
    expect(await isConnected(alice, 'slack')).toBe(true);
  });

  test('a platform that does not say whose account it is links nothing where that is limited', async () => {
    const bob = scene.person('bob');
    scene.platforms.slack.faults.inject({ endpoint: 'identity', kind: 'status', status: 500, times: 5 });
    expect((await scene.connect(bob, 'slack', 'work')).status).toBe(403);
    scene.platforms.slack.faults.clear();
    expect(await isConnected(bob, 'slack')).toBe(false);
  });

  test('nobody calls with the account of another person', async () => {
    await scene.connect(scene.person('alice'), 'google', 'private');
    const bob = await disconnected(scene.person('bob'), 'google');
    const { calls } = scene.platforms.google.counts;
    expect(await isConnected(bob, 'google')).toBe(false);
    expect(scene.platforms.google.counts.calls).toBe(calls);
  });

  test.each(['cross-site', 'same-site'])('refuses a disconnect from a page of another site (%s)', async (site) => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'google');
    const { form } = await alice.reachConsent(url('/account'));
    const body = new URLSearchParams({ csrf: form.get('csrf') ?? '', platform: 'google' });
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': site };
    expect((await alice.open(url('/account/disconnect'), { body, headers })).status).toBe(403);
    expect((await alice.open(url('/connect/google'), { body: form, headers })).status).toBe(403);
    expect(await isConnected(alice, 'google')).toBe(true);
  });

  test('refuses forms with the token of another session, or none', async () => {
    const [alice, bob] = [scene.person('alice'), scene.person('bob')];
    await scene.connect(alice, 'google');
    const { form } = await bob.reachConsent(url('/account'));
    for (const csrf of [form.get('csrf') ?? '', '', 'x'.repeat(43)]) {
      const body = new URLSearchParams({ csrf, platform: 'google' });
      expect((await alice.open(url('/account/disconnect'), { body })).status).toBe(400);
    }
    expect(await isConnected(alice, 'google')).toBe(true);
  });
});

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
      expect([isError, link?.split('?')[0]]).toEqual([true, url('/connect/github')]);
    }
    expect(platform.counts.invalidGrants).toBe(invalidGrants + 1);
    const { body } = await alice.visit(url('/account'));
    expect(body).toMatch(/does not work|no longer|again/i);
    expect((await scene.connect(alice, 'github')).status).toBe(200);
    expect(await isConnected(alice, 'github')).toBe(true);
  });

  test('forty calls at one expiry ask the platform once', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, 'notion');
    const token = await scene.token('notion', alice);
    await scene.platforms.notion.endAccessTokens();
    const { refreshes, invalidGrants } = scene.platforms.notion.counts;
    const answers = await Promise.all(Array.from({ length: 40 }, () => scene.callTool(token, 'notion')));
    expect(answers.filter(({ isError }) => isError)).toEqual([]);
    expect(scene.platforms.notion.counts).toMatchObject({ refreshes: refreshes + 1, invalidGrants });
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
    const { body } = await alice.visit(url('/account'));
    expect(body).toContain('Disconnect');
    expect(scene.platforms.notion.counts.invalidGrants).toBe(0);
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
      const { status } = await rawCall(url(path), { method, headers: ['Authorization', `Bearer ${token}`] });
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
      const { status } = await rawCall(url(path), { method, headers: ['Authorization', `Bearer ${token}`] });
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
    const callback = await callbackOf(alice, 'google');
    const { calls, codesRedeemed } = scene.platforms.google.counts;
    const api = vaultClient(scene.gateway);
    expect((await api.call('PUT', '/switches/provider', { id: 'google', blocked: true })).status).toBe(200);
    expect((await scene.callTool(token, 'google')).isError).toBe(true);
    expect(saying(await alice.visit(url('/connect/google')))).toEqual([403, 'This platform is switched off']);
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
    const { page, form } = await person.reachConsent(url('/connect/keyed'));
    const [, field = ''] = /id="part-key" name="([^"]*)"/.exec(page.body) ?? [];
    form.set(field, key);
    return person.follow(await person.open(url('/connect/keyed'), { body: form }));
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
    upstream.answer(answerJson(textResult(`you sent Bearer ${KEY}`)));
    const { text } = await call(alice, ['X-Original-Host', 'evil.example', 'Forwarded', 'host=evil.example']);
    expect(upstream.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(text + page.body).not.toContain(KEY);
    expect((await alice.visit(url('/account'))).body + (await alice.visit(url('/connect/keyed'))).body).not.toContain(
      KEY,
    );
  });

  test('a redirect of the platform takes the key nowhere', async () => {
    const other = await startScriptedUpstream(answerJson(textResult('stolen')));
    upstream.answer(({ head, end }) => {
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
