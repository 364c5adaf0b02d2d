import { AUTH_KEYS } from '../../../../../lambda/contract/auth-record';
import { personContext } from '../../../../../lambda/contract/connection-record';
import { handleFrom } from '../../../../../lambda/core/authz/handle';
import { err, ok } from '../../../../../lambda/core/result';
import {
  ADA,
  askedFor,
  BOB,
  type Browser,
  back,
  GITHUB,
  ISSUER,
  locationOf,
  type Scene,
  scene,
  THROTTLED,
  titleOf,
} from './connect-fixture';
import { openedConnection } from './opened-connection';

let at: Scene;
let ada: Browser;

beforeEach(async () => {
  at = scene();
  ada = await at.browser();
});

const stored = (provider = 'github', subject = ADA) => at.connections.peek(subject, provider);
const handleCookie = ({ cookies }: Browser) => [...cookies.keys()].find((name) => name.includes('connect-')) ?? '';

const PINNED = {
  issuer: 'https://as.example',
  tokenEndpoint: 'https://as.example/token',
  resource: 'https://mcp.example/mcp',
  clientId: 'gateway',
  clientAuthentication: 'none',
} as const;
const variables = { instance_url: 'https://acme.example' };

const opened = () => openedConnection(at);

describe('a person connects an account', () => {
  test('the tokens are sealed under two keys of their own, and everything else may be shown', async () => {
    const answer = await ada.connect();
    expect([answer.status, locationOf(answer)]).toEqual([303, `${ISSUER}/account?done=connected`]);
    expect(stored()).toMatchObject({
      status: 'active',
      tokenExpiresAtMs: at.clock.now() + 3_600_000,
      facts: {
        kind: 'oauth',
        account: { id: '583231', name: 'octocat', workspaceId: 'org-1' },
        scopes: ['repo', 'read:user'],
        connectedAtMs: at.clock.now(),
        failures: 0,
      },
    });
    expect(opened()).toEqual({
      call: { parts: { access_token: 'at-of-code-1' }, origins: ['https://api.githubcopilot.com'] },
      refresh: { refreshToken: 'rt-of-code-1' },
    });
    expect(at.keys.contexts).toEqual([
      personContext('gw-1', ADA, 'github', 'call'),
      personContext('gw-1', ADA, 'github', 'refresh'),
    ]);
  });

  test('what the platform was asked is derived from the handle, and redeemed with what it was asked by', async () => {
    const query = await ada.begin();
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      client_id: 'gateway-at-github',
      redirect_uri: `${ISSUER}/callback/github`,
      scope: 'repo read:user',
      code_challenge_method: 'S256',
    });
    await ada.get(back('github', { code: 'code-1', state: query.get('state') ?? '' }));
    expect(askedFor(at.platform, 'token')).toMatchObject([
      { details: { code: 'code-1', redirectUri: `${ISSUER}/callback/github`, state: query.get('state') } },
    ]);
  });

  test('no code, state or token is in a log, a table or the address the browser ends at', async () => {
    const query = await ada.begin();
    const answer = await ada.get(back('github', { code: 'code-1', state: query.get('state') ?? '' }));
    const text = JSON.stringify([at.events, at.store.dump(), at.connections.dump(), answer.headers]);
    for (const secret of [
      'code-1',
      query.get('state') ?? '-',
      'at-of-',
      'rt-of-',
      query.get('code_challenge') ?? '-',
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  test('the cookie of the attempt is gone afterwards', async () => {
    await ada.connect();
    expect(handleCookie(ada)).toBe('');
  });

  test('by a link of an agent: ends on a page that leads back to the agent', async () => {
    const answer = await ada.connect('github', 'code-1', { e: at.ticket() });
    expect(locationOf(answer)).toBe(`${ISSUER}/connect/github?done=1`);
    const page = await ada.get('/connect/github?done=1');
    expect(titleOf(page)).toBe('GitHub is connected');
    expect(page.body).toContain('as <strong><bdi>octocat</bdi>');
  });

  test('fewer scopes than were asked for are stored as they are, and said', async () => {
    at.platform.tokens = () => ok({ accessToken: 'at-12345', scopes: ['repo'], answer: {} });
    await ada.connect();
    expect(stored()?.facts.scopes).toEqual(['repo']);
    expect((await ada.get('/connect/github?done=1')).body).toContain(
      'The platform did not confirm all that was asked for',
    );
  });

  test('what no answer names is not missed in it', async () => {
    at = scene([{ ...GITHUB, scopes: ['openid', 'email', 'offline_access', 'repo'] }]);
    ada = await at.browser();
    at.platform.tokens = () => ok({ accessToken: 'at-12345', scopes: ['repo'], answer: {} });
    await ada.connect();
    for (const page of ['/connect/github?done=1', '/account']) {
      expect((await ada.get(page)).body).not.toMatch(/did not confirm|Not confirmed/);
    }
  });

  test('where its tokens may be sent is sealed with them, and the facts say the same', async () => {
    at.platform.target_ = () =>
      ok({ authorizationEndpoint: 'https://as.example/a', issuer: undefined, clientId: 'gateway', pinned: PINNED });
    at.platform.tokens = () => ok({ accessToken: 'at', refreshToken: 'rt', scopes: [], variables, answer: {} });
    await ada.connect();
    expect(opened().refresh).toEqual({ refreshToken: 'rt', pinned: PINNED, variables });
    expect(stored()?.facts).toMatchObject({ pinned: PINNED, variables });
  });

  test('where its tokens may be sent is sealed, too, where there is nothing to refresh or to revoke by', async () => {
    const { revocation: _, ...oauth } = GITHUB.facts.oauth as NonNullable<typeof GITHUB.facts.oauth>;
    at = scene([{ ...GITHUB, facts: { ...GITHUB.facts, oauth } }]);
    ada = await at.browser();
    at.platform.tokens = () => ok({ accessToken: 'at', scopes: [], variables, answer: {} });
    await ada.connect();
    expect(opened().refresh).toEqual({ variables });
  });

  test('without a refresh token, what revocation takes is kept for that alone', async () => {
    at.platform.tokens = () => ok({ accessToken: 'at-12345', scopes: [], answer: {} });
    await ada.connect();
    expect(opened().refresh).toEqual({ accessToken: 'at-12345' });
  });

  test('an account the platform does not name is connected all the same, where any may be', async () => {
    at.platform.account = () => err({ kind: 'unavailable', cause: 'status_503' });
    await ada.connect();
    expect(askedFor(at.platform, 'identify')).toHaveLength(2);
    expect(stored()?.facts.account).toBeUndefined();
  });
});

describe('somebody else’s callback', () => {
  test('refuses a callback without the cookie: the code of an attacker’s account goes nowhere (login CSRF)', async () => {
    const query = await ada.begin();
    const bob = await at.browser(BOB);
    const answer = await bob.get(back('github', { code: 'code-1', state: query.get('state') ?? '' }));
    expect([answer.status, titleOf(answer)]).toEqual([400, 'This was not started here']);
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
    expect(at.connections.calls).not.toContain('put');
  });

  test('refuses a wrong state, whatever is wrong with it', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    const [tag = '', secret = ''] = state.split('.');
    const other = (await ada.begin()).get('state') ?? '';
    for (const wrong of [
      '',
      'x',
      tag,
      `${tag}.${'A'.repeat(43)}`,
      `${tag}.${secret}x`,
      `${tag}.${other.split('.')[1]}`,
      `${state} `,
    ]) {
      const answer = await ada.get(back('github', { code: 'c', state: wrong }));
      expect(answer.status).toBe(400);
    }
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
    expect(stored()).toBeUndefined();
  });

  test('refuses two states', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    const answer = await ada.get(`${back('github', { code: 'c', state })}&state=${state}`);
    expect(answer.status).toBe(400);
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
  });

  test('refuses a state of one platform at the callback of another (mix-up)', async () => {
    const state = (await ada.begin('notion')).get('state') ?? '';
    const answer = await ada.get(back('github', { code: 'c', state }));
    expect(answer.status).toBe(400);
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
  });

  test('refuses a sign-in’s state: no handle of the one is a handle of the other', async () => {
    const secret = 'S'.repeat(43);
    const { tag } = handleFrom(secret);
    ada.cookies.set(`__Host-mcp-${tag}`, secret);
    const answer = await ada.get(back('github', { code: 'c', state: `${tag}.${'A'.repeat(43)}` }));
    expect(titleOf(answer)).toBe('This was not started here');
  });

  test('refuses an issuer that is another, or none where one is announced', async () => {
    for (const iss of ['https://evil.example', 'https://github.com/login/oauth/', 'https://github.com']) {
      const state = (await ada.begin()).get('state') ?? '';
      const answer = await ada.get(back('github', { code: 'c', state, iss }));
      expect([answer.status, titleOf(answer)]).toEqual([400, 'The platform’s answer was not accepted']);
    }
    at.platform.target_ = () =>
      ok({
        issuer: 'https://as.example',
        authorizationEndpoint: 'https://as.example/a',
        clientId: 'c',
        sendsIssuer: true,
      });
    const state = (await ada.begin()).get('state') ?? '';
    expect((await ada.get(back('github', { code: 'c', state }))).status).toBe(400);
    expect(askedFor(at.platform, 'token')).toEqual([]);
    expect(stored()).toBeUndefined();
  });

  test('takes the issuer that is expected', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    const answer = await ada.get(back('github', { code: 'c', state, iss: 'https://github.com/login/oauth' }));
    expect(answer.status).toBe(303);
  });

  test('what was found when the browser left is what its answer is redeemed by, whatever is discovered now', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    at.platform.target_ = () =>
      ok({ issuer: 'https://evil.example', authorizationEndpoint: 'https://evil.example/a', clientId: 'x' });
    await ada.get(back('github', { code: 'c', state, iss: 'https://github.com/login/oauth' }));
    expect(stored()?.status).toBe('active');
    expect(askedFor(at.platform, 'target')).toHaveLength(1);
  });
});

describe('the same callback again', () => {
  test('refuses a state that was used', async () => {
    const query = await ada.begin();
    const kept = new Map(ada.cookies);
    const url = back('github', { code: 'c', state: query.get('state') ?? '' });
    await ada.get(url);
    for (const [name, value] of kept) ada.cookies.set(name, value);
    const answer = await ada.get(url);
    expect([answer.status, titleOf(answer)]).toEqual([400, 'This attempt is over']);
    expect(askedFor(at.platform, 'exchange')).toHaveLength(1);
  });

  test('leads to the account page, where the first one’s connection stands, and not to another attempt', async () => {
    const query = await ada.begin();
    const callback = back('github', { code: 'code-1', state: query.get('state') ?? '' });
    const cookies = new Map(ada.cookies);
    await ada.get(callback);
    for (const [name, value] of cookies) ada.cookies.set(name, value);
    const second = await ada.get(callback);
    expect(titleOf(second)).toBe('This attempt is over');
    expect(second.body).toContain(`href="${ISSUER}/account"`);
    expect(second.body).not.toContain('Try again');
  });

  test('50 at once: one exchange, one connection', async () => {
    at = scene(undefined, () => new Promise((resolve) => setImmediate(resolve)));
    ada = await at.browser();
    const state = (await ada.begin()).get('state') ?? '';
    const request = ada.request('GET', back('github', { code: 'c', state }));
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada.send(request)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter((answer) => titleOf(answer) === 'This attempt is over')).toHaveLength(49);
    expect(askedFor(at.platform, 'exchange')).toHaveLength(1);
    expect(at.keys.made).toHaveLength(2);
  });

  test('refuses one that comes after ten minutes, though the item is there still', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    at.clock.advance(600_000);
    const answer = await ada.get(back('github', { code: 'c', state }));
    expect(titleOf(answer)).toBe('This attempt is over');
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
  });

  test('after a table that did not answer, the page can be loaded again: nothing was redeemed', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    at.store.fail(THROTTLED, { operation: 'replace' });
    const url = back('github', { code: 'c', state });
    expect((await ada.get(url)).status).toBe(503);
    expect((await ada.get(url)).status).toBe(303);
  });
});

describe('the person at the browser', () => {
  test('fails without a session: who signed out meanwhile begins again', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    ada.cookies.delete('__Host-mcp-session');
    const answer = await ada.get(back('github', { code: 'c', state }));
    expect([answer.status, titleOf(answer)]).toEqual([403, 'Your session has ended']);
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
  });

  test('refuses when somebody else has signed in since: their account is not connected to the first', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    await ada.signIn(BOB);
    const answer = await ada.get(back('github', { code: 'c', state }));
    expect([answer.status, titleOf(answer)]).toEqual([403, 'Somebody else is signed in now']);
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
    expect([stored('github', ADA), stored('github', BOB)]).toEqual([undefined, undefined]);
  });

  test('fails when they were switched off meanwhile', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    const record = { kind: 'person', blocked: true, revokedBeforeMs: 0, updatedAtMs: 1, updatedBy: 'x' };
    await at.store.create(AUTH_KEYS.personSwitch(ADA), record, { validUntilMs: at.clock.now() + 1e9 });
    const answer = await ada.get(back('github', { code: 'c', state }));
    expect(titleOf(answer)).toBe('Access is switched off');
    expect(askedFor(at.platform, 'exchange')).toEqual([]);
  });

  test('fails when the platform was switched off meanwhile, before and during the exchange', async () => {
    const off = () =>
      at.connections.switchProvider('github', { blocked: true, updatedAtMs: 1, updatedBy: 'x' }).then(() => undefined);
    const state = (await ada.begin()).get('state') ?? '';
    at.platform.meanwhile = off;
    const during = await ada.get(back('github', { code: 'c', state }));
    expect(titleOf(during)).toBe('This platform is switched off');
    expect(askedFor(at.platform, 'revoke')).toHaveLength(1);
    expect(stored()).toBeUndefined();
    const notion = (await ada.begin('notion')).get('state') ?? '';
    await at.connections.switchProvider('notion', { blocked: true, updatedAtMs: 1, updatedBy: 'x' });
    expect(titleOf(await ada.get(back('notion', { code: 'c', state: notion })))).toBe('This platform is switched off');
    expect(askedFor(at.platform, 'exchange')).toHaveLength(1);
  });
});

describe('what the platform answers', () => {
  test('the person said no: says so, with a way to try again', async () => {
    const state = (await ada.begin()).get('state') ?? '';
    const answer = await ada.get(
      back('github', { error: 'access_denied', error_description: '<b>call Mallory</b>', state }),
    );
    expect([answer.status, titleOf(answer)]).toEqual([400, 'Nothing was connected']);
    expect(answer.body).toContain(`href="${ISSUER}/connect/github"`);
    expect(answer.body).not.toContain('Mallory');
    expect(askedFor(at.platform, 'token')).toEqual([]);
  });

  test.each([
    ['refused', 'invalid_grant', 400, 'The platform’s answer was not accepted'],
    ['invalid', 'not_json', 400, 'The platform’s answer was not accepted'],
    ['misconfigured', 'invalid_client', 502, 'The platform does not accept this gateway'],
    ['unavailable', 'status_503', 503, 'The platform does not answer'],
  ] as const)('fails with words of our own where the exchange is %s', async (kind, cause, status, title) => {
    at.platform.tokens = () => err({ kind, cause });
    const answer = await ada.connect();
    expect([answer.status, titleOf(answer)]).toEqual([status, title]);
    expect(stored()).toBeUndefined();
    expect(at.events.at(-1)).toMatchObject({
      event: 'account.refused',
      cause: `github ${kind}: ${cause}`,
      subject: ADA,
    });
  });

  test('fails where the platform cannot be found, before the browser is sent anywhere', async () => {
    at.platform.target_ = () => err({ kind: 'unavailable', cause: 'discovery' });
    const answer = await ada.post('/connect/github');
    expect([answer.status, titleOf(answer)]).toEqual([503, 'The platform does not answer']);
    expect(handleCookie(ada)).toBe('');
  });
});

describe('accounts that may not be linked', () => {
  const limited = (allowedAccounts: typeof GITHUB.allowedAccounts) => {
    at = scene([{ ...GITHUB, ...(allowedAccounts && { allowedAccounts }) }]);
    return at.browser();
  };

  test.each([
    ['another workspace', { workspaces: ['org-2'] }],
    ['another domain', { domains: ['other.example'] }],
    ['the right workspace and another domain', { workspaces: ['org-1'], domains: ['other.example'] }],
    ['an empty list', { workspaces: [] }],
    ['the name of a workspace in place of its id', { workspaces: ['octocat'] }],
  ])('refuses %s: revoked at the platform, nothing stored, the page says which account', async (_, allowed) => {
    ada = await limited(allowed);
    const answer = await ada.connect();
    expect([answer.status, titleOf(answer)]).toEqual([403, 'This account may not be connected']);
    expect(answer.body).toContain('<bdi>octocat</bdi>');
    expect(askedFor(at.platform, 'revoke')).toEqual([
      { what: 'revoke', details: { accessToken: 'at-of-code-1', refreshToken: 'rt-of-code-1' } },
    ]);
    expect(stored()).toBeUndefined();
    expect(at.keys.made).toEqual([]);
  });

  test.each([
    ['nothing is known of', () => ok(undefined), 'This account may not be connected'],
    [
      'the platform does not tell of',
      () => err({ kind: 'unavailable', cause: 'status_500' } as const),
      'The platform did not say whose account it is',
    ],
    ['has no workspace', () => ok({ id: '1', name: 'octocat' }), 'This account may not be connected'],
  ])('refuses an account that %s', async (_, account, title) => {
    ada = await limited({ workspaces: ['org-1'] });
    at.platform.account = account;
    expect(titleOf(await ada.connect())).toBe(title);
    expect(askedFor(at.platform, 'revoke')).toHaveLength(1);
  });

  test.each([
    [
      'that ends all tokens of a person at once: the connection that is there lives on',
      'grant',
      0,
      'stays, as the account that is connected needs it',
    ],
    ['that ends one token', 'token', 1, 'was given back'],
  ] as const)('an account nobody names is given back at a platform %s', async (_, ends, revocations, words) => {
    const { oauth } = GITHUB.facts;
    if (oauth?.revocation === undefined) throw new Error('no revocation');
    const facts = { ...GITHUB.facts, oauth: { ...oauth, revocation: { ...oauth.revocation, ends } } };
    at = scene([{ ...GITHUB, facts, allowedAccounts: { workspaces: ['org-1'] } }]);
    ada = await at.browser();
    await ada.connect();
    const before = stored();
    at.platform.account = () => err({ kind: 'unavailable', cause: 'status_500' });
    const answer = await ada.connect('github', 'code-2');
    expect(answer.body).toContain(words);
    expect(askedFor(at.platform, 'revoke')).toHaveLength(revocations);
    expect(stored()).toEqual(before);
  });

  test('where the platform has no way to give it back, the person is told to', async () => {
    const { revocation: _, ...oauth } = GITHUB.facts.oauth as NonNullable<typeof GITHUB.facts.oauth>;
    at = scene([{ ...GITHUB, facts: { ...GITHUB.facts, oauth }, allowedAccounts: { workspaces: [] } }]);
    at.platform.revocation = () => ok(false);
    ada = await at.browser();
    expect((await ada.connect()).body).toContain('could not be given back: remove this gateway in your settings there');
  });

  test('takes what matches every list, whatever the case of a domain', async () => {
    ada = await limited({ workspaces: ['org-2', 'org-1'], domains: ['ACME.example'] });
    expect((await ada.connect()).status).toBe(303);
  });

  test('a refused account replaces nothing that was connected', async () => {
    ada = await limited({ workspaces: ['org-1'] });
    await ada.connect();
    const before = stored();
    at.platform.account = () => ok({ id: '2', name: 'evil', workspaceId: 'org-9' });
    await ada.connect('github', 'code-2');
    expect(stored()).toEqual(before);
  });
});

describe('a link of an agent', () => {
  test('refuses a second use, at the start and at the end', async () => {
    const e = at.ticket();
    const second = (await ada.begin('github', { e })).get('state') ?? '';
    await ada.connect('github', 'code-1', { e });
    expect(titleOf(await ada.get(`/connect/github?e=${e}`))).toBe('This link was used already');
    expect(titleOf(await ada.post('/connect/github', { e }))).toBe('This link was used already');
    const late = await ada.get(back('github', { code: 'code-2', state: second }));
    expect(titleOf(late)).toBe('This link was used already');
    expect(askedFor(at.platform, 'token')).toHaveLength(1);
  });

  test('refuses a second use at the same moment: what came of it is given back', async () => {
    const e = at.ticket();
    const states = [await ada.begin('github', { e }), await ada.begin('github', { e })].map(
      (q) => q.get('state') ?? '',
    );
    let waiting = 0;
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    at.platform.meanwhile = async () => {
      waiting += 1;
      if (waiting === 2) release();
      await both;
    };
    const answers = await Promise.all(states.map((state, i) => ada.get(back('github', { code: `code-${i}`, state }))));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400]);
    expect(askedFor(at.platform, 'revoke')).toHaveLength(1);
  });

  test('a ticket whose time ends while the person is at the platform still counts', async () => {
    const e = at.ticket({ expiresAtMs: at.clock.now() + 1000 });
    const state = (await ada.begin('github', { e })).get('state') ?? '';
    at.clock.advance(60_000);
    expect((await ada.get(back('github', { code: 'c', state }))).status).toBe(303);
  });
});

describe('connecting again', () => {
  test('replaces what is there by one write, and has the old tokens revoked', async () => {
    await ada.connect();
    const old = stored();
    at.clock.advance(1000);
    await ada.connect('github', 'code-2');
    expect(stored()).toMatchObject({ version: (old?.version ?? 0) + 1, facts: { connectedAtMs: at.clock.now() } });
    expect(opened().call?.parts).toEqual({ access_token: 'at-of-code-2' });
    expect(at.refresherAsked).toEqual([
      {
        action: 'revoke',
        subject: ADA,
        provider: 'github',
        version: old?.version,
        facts: old?.facts,
        refresh: old?.refresh,
      },
    ]);
  });

  test('that the old tokens could not be revoked is logged, and the new ones work', async () => {
    await ada.connect();
    at.refresherAnswers = () => err({ service: 'lambda', kind: 'throttled', name: 'TooManyRequestsException' });
    expect((await ada.connect('github', 'code-2')).status).toBe(303);
    expect(at.events).toContainEqual({
      event: 'connect.replaced',
      outcome: 'lambda.TooManyRequestsException',
      provider: 'github',
      subject: ADA,
    });
  });

  test('a refresh at the same moment wins the write, and is replaced by the next try', async () => {
    await ada.connect();
    const state = (await ada.begin()).get('state') ?? '';
    const { put, read } = at.connections;
    let reads = 0;
    at.connections.read = async (...args) => {
      const found = await read(...args);
      reads += 1;
      // Behind the read the write is decided by.
      if (reads === 2) {
        const { version, facts, call } = stored() ?? { version: 0, facts: undefined, call: '' };
        if (facts !== undefined) await put(ADA, 'github', version, { status: 'active', facts, call });
      }
      return found;
    };
    expect((await ada.get(back('github', { code: 'code-2', state }))).status).toBe(303);
    expect(opened().call?.parts).toEqual({ access_token: 'at-of-code-2' });
  });
});

test('fails at the callback of a platform that is none, or has keys', async () => {
  for (const path of [
    '/callback/nobody',
    '/callback/stripe',
    '/callback/',
    '/callback/__proto__',
    '/callback/GITHUB',
  ]) {
    expect((await ada.get(`${path}?state=x&code=y`)).status).toBe(404);
  }
});
