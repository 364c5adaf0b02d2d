import { AUTH_KEYS } from '../../../../../lambda/contract/auth-record';
import { handleFrom, hashOf } from '../../../../../lambda/core/authz/handle';
import type { AuthzAnswer } from '../../../../../lambda/core/authz/http';
import { serveCallback } from '../../../../../lambda/core/authz/serve-callback';
import { startLogin } from '../../../../../lambda/core/authz/start-login';
import { err, ok } from '../../../../../lambda/core/result';
import {
  ADMIN,
  ALICE,
  authorizeQuery,
  Browser,
  clientAnswer,
  IDP,
  ISSUER,
  locationOf,
  parametersOf,
  requestOf,
  type SignInFixture,
  signInFixture,
  THROTTLED,
} from './sign-in-fixture';

let fixture: SignInFixture;
let browser: Browser;
beforeEach(() => {
  fixture = signInFixture();
  browser = new Browser(fixture.deps);
});

const stateOf = (atIdp: AuthzAnswer): string => new URL(locationOf(atIdp)).searchParams.get('state') ?? '';
const callback = (query: Iterable<readonly [string, string]>, from = browser): Promise<AuthzAnswer> =>
  serveCallback(
    requestOf('GET', '/idp/callback', { query: parametersOf(query), headers: from.headers() }),
    fixture.deps,
  );

function expectPage(answer: AuthzAnswer, outcome: string): void {
  expect(answer.headers['Location']).toBeUndefined();
  expect(answer.headers['Content-Type']).toContain('text/html');
  expect(fixture.events.at(-1)).toMatchObject({ event: 'sign_in.refused', outcome });
}

test('the person who signed in is asked for consent', async () => {
  const answer = await browser.callback(await browser.authorize());
  expect(answer.status).toBe(303);
  expect(locationOf(answer)).toMatch(/^https:\/\/mcp\.acme\.example\/consent\?tx=[\w-]{8}$/);
  const { login, callback: query } = fixture.redeemed[0] ?? {};
  expect(login).toMatchObject({ redirectUri: `${ISSUER}/idp/callback`, state: query?.['state']?.[0] });
});

test('two tabs sign in at once, each its own', async () => {
  const [first, second] = [await browser.authorize(), await browser.authorize()];
  expect(stateOf(first)).not.toBe(stateOf(second));
  expect(locationOf(await browser.callback(second))).toContain('/consent?tx=');
  expect(locationOf(await browser.callback(first))).toContain('/consent?tx=');
});

describe('nothing is redeemed', () => {
  afterEach(() => {
    expect(fixture.redeemed).toEqual([]);
  });

  test('for a browser that has been given somebody else’s callback (CVE-2026-27124), before any read', async () => {
    const atIdp = await browser.authorize();
    const reads = fixture.store.calls.length;
    const answer = await callback(
      [
        ['code', 'idp-code'],
        ['state', stateOf(atIdp)],
      ],
      new Browser(fixture.deps),
    );
    expect(answer.status).toBe(400);
    expectPage(answer, 'other_browser');
    expect(fixture.store.calls).toHaveLength(reads);
  });

  test('for the cookie of another sign-in of the same attacker, put under the victim’s name', async () => {
    const [mine, theirs] = [await browser.authorize(), await browser.authorize()];
    const [mineName = '', theirsName = ''] = [mine, theirs].map((answer) => answer.cookies?.[0]?.split('=')[0]);
    browser.cookies.set(theirsName, browser.cookies.get(mineName) ?? '');
    expectPage(
      await callback([
        ['code', 'idp-code'],
        ['state', stateOf(theirs)],
      ]),
      'other_browser',
    );
  });

  test('for a state whose tag is right and whose secret is not', async () => {
    const state = stateOf(await browser.authorize());
    const forged = state.slice(0, -1) + (state.endsWith('A') ? 'B' : 'A');
    expectPage(
      await callback([
        ['code', 'idp-code'],
        ['state', forged],
      ]),
      'bad_request',
    );
  });

  test.each([
    ['no state', []],
    ['an empty state', [['state', '']]],
    ['a state of no form of ours', [['state', 'xyz']]],
    ['a state of 8 KB', [['state', 'x'.repeat(8192)]]],
  ] as const)('for %s', async (_, pairs) => {
    await browser.authorize();
    expectPage(await callback([['code', 'idp-code'], ...pairs]), 'bad_request');
  });

  test.each(['code', 'state', 'iss', 'error'])('for two of %s', async (name) => {
    const state = stateOf(await browser.authorize());
    const pairs = [
      ['code', 'a'],
      ['state', state],
      ['iss', IDP],
      ['error', 'x'],
    ] as const;
    expectPage(await callback([...pairs, ...pairs.filter(([one]) => one === name)]), 'bad_request');
  });

  test('after ten minutes', async () => {
    const atIdp = await browser.authorize();
    fixture.clock.advance(600_000);
    expectPage(await browser.callback(atIdp), 'sign_in_over');
  });

  test('while the table does not answer; the page can be loaded again then', async () => {
    const state = stateOf(await browser.authorize());
    for (const operation of ['read', 'replace'] as const) {
      fixture.store.fail(THROTTLED, { operation });
      const answer = await callback([
        ['code', 'idp-code'],
        ['state', state],
      ]);
      expect(answer.status).toBe(503);
      expectPage(answer, 'unavailable');
    }
  });
});

test('a callback that failed for the table is loaded again and goes on', async () => {
  const atIdp = await browser.authorize();
  fixture.store.fail(THROTTLED, { operation: 'replace' });
  expect((await browser.callback(atIdp)).status).toBe(503);
  expect(locationOf(await browser.callback(atIdp))).toContain('/consent?tx=');
});

test('a second callback of the same sign-in is refused', async () => {
  const atIdp = await browser.authorize();
  await browser.callback(atIdp);
  expectPage(await browser.callback(atIdp), 'sign_in_over');
  expect(fixture.redeemed).toHaveLength(1);
});

test('of 50 simultaneous callbacks one is redeemed', async () => {
  const atIdp = await browser.authorize();
  const answers = await Promise.all(Array.from({ length: 50 }, () => browser.callback(atIdp)));
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
  expect(fixture.redeemed).toHaveLength(1);
});

describe('the client is told, with its state and the issuer', () => {
  const text = '<b>account 4711 locked</b>';
  test.each([
    ['the person or the IdP said no', 'access_denied', err({ kind: 'denied', check: 'error' } as const)],
    ['the IdP’s answer is not to be believed', 'access_denied', err({ kind: 'invalid', check: 'iss' } as const)],
    ['the IdP cannot be reached', 'temporarily_unavailable', err({ kind: 'unreachable', check: 'token' } as const)],
    ['the person is in no group that may', 'access_denied', ok({ ...ALICE, groups: ['guests'] })],
    ['the person has no name at the IdP', 'access_denied', ok({ ...ALICE, sub: '' })],
  ])('when %s', async (_, error, idpAnswer) => {
    fixture.idp.answer = () => idpAnswer;
    const answer = await browser.callback(await browser.authorize(), {
      error: 'access_denied',
      error_description: text,
    });
    expect(clientAnswer(answer)).toEqual({
      error,
      error_description: expect.any(String),
      state: 'client-state',
      iss: ISSUER,
    });
    expect(locationOf(answer) + answer.body + JSON.stringify(fixture.events)).not.toContain('4711');
    expect((await browser.consentPage(stateOf(await browser.authorize()).slice(0, 8))).status).toBe(400);
  });

  test('when the table fails after the IdP’s code is spent: the person begins again', async () => {
    const atIdp = await browser.authorize();
    fixture.store.fail(THROTTLED, { operation: 'replace', skip: 1 });
    expect(clientAnswer(await browser.callback(atIdp))).toMatchObject({
      error: 'temporarily_unavailable',
      iss: ISSUER,
    });
    expect(locationOf(await browser.callback(await browser.authorize()))).toContain('/consent?tx=');
  });

  test('when a person who is no administrator signs in for the vault', async () => {
    const forVault = authorizeQuery({ resource: `${ISSUER}/vault/v1` });
    expect(clientAnswer(await browser.callback(await browser.authorize(forVault)))).toMatchObject({
      error: 'access_denied',
    });
    fixture.idp.answer = () => ok(ADMIN);
    expect(locationOf(await browser.callback(await browser.authorize(forVault)))).toContain('/consent?tx=');
  });
});

describe('for the person’s own page', () => {
  const begin = async (): Promise<AuthzAnswer> => {
    const answer = await startLogin('account', requestOf('GET', '/account'), fixture.deps);
    for (const cookie of answer.cookies ?? []) {
      browser.cookies.set(cookie.split('=')[0] ?? '', /=([^;]*)/.exec(cookie)?.[1] ?? '');
    }
    return answer;
  };

  test('a session is opened, and no consent asked', async () => {
    const answer = await browser.callback(await begin());
    expect(locationOf(answer)).toBe(`${ISSUER}/account`);
    expect([...browser.cookies.keys()]).toEqual(['__Host-mcp-session']);
    const session = fixture.store.peek(AUTH_KEYS.session(hashOf(browser.cookies.get('__Host-mcp-session') ?? '')));
    expect(session).toMatchObject({ person: { displayName: expect.any(String) } });
  });

  test('who may not, or cannot, is told on a page', async () => {
    fixture.idp.answer = () => ok({ ...ALICE, groups: [] });
    expectPage(await browser.callback(await begin()), 'not_allowed');
    fixture.idp.answer = () => ok(ALICE);
    fixture.store.fail(THROTTLED, { operation: 'create', skip: 1 });
    expectPage(await browser.callback(await begin()), 'unavailable');
    fixture.idp.isUp = false;
    expectPage(await begin(), 'unavailable');
  });

  test('a person who is blocked is told so, and not sent back and forth', async () => {
    const record = { kind: 'gateway', blocked: true, revokedBeforeMs: 0, updatedAtMs: 0, updatedBy: 'admin' };
    await fixture.store.create(AUTH_KEYS.gatewaySwitch(), record, { validUntilMs: fixture.clock.now() + 1e9 });
    expectPage(await browser.callback(await begin()), 'not_allowed');
    expect(fixture.store.dump()).not.toContain('session#');
  });

  test('the sign-in gives no consent to anybody', async () => {
    const atIdp = await begin();
    const tag = stateOf(atIdp).slice(0, 8);
    expect(handleFrom(browser.cookies.get(`__Host-mcp-${tag}`) ?? '').tag).toBe(tag);
    expect((await browser.consentPage(tag)).status).toBe(400);
    expect((await browser.answer({ tx: tag, csrf: 'x' }, 'allow')).status).toBe(400);
  });
});
