import { AUTH_KEYS, type GrantRecord } from '../../../../../lambda/contract/auth-record';
import { clientHash } from '../../../../../lambda/core/authz/clients/client';
import { csrfToken, handleFrom, hashOf } from '../../../../../lambda/core/authz/handle';
import type { AuthzAnswer } from '../../../../../lambda/core/authz/http';
import { revokeGrant } from '../../../../../lambda/core/authz/revoke-grant';
import { serveConsent } from '../../../../../lambda/core/authz/serve-consent';
import { ok } from '../../../../../lambda/core/result';
import {
  ADMIN,
  authorizeQuery,
  Browser,
  CHALLENGE,
  CLAUDE,
  CLAUDE_CODE,
  clientAnswer,
  ISSUER,
  locationOf,
  register,
  type SignInFixture,
  signInFixture,
  THROTTLED,
  WEB_CLIENT,
  WEB_REDIRECT,
} from './sign-in-fixture';

let fixture: SignInFixture;
let browser: Browser;
beforeEach(() => {
  fixture = signInFixture();
  browser = new Browser(fixture.deps);
});

/** The grant a code belongs to. */
function grantOf(answer: AuthzAnswer): GrantRecord | undefined {
  const [subject = '', grantId = ''] = (clientAnswer(answer)['code'] ?? '').split('.');
  return fixture.store.peek<GrantRecord>(AUTH_KEYS.grant(subject, grantId));
}

const grantsIn = (dump: string): number => dump.split('grant#').length - 1;
const eventsOf = (prefix: string) => fixture.events.filter(({ event }) => event.startsWith(prefix));

function expectPage(answer: AuthzAnswer, status = 400): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['Location']).toBeUndefined();
  expect(grantsIn(fixture.store.dump())).toBe(0);
}

test('who allows sends the client a code, for exactly what was asked', async () => {
  const question = await browser.toConsent(authorizeQuery({ resource: `${ISSUER}/mcp/stripe`, scope: 'mcp:tools' }));
  const answer = await browser.answer(question, 'allow');
  expect(answer.status).toBe(303);
  expect(locationOf(answer).startsWith(`${WEB_REDIRECT}?`)).toBe(true);
  const { code = '', ...rest } = clientAnswer(answer);
  expect(rest).toEqual({ state: 'client-state', iss: ISSUER });
  expect(code).toMatch(/^[\w-]{43}\.[\w-]{22}\.[\w-]{43}$/);

  const nowMs = fixture.clock.now();
  expect(grantOf(answer)).toEqual({
    grantId: code.split('.')[1],
    person: expect.objectContaining({ subject: code.split('.')[0], groups: ['staff'], isAdministrator: false }),
    client: { clientId: WEB_CLIENT, kind: 'registered', name: 'Acme CLI', authentication: 'none' },
    phase: 'code',
    origin: 'consent',
    scopes: ['mcp:tools'],
    resource: `${ISSUER}/mcp/stripe`,
    redirectUri: WEB_REDIRECT,
    codeHash: hashOf(code),
    codeExpiresAtMs: nowMs + 60_000,
    codeChallenge: CHALLENGE,
    generation: 0,
    createdAtMs: nowMs,
    endsAtMs: nowMs + 90 * 86_400_000,
  });
  expect(eventsOf('consent')).toMatchObject([{ event: 'consent.allowed', grantId: code.split('.')[1] }]);
});

test('who denies sends the client that, with its state and the issuer', async () => {
  const answer = await browser.answer(await browser.toConsent(), 'deny');
  expect(clientAnswer(answer)).toEqual({
    error: 'access_denied',
    error_description: expect.any(String),
    state: 'client-state',
    iss: ISSUER,
  });
  expect(grantsIn(fixture.store.dump())).toBe(0);
  expect(eventsOf('consent')).toMatchObject([{ event: 'consent.denied' }]);
});

test('neither the table nor the log holds the code or the form’s token', async () => {
  const question = await browser.toConsent();
  const { code = '' } = clientAnswer(await browser.answer(question, 'allow'));
  const visible = fixture.store.dump() + JSON.stringify(fixture.events);
  expect(visible).not.toContain(code.split('.')[2]);
  expect(visible).not.toContain(question.csrf);
});

describe('the page', () => {
  test('names the client’s host, where the answer goes, and who is signed in', async () => {
    const { page } = await browser.toConsent(
      authorizeQuery({ client_id: CLAUDE, redirect_uri: 'https://claude.com/api/mcp/auth_callback' }),
    );
    expect(page.status).toBe(200);
    for (const text of ['claude.ai', 'claude.com', 'alice@acme.example']) expect(page.body).toContain(text);
  });

  test('says that a client which registered itself proves nothing, whatever it is called', async () => {
    const metadata = { client_name: 'Claude', redirect_uris: ['http://localhost/cb'] };
    const { client_id } = JSON.parse((await register(fixture, metadata)).body);
    const { page } = await browser.toConsent(authorizeQuery({ client_id, redirect_uri: 'http://localhost:1234/cb' }));
    expect(page.body).toContain('Not verified');
    expect(page.body).toContain('localhost:1234');
  });

  test('shows markup in a name as text', async () => {
    const metadata = { client_name: '<img src=x onerror=alert(1)>\u202e', redirect_uris: ['http://localhost/cb'] };
    const { client_id } = JSON.parse((await register(fixture, metadata)).body);
    const { page } = await browser.toConsent(authorizeQuery({ client_id, redirect_uri: 'http://localhost/cb' }));
    expect(page.body).not.toMatch(/<img|\u202e/);
  });

  test('is shown to a person whose IdP did not ask again, for a client they allowed before (confused deputy)', async () => {
    await browser.answer(await browser.toConsent(), 'allow');
    const { page } = await browser.toConsent();
    expect(page.body).toContain('name="decision" value="allow"');
  });

  test('cannot be framed, is not remembered, and tells no other site where it is', async () => {
    const { headers } = (await browser.toConsent()).page;
    expect(headers).toMatchObject({
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    });
    expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'");
  });

  test('is not shown again once it is answered', async () => {
    const question = await browser.toConsent();
    await browser.answer(question, 'allow');
    expect((await browser.consentPage(question.tx)).status).toBe(400);
  });

  test.each(['', 'abcdefgh', '../../x'])('is not shown for the sign-in %j', async (tx) => {
    await browser.toConsent();
    expect((await browser.consentPage(tx)).status).toBe(400);
  });
});

describe('an attacker gets no consent', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a neighbouring host', { 'sec-fetch-site': 'same-site' }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a page of our own name on http', { origin: 'http://mcp.acme.example' }],
  ])('from %s', async (_, headers) => {
    const question = await browser.toConsent();
    expectPage(await browser.answer(question, 'allow', {}, headers), 403);
    expect(clientAnswer(await browser.answer(question, 'allow'))).toHaveProperty('code');
  });

  test.each<[string, (right: string) => string]>([
    ['without the form’s token', () => ''],
    ['with another token', (right) => right.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
    ['with a shorter token', (right) => right.slice(1)],
  ])('%s', async (_, csrfFrom) => {
    const question = await browser.toConsent();
    expectPage(await browser.answer({ ...question, csrf: csrfFrom(question.csrf) }, 'allow'));
  });

  test('with the token of another sign-in', async () => {
    const [mine, other] = [await browser.toConsent(), await browser.toConsent()];
    expectPage(await browser.answer({ tx: mine.tx, csrf: other.csrf }, 'allow'));
  });

  test('by having another browser answer', async () => {
    expectPage(await new Browser(fixture.deps).answer(await browser.toConsent(), 'allow'));
  });

  test.each(['tx', 'csrf', 'decision'])('with two values of %s', async (name) => {
    const question = await browser.toConsent();
    const twice = new URLSearchParams({ tx: question.tx, csrf: question.csrf, decision: 'allow' });
    twice.append(name, 'allow');
    const headers = { ...browser.headers(), 'content-type': 'application/x-www-form-urlencoded' };
    const request = { method: 'POST', path: '/consent', query: {}, headers, body: twice.toString(), requestId: 'r' };
    expectPage(await serveConsent(request, fixture.deps));
    const asJson = {
      ...request,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(question),
    };
    expectPage(await serveConsent(asJson, fixture.deps));
  });

  test.each(['', 'ALLOW', 'yes', 'constructor'])('by deciding %j', async (decision) => {
    expectPage(await browser.answer(await browser.toConsent(), decision));
  });

  test('by writing another client, address, scope or person into the form', async () => {
    const question = await browser.toConsent(authorizeQuery({ scope: 'mcp:tools' }));
    const answer = await browser.answer(question, 'allow', {
      client_id: CLAUDE,
      redirect_uri: 'https://evil.example/cb',
      scope: 'mcp:tools mcp:admin vault:manage',
      resource: `${ISSUER}/vault/v1`,
      subject: 'root',
      state: 'evil',
    });
    expect(locationOf(answer).startsWith(`${WEB_REDIRECT}?`)).toBe(true);
    expect(clientAnswer(answer)).toMatchObject({ state: 'client-state' });
    expect(grantOf(answer)).toMatchObject({
      client: { clientId: WEB_CLIENT },
      scopes: ['mcp:tools'],
      resource: `${ISSUER}/mcp`,
    });
  });

  test('before the person has signed in', async () => {
    const atIdp = await browser.authorize();
    const tx = (new URL(locationOf(atIdp)).searchParams.get('state') ?? '').slice(0, 8);
    const csrf = csrfToken(handleFrom(browser.cookies.get(`__Host-mcp-${tx}`) ?? ''));
    expectPage(await browser.consentPage(tx));
    expectPage(await browser.answer({ tx, csrf }, 'allow'));
  });

  test('after ten minutes', async () => {
    const question = await browser.toConsent();
    fixture.clock.advance(600_000);
    expectPage(await browser.answer(question, 'allow'));
  });
});

describe('exactly one answer', () => {
  test('50 clicks on Allow at once are one grant, and the identical redirect', async () => {
    const question = await browser.toConsent();
    const answers = await Promise.all(Array.from({ length: 50 }, () => browser.answer(question, 'allow')));
    expect(new Set(answers.map(locationOf)).size).toBe(1);
    expect(answers.every(({ status }) => status === 303)).toBe(true);
    expect(grantsIn(fixture.store.dump())).toBe(1);
    expect(eventsOf('consent')).toHaveLength(1);
  });

  test('20 of Allow and Deny each: one of them, for all who gave it', async () => {
    const question = await browser.toConsent();
    const decisions = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 'deny' : 'allow'));
    const answers = await Promise.all(decisions.map((decision) => browser.answer(question, decision)));
    expect(new Set(answers.filter(({ status }) => status === 303).map(locationOf)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(20);
    expect(grantsIn(fixture.store.dump())).toBe(eventsOf('consent.allowed').length);
  });

  test('who denied cannot allow any more, nor the other way round', async () => {
    const denied = await browser.toConsent();
    await browser.answer(denied, 'deny');
    expectPage(await browser.answer(denied, 'allow'));
    expect(clientAnswer(await browser.answer(denied, 'deny'))).toMatchObject({ error: 'access_denied' });
    const allowed = await browser.toConsent();
    await browser.answer(allowed, 'allow');
    expect((await browser.answer(allowed, 'deny')).status).toBe(400);
  });

  test.each([
    ['the switches cannot be read', { operation: 'read', skip: 1 }, THROTTLED],
    ['the answer cannot be written', { operation: 'replace' }, THROTTLED],
    ['the answer is written, and nobody learns of it', { operation: 'replace' }, 'after_write'],
    ['the grant cannot be written', { operation: 'create' }, THROTTLED],
    ['the grant is written, and nobody learns of it', { operation: 'create' }, 'after_write'],
  ] as const)('when %s, the form is sent again and the client gets its code', async (_, place, fault) => {
    const question = await browser.toConsent();
    fixture.store.fail(fault, place);
    expect((await browser.answer(question, 'allow')).status).toBe(503);
    fixture.clock.advance(90_000);
    const again = await browser.answer(question, 'allow');
    expect(clientAnswer(again)).toHaveProperty('code');
    expect(grantsIn(fixture.store.dump())).toBe(1);
  });

  test('a form sent again after the client used its code, or the grant was revoked, brings nothing back', async () => {
    const question = await browser.toConsent();
    const grant = grantOf(await browser.answer(question, 'allow'));
    const { subject = '' } = grant?.person ?? {};
    await revokeGrant(fixture.deps, subject, grant?.grantId ?? '', { reason: 'person', by: subject });
    const again = await browser.answer(question, 'allow');
    expect(again.status).toBe(400);
    expect(locationOf(again)).toBe('');
  });
});

describe('what is switched off while the person thinks', () => {
  const subjectKey = async () => {
    const probe = grantOf(await browser.answer(await browser.toConsent(), 'allow'));
    return AUTH_KEYS.personSwitch(probe?.person.subject ?? '');
  };
  test.each([
    ['the person', subjectKey],
    ['the client', async () => AUTH_KEYS.clientSwitch(clientHash(WEB_CLIENT))],
    ['the gateway', async () => AUTH_KEYS.gatewaySwitch()],
  ])('ends with the sign-in: %s', async (_, keyOf) => {
    const key = await keyOf();
    const question = await browser.toConsent();
    const grants = grantsIn(fixture.store.dump());
    fixture.clock.advance(1);
    const record = {
      kind: 'gateway',
      blocked: false,
      revokedBeforeMs: fixture.clock.now(),
      updatedAtMs: 0,
      updatedBy: 'admin',
    };
    await fixture.store.create(key, record, { validUntilMs: fixture.clock.now() + 1e9 });
    fixture.clock.advance(1);
    expect(clientAnswer(await browser.answer(question, 'allow'))).toMatchObject({
      error: 'access_denied',
      iss: ISSUER,
    });
    expect(grantsIn(fixture.store.dump())).toBe(grants);
    expect(clientAnswer(await browser.answer(await browser.toConsent(), 'allow'))).toHaveProperty('code');
  });
});

test('an administrator consents to the vault’s scope for a client the operator entered', async () => {
  fixture.idp.answer = () => ok(ADMIN);
  const answer = await browser.answer(
    await browser.toConsent(authorizeQuery({ resource: `${ISSUER}/vault/v1` })),
    'allow',
  );
  expect(grantOf(answer)).toMatchObject({ scopes: ['vault:manage'], resource: `${ISSUER}/vault/v1` });
});

test('who steals an administrator’s token for the keys has it for eight hours at most, and the page says so', async () => {
  fixture.idp.answer = () => ok(ADMIN);
  const question = await browser.toConsent(authorizeQuery({ resource: `${ISSUER}/vault/v1` }));
  expect(question.page.body).toContain('At most 8 hours<');
  const grant = grantOf(await browser.answer(question, 'allow'));
  expect(grant?.endsAtMs).toBe(fixture.clock.now() + 8 * 3_600_000);
});

test('the answer goes to the port the client listens on this time', async () => {
  const redirect_uri = 'http://127.0.0.1:51999/callback';
  const answer = await browser.answer(
    await browser.toConsent(authorizeQuery({ client_id: CLAUDE_CODE, redirect_uri })),
    'allow',
  );
  expect(locationOf(answer).startsWith(`${redirect_uri}?code=`)).toBe(true);
  expect(grantOf(answer)).toMatchObject({ redirectUri: redirect_uri });
});
