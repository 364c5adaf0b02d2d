import { AUTH_KEYS } from '../../../../../lambda/contract/auth-record';
import { serveConnect } from '../../../../../lambda/core/connect/serve-connect';
import { err, ok } from '../../../../../lambda/core/result';
import { CLIENTS, grant } from '../authz/pages/page-fixture';
import {
  ADA,
  askedFor,
  BOB,
  Browser,
  GITHUB,
  ISSUER,
  locationOf,
  NOTION,
  type Scene,
  STRIPE,
  scene,
  THROTTLED,
  titleOf,
} from './connect-fixture';

let at: Scene;
let ada: Browser;

beforeEach(async () => {
  at = scene();
  ada = await at.browser();
});

const policyOf = ({ headers }: { headers: Readonly<Record<string, string>> }) =>
  /form-action ([^;]*)/.exec(headers['Content-Security-Policy'] ?? '')?.[1];

describe('GET /connect/<platform>', () => {
  test('says who, which platform, what for, who asked, who sees it', async () => {
    const { status, body } = await ada.get(`/connect/github?e=${at.ticket()}`);
    expect(status).toBe(200);
    for (const words of [
      'Connect <bdi>GitHub</bdi>?',
      '<bdi>ada@acme.example</bdi>',
      '<strong><bdi>Claude</bdi></strong>, as it calls itself',
      'Verified by its web address: <bdi class="literal">claude.ai</bdi>',
      '<bdi class="literal">repo</bdi>',
      'through <strong>github</strong>',
      '<span>Continue to <bdi>GitHub</bdi></span>',
    ]) {
      expect(body).toContain(words);
    }
  });

  test('names an agent as nothing but text, and says that nobody has verified it', async () => {
    const client = { ...CLIENTS.dynamic, name: '<b>GitHub</b>\u202e' };
    const validUntilMs = at.clock.now() + 86_400_000;
    await at.store.create(AUTH_KEYS.grant(ADA, 'g2'), grant('g2', { client, redirectUri: 'cursor://x' }), {
      validUntilMs,
    });
    const { body } = await ada.get(`/connect/github?e=${at.ticket({ grantId: 'g2' })}`);
    expect(body).toContain('<strong><bdi>&lt;b&gt;GitHub&lt;/b&gt;</bdi></strong>, as it calls itself');
    expect(body).toContain('Not verified: anybody can use this name');
  });

  test.each([
    ['was revoked', 'revoked', 'g2'],
    ['is not there', 'active', 'g3'],
  ] as const)('names no agent whose grant %s: it does not act for the person', async (_, phase, grantId) => {
    const validUntilMs = at.clock.now() + 86_400_000;
    await at.store.create(AUTH_KEYS.grant(ADA, 'g2'), grant('g2', { phase }), { validUntilMs });
    const { body } = await ada.get(`/connect/github?e=${at.ticket({ grantId })}`);
    expect(body).toContain('An agent that does not act for you any more');
    expect(body).not.toContain('Claude');
  });

  test('names no agent without a link of one, and each endpoint that uses the account', async () => {
    const { body } = await ada.get('/connect/notion');
    expect(body).not.toContain('Who asked');
    expect(body).toContain('<strong>notion</strong> and <strong>wiki</strong>');
    expect(body).toContain('What <bdi>Notion</bdi> tells you on its own page, before you agree');
  });

  test('lets its form lead to the platform, and to wherever that leads', async () => {
    expect(policyOf(await ada.get('/connect/github'))).toBe("'self' https:");
    expect(policyOf(await ada.get('/connect/stripe'))).toBe("'self'");
  });

  test('an MCP server is named by its host', async () => {
    const { apiBaseUrl: _, oauth: __, ...facts } = GITHUB.facts;
    at = scene([{ ...GITHUB, kind: 'mcp', facts, resource: 'https://mcp.linear.app/mcp' }]);
    const page = await (await at.browser()).get('/connect/github');
    expect(page.body).toContain('<bdi class="literal">mcp.linear.app</bdi>');
    expect(policyOf(page)).toBe("'self' https:");
  });

  test('without a session, leads to sign-in and from there back, ticket included', async () => {
    const stranger = new Browser(at.deps);
    const e = at.ticket();
    const answer = await stranger.get(`/connect/github?e=${e}`);
    const location = new URL(locationOf(answer) ?? '');
    expect(location.origin + location.pathname).toBe(`${ISSUER}/account/sign-in`);
    expect(location.searchParams.get('continue')).toBe(`/connect/github?e=${e}`);
    expect(locationOf(await stranger.get('/connect/github'))).toBe(
      `${ISSUER}/account/sign-in?continue=%2Fconnect%2Fgithub`,
    );
  });

  test('what is no ticket does not go along', async () => {
    const stranger = new Browser(at.deps);
    for (const e of ['https://evil.example/', 'a b', '%0d%0aSet-Cookie:x', 'x'.repeat(2049)]) {
      const answer = await stranger.get(`/connect/github?e=${encodeURIComponent(e)}`);
      expect(locationOf(answer)).toBe(`${ISSUER}/account/sign-in?continue=%2Fconnect%2Fgithub`);
    }
  });

  test('refuses the link of another person, and stores nothing', async () => {
    const bob = await at.browser(BOB);
    const e = at.ticket();
    for (const answer of [await bob.get(`/connect/github?e=${e}`), await bob.post('/connect/github', { e })]) {
      expect([answer.status, titleOf(answer)]).toEqual([403, 'This link was made for someone else']);
    }
    expect(at.events.slice(-2)).toMatchObject([
      { event: 'account.refused', outcome: 'link_for_other', subject: BOB },
      { event: 'account.refused', outcome: 'link_for_other', subject: BOB },
    ]);
    expect(at.store.dump()).not.toContain('txn#');
    expect(askedFor(at.platform, 'target')).toEqual([]);
  });

  test.each([
    ['has expired', () => at.ticket({ expiresAtMs: at.clock.now() })],
    ['was altered', () => `${at.ticket().slice(0, -2)}AA`],
    ['is none', () => 'x'],
    ['is for another platform', () => at.ticket({ provider: 'notion' })],
  ])('refuses a link that %s', async (_, link) => {
    const e = link();
    for (const answer of [await ada.get(`/connect/github?e=${e}`), await ada.post('/connect/github', { e })]) {
      expect([answer.status, titleOf(answer)]).toEqual([400, 'This link does not work any more']);
    }
    expect(askedFor(at.platform, 'target')).toEqual([]);
  });

  test('refuses two tickets', async () => {
    expect((await ada.get(`/connect/github?e=${at.ticket()}&e=x`)).status).toBe(400);
  });

  test('fails where the ticket cannot be checked', async () => {
    at = scene();
    const openTicket = async () => err({ service: 'secretsmanager', kind: 'throttled', name: 'X' } as const);
    const deps = { ...at.deps, connect: { ...at.deps.connect, openTicket } };
    const bob = await at.browser();
    expect((await serveConnect(bob.request('GET', '/connect/github?e=x'), deps)).status).toBe(503);
  });

  test('fails for a platform nobody has set up, with or without a session', async () => {
    for (const path of ['/connect/slack', '/connect/', '/connect/GitHub', '/connect/github/x', '/connect/__proto__']) {
      expect((await ada.get(path)).status).toBe(404);
      expect((await new Browser(at.deps).get(path)).status).toBe(404);
      expect((await ada.post(path)).status).toBe(404);
    }
  });

  test('fails when the platform is switched off', async () => {
    await at.connections.switchProvider('github', { blocked: true, updatedAtMs: 1, updatedBy: 'x' });
    for (const answer of [await ada.get('/connect/github'), await ada.post('/connect/github')]) {
      expect([answer.status, titleOf(answer)]).toEqual([403, 'This platform is switched off']);
    }
  });

  test('fails when the person is switched off, and leads nowhere', async () => {
    const record = { kind: 'person', blocked: true, revokedBeforeMs: 0, updatedAtMs: 1, updatedBy: 'x' };
    await at.store.create(AUTH_KEYS.personSwitch(ADA), record, { validUntilMs: at.clock.now() + 1e9 });
    const answer = await ada.get('/connect/github');
    expect([answer.status, titleOf(answer)]).toEqual([403, 'Access is switched off']);
    expect(answer.body).not.toContain('href="https');
  });

  test('fails when a table does not answer', async () => {
    at.connections.fail(THROTTLED, { operation: 'read' });
    expect((await ada.get('/connect/github')).status).toBe(503);
    at.store.fail(THROTTLED, { operation: 'read' });
    expect((await ada.get('/connect/github')).status).toBe(503);
  });

  test('says what it would take the place of', async () => {
    await ada.connect();
    expect((await ada.get('/connect/github')).body).toContain('This takes its place.');
  });

  test('"done" is said only where it is so, and just so', async () => {
    expect(titleOf(await ada.get('/connect/github?done=1'))).toBe('Connect GitHub?');
    await ada.connect();
    expect(titleOf(await ada.get('/connect/github?done=1'))).toBe('GitHub is connected');
    at.clock.advance(120_000);
    expect(titleOf(await ada.get('/connect/github?done=1'))).toBe('Connect GitHub?');
  });

  test('a platform’s words are text: nothing of them is markup', async () => {
    at = scene([{ ...NOTION, facts: { ...NOTION.facts, name: '<script>x</script>' }, scopes: ['"><b>'] }]);
    const { body } = await (await at.browser()).get('/connect/notion');
    expect(body).not.toMatch(/<script|"><b>/);
  });
});

describe('POST /connect/<platform>', () => {
  test('sends the browser to the platform, and keeps nothing that could be used', async () => {
    const query = await ada.begin('github', { e: at.ticket() });
    const [cookie = '', secret = ''] = [...ada.cookies].find(([name]) => name.includes('connect-')) ?? [];
    expect(cookie).toMatch(/^__Host-mcp-connect-[\w-]{8}$/);
    expect(at.store.dump()).not.toContain(secret);
    expect(at.store.dump()).not.toContain(query.get('state'));
    expect(at.store.dump()).not.toContain('nonce-1');
  });

  test('its cookie is of this host alone, over TLS, unseen by scripts, for ten minutes', async () => {
    const { cookies } = await ada.post('/connect/github');
    expect(cookies?.[0]).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/);
  });

  test.each([
    ['another site’s form', {}, { 'sec-fetch-site': 'cross-site' }, 'This came from another site'],
    ['a form of a neighbouring host', {}, { origin: 'https://evil.acme.example' }, 'This came from another site'],
    ['a form without its token', { csrf: '' }, {}, 'This page was out of date'],
    ['the token of another session', { csrf: 'x'.repeat(43) }, {}, 'This page was out of date'],
    ['JSON', {}, { 'content-type': 'application/json' }, 'This link does not work'],
  ])('refuses %s', async (_, fields, headers, title) => {
    const answer = await ada.post(
      '/connect/github',
      fields as Record<string, string>,
      headers as Record<string, string>,
    );
    expect(titleOf(answer)).toBe(title);
    expect(askedFor(at.platform, 'target')).toEqual([]);
    expect(at.store.dump()).not.toContain('txn#');
  });

  test('fails without a session, without a redirect the policy would stop', async () => {
    ada.cookies.clear();
    const answer = await ada.post('/connect/github');
    expect([answer.status, titleOf(answer)]).toEqual([403, 'Your session has ended']);
  });

  test('a browser keeps so many attempts and no more', async () => {
    for (let i = 0; i < 30; i += 1) await ada.begin();
    expect([...ada.cookies.keys()].filter((name) => name.includes('connect-')).length).toBeLessThanOrEqual(20);
  });

  test('a sign-in’s cookies are not among them', async () => {
    ada.cookies.set('__Host-mcp-abcdefgh', 'x');
    for (let i = 0; i < 25; i += 1) await ada.begin();
    expect(ada.cookies.has('__Host-mcp-abcdefgh')).toBe(true);
    expect(ada.cookies.has('__Host-mcp-session')).toBe(true);
  });
});

test('fails where the attempt could not be noted: the browser is led nowhere', async () => {
  at.deps.store.create = async () => ok({ won: false, kept: undefined });
  const answer = await ada.post('/connect/github');
  expect([answer.status, titleOf(answer)]).toEqual([503, 'This does not work at the moment']);
  expect(locationOf(answer)).toBeUndefined();
});

describe('a key of one’s own', () => {
  const KEY = 'rk_live_0123456789abcdef';

  test('is asked for in a field nothing remembers, and sealed', async () => {
    const { body } = await ada.get('/connect/stripe');
    expect(body).toMatch(/<input id="part-key" name="part.key" type="password" required autocomplete="off"/);
    const answer = await ada.post('/connect/stripe', { 'part.key': ` ${KEY} ` });
    expect(locationOf(answer)).toBe(`${ISSUER}/account?done=connected`);
    expect(at.connections.peek(ADA, 'stripe')).toMatchObject({
      status: 'active',
      facts: { kind: 'key', parts: ['key'] },
    });
    expect(at.connections.peek(ADA, 'stripe')?.refresh).toBeUndefined();
    expect(JSON.stringify([at.events, at.connections.dump(), at.store.dump(), answer])).not.toContain(KEY);
  });

  test.each([
    ['is nothing but blanks', '    '],
    ['is too short', 'sk_1234'],
    ['has a line break in it', 'abcdefgh\r\nX-Evil: 1'],
    ['is larger than a key', 'k'.repeat(17 * 1024)],
    ['has letters no header carries', 'schlüssel-schlüssel'],
  ])('refuses one that %s, and does not show it again', async (_, key) => {
    const answer = await ada.post('/connect/stripe', { 'part.key': key });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('The key was not stored.');
    expect(answer.body).not.toContain(key.replace(/^ +$/, 'value="    '));
    expect(at.connections.peek(ADA, 'stripe')).toBeUndefined();
  });

  test('refuses a key in the address: it would be in logs', async () => {
    const answer = await ada.send(ada.form(`/connect/stripe?part.key=${KEY}`));
    expect(answer.status).toBe(400);
    expect(at.connections.peek(ADA, 'stripe')).toBeUndefined();
  });

  test('by a link of an agent: the link works once', async () => {
    const e = at.ticket({ provider: 'stripe' });
    expect((await ada.get(`/connect/stripe?e=${e}`)).body).toContain('<bdi>Claude</bdi>');
    expect(locationOf(await ada.post('/connect/stripe', { e, 'part.key': KEY }))).toBe(
      `${ISSUER}/connect/stripe?done=1`,
    );
    expect(titleOf(await ada.post('/connect/stripe', { e, 'part.key': KEY }))).toBe('This link was used already');
  });

  test('by a link of an agent: one that could not be stored leaves the link as it was, and nothing is called connected', async () => {
    const e = at.ticket({ provider: 'stripe' });
    for (let i = 0; i < 4; i += 1) at.connections.fail(THROTTLED, { operation: 'put' });
    const failed = await ada.post('/connect/stripe', { e, 'part.key': KEY });
    expect([failed.status, titleOf(failed)]).toEqual([503, 'This does not work at the moment']);
    expect(failed.body).not.toContain('connected');
    expect(titleOf(await ada.get(`/connect/stripe?e=${e}`))).toBe('Connect Stripe?');
    expect(titleOf(await ada.get('/connect/stripe?done=1'))).toBe('Connect Stripe?');
    expect(locationOf(await ada.post('/connect/stripe', { e, 'part.key': KEY }))).toBe(
      `${ISSUER}/connect/stripe?done=1`,
    );
    expect(at.connections.peek(ADA, 'stripe')?.status).toBe('active');
    expect(titleOf(await ada.get(`/connect/stripe?e=${e}`))).toBe('This link was used already');
  });

  test('by a link of an agent: a key that is stored is so, though the link could not be marked as used', async () => {
    const e = at.ticket({ provider: 'stripe' });
    at.store.fail(THROTTLED, { operation: 'create' });
    expect((await ada.post('/connect/stripe', { e, 'part.key': KEY })).status).toBe(303);
    expect(at.connections.peek(ADA, 'stripe')?.status).toBe('active');
    expect(at.events).toContainEqual({
      event: 'connect.link_unmarked',
      outcome: 'ThrottlingException',
      subject: ADA,
      provider: 'stripe',
    });
  });

  test('replaces the one before', async () => {
    await ada.post('/connect/stripe', { 'part.key': KEY });
    const first = at.connections.peek(ADA, 'stripe');
    await ada.post('/connect/stripe', { 'part.key': `${KEY}2` });
    expect(at.connections.peek(ADA, 'stripe')?.version).toBe((first?.version ?? 0) + 1);
  });

  test('fails when it cannot be stored', async () => {
    for (let i = 0; i < 4; i += 1) at.connections.fail(THROTTLED, { operation: 'put' });
    expect((await ada.post('/connect/stripe', { 'part.key': KEY })).status).toBe(503);
  });

  test('a name and a password are two fields', async () => {
    at = scene([{ ...STRIPE, headers: { Authorization: 'Basic {email}:{token}' } }]);
    const browser = await at.browser();
    const { body } = await browser.get('/connect/stripe');
    expect([...body.matchAll(/name="part\.([a-z]+)" type="password"/g)].map(([, name]) => name)).toEqual([
      'email',
      'token',
    ]);
    const colon = await browser.post('/connect/stripe', { 'part.email': 'ada:x@acme', 'part.token': 'abcdefghij' });
    expect(colon.status).toBe(400);
  });
});
