import { AUTH_KEYS, type RegistrationRecord } from '../../../../../../lambda/contract/auth-record';
import { clientHash } from '../../../../../../lambda/core/authz/clients/client';
import {
  authorizeQuery,
  Browser,
  CLAUDE,
  CONFIG,
  clientAnswer,
  MACHINE_CLIENT,
  register,
  signInFixture,
  THROTTLED,
  WEB_CLIENT,
} from '../sign-in-fixture';

const DAY = 86_400_000;
const LOOPBACK = { client_name: 'Inspector', redirect_uris: ['http://localhost/cb'] };
const idOf = async (fixture: ReturnType<typeof signInFixture>, metadata: object = LOOPBACK): Promise<string> =>
  JSON.parse((await register(fixture, metadata)).body).client_id;
const problemOf = async ({ deps }: ReturnType<typeof signInFixture>, clientId: string) => {
  const found = await deps.clients.find(clientId);
  return found.ok ? 'found' : found.error.kind;
};

test('the operator’s own list comes first, and costs no read', async () => {
  const { deps, store } = signInFixture();
  expect(await deps.clients.find(WEB_CLIENT)).toMatchObject({
    ok: true,
    value: { kind: 'registered', authentication: 'none' },
  });
  expect(await deps.clients.find(MACHINE_CLIENT)).toMatchObject({
    ok: true,
    value: { redirectUris: [], grantTypes: ['client_credentials'] },
  });
  expect(store.calls).toEqual([]);
});

test('a registered client with keys has to use them', async () => {
  const jwks = { keys: [{ kty: 'EC' }] };
  const clients = [
    { clientId: CLAUDE, name: 'x', redirectUris: [], grantTypes: ['client_credentials'] as const, jwks },
  ];
  const fixture = signInFixture({ clients });
  const found = await fixture.deps.clients.find(CLAUDE);
  expect(found).toMatchObject({ ok: true, value: { kind: 'registered', authentication: 'private_key_jwt', jwks } });
  expect(fixture.fetched).toEqual([]);
});

test('an address on a listed host is fetched once', async () => {
  const { deps, fetched } = signInFixture();
  const finds = await Promise.all(Array.from({ length: 50 }, () => deps.clients.find(CLAUDE)));
  expect(finds.every(({ ok }) => ok)).toBe(true);
  expect(finds[0]).toMatchObject({ value: { kind: 'metadata_document', host: 'claude.ai', name: 'Claude' } });
  expect(fetched).toEqual([CLAUDE]);
});

test.each([
  ['on no listed host', 'https://evil.example/c', 'host_not_allowed'],
  ['that begins like a listed host', 'https://claude.ai.evil.example/c', 'host_not_allowed'],
  ['below a listed host', 'https://users.claude.ai/c', 'host_not_allowed'],
  ['with a port', 'https://claude.ai:8443/c', 'unknown'],
  ['with a query', 'https://claude.ai/c?x', 'unknown'],
  ['of an IP address', 'https://169.254.169.254/c', 'unknown'],
  ['in capitals', CLAUDE.toUpperCase(), 'unknown'],
])('an address %s is refused before anything is fetched or read', async (_, clientId, kind) => {
  const fixture = signInFixture();
  expect(await problemOf(fixture, clientId)).toBe(kind);
  expect([...fixture.fetched, ...fixture.store.calls]).toEqual([]);
});

test('a star in the list stands for the hosts below, not for the host itself', async () => {
  const fixture = signInFixture({ clientIdMetadata: { enabled: true, allowedHosts: ['*.acme.example'] } });
  const kinds = ['https://a.acme.example/c', 'https://acme.example/c', 'https://evilacme.example/c'].map((id) =>
    problemOf(fixture, id),
  );
  expect(await Promise.all(kinds)).toEqual(['document_unreachable', 'host_not_allowed', 'host_not_allowed']);
});

test('with documents switched off, an address is unknown', async () => {
  const fixture = signInFixture({ clientIdMetadata: { enabled: false, allowedHosts: ['claude.ai'] } });
  expect(await problemOf(fixture, CLAUDE)).toBe('unknown');
  expect(fixture.fetched).toEqual([]);
});

test.each([
  ['cannot be had', { refused: 'address_not_allowed' } as const, 'document_unreachable'],
  ['redirects', { refused: 'redirected' } as const, 'document_unreachable'],
  ['was taken away', { refused: 'gone' } as const, 'document_refused'],
  ['is about another client', { document: { client_id: 'https://claude.ai/other' } }, 'document_refused'],
])('a document that %s is no client', async (_, answer, kind) => {
  const fixture = signInFixture();
  fixture.documents.set(CLAUDE, answer);
  expect(await fixture.deps.clients.find(CLAUDE)).toMatchObject({ ok: false, error: { kind, host: 'claude.ai' } });
});

test('a table that does not answer is said to be that', async () => {
  const fixture = signInFixture();
  const clientId = await idOf(fixture);
  for (const id of [CLAUDE, clientId]) {
    fixture.store.fail(THROTTLED, { operation: 'read' });
    expect(await problemOf(fixture, id)).toBe('unavailable');
    expect(await problemOf(fixture, id)).toBe('found');
  }
});

describe('a client that registered itself', () => {
  const recordOf = ({ store }: ReturnType<typeof signInFixture>, clientId: string) =>
    store.peek<RegistrationRecord>(AUTH_KEYS.registration(clientHash(clientId)));

  test('is found as what it is: public, and unproven', async () => {
    const fixture = signInFixture();
    const clientId = await idOf(fixture);
    expect(await fixture.deps.clients.find(clientId)).toEqual({
      ok: true,
      value: {
        clientId,
        kind: 'dynamic',
        name: 'Inspector',
        redirectUris: ['http://localhost/cb'],
        grantTypes: ['authorization_code', 'refresh_token'],
        authentication: 'none',
      },
    });
  });

  /** A person lets the client act for them. */
  async function consent(fixture: ReturnType<typeof signInFixture>, clientId: string): Promise<void> {
    const browser = new Browser(fixture.deps);
    const query = authorizeQuery({ client_id: clientId, redirect_uri: 'http://localhost/cb' });
    const answer = await browser.answer(await browser.toConsent(query), 'allow');
    expect(clientAnswer(answer)).toHaveProperty('code');
  }

  test('ends a day later unless somebody consents, however often a stranger asks with it', async () => {
    const fixture = signInFixture();
    const clientId = await idOf(fixture);
    for (let hour = 1; hour < 24; hour += 1) {
      fixture.clock.advance(DAY / 24);
      const query = authorizeQuery({ client_id: clientId, redirect_uri: 'http://localhost/cb' });
      expect((await new Browser(fixture.deps).authorize(query)).status).toBe(303);
    }
    const browser = new Browser(fixture.deps);
    const query = authorizeQuery({ client_id: clientId, redirect_uri: 'http://localhost/cb' });
    await browser.answer(await browser.toConsent(query), 'deny');
    fixture.clock.advance(DAY / 24);
    expect(await problemOf(fixture, clientId)).toBe('unknown');
  });

  test('is kept as long as a grant made at its last consent may live, and the days after it', async () => {
    const fixture = signInFixture();
    const clientId = await idOf(fixture);
    fixture.clock.advance(1000);
    await consent(fixture, clientId);
    fixture.clock.advance(179 * DAY);
    await consent(fixture, clientId);
    fixture.clock.advance(180 * DAY - 1);
    expect(await problemOf(fixture, clientId)).toBe('found');
    fixture.clock.advance(1);
    expect(await problemOf(fixture, clientId)).toBe('unknown');
  });

  test('is renewed at most once a day, and consented to although that fails', async () => {
    const fixture = signInFixture();
    const clientId = await idOf(fixture);
    fixture.clock.advance(1000);
    for (let i = 0; i < 3; i += 1) await consent(fixture, clientId);
    const renewedAtMs = fixture.clock.now();
    fixture.clock.advance(3_600_000);
    await consent(fixture, clientId);
    expect(recordOf(fixture, clientId)?.lastUsedAtMs).toBe(renewedAtMs);
    fixture.clock.advance(DAY);
    // Behind the changes of phase of the sign-in.
    fixture.store.fail(THROTTLED, { operation: 'replace', skip: 3 });
    await consent(fixture, clientId);
    expect(recordOf(fixture, clientId)?.lastUsedAtMs).toBe(renewedAtMs);
    await consent(fixture, clientId);
    expect(recordOf(fixture, clientId)?.lastUsedAtMs).toBe(fixture.clock.now());
  });

  test('is bound by what the operator allows today', async () => {
    const fixture = signInFixture();
    const clientId = await idOf(fixture, {
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'cursor://cb', 'http://127.0.0.1/cb'],
    });
    const stricter = { ...CONFIG.dynamicRegistration, allowedRedirectHosts: [], allowedPrivateSchemes: [] };
    const { clientDirectory } = await import('../../../../../../lambda/core/authz/clients/client-directory');
    const documents = { get: async () => ({ ok: false, error: THROTTLED }) as const };
    const directory = (dynamicRegistration: typeof stricter) =>
      clientDirectory({ ...fixture.deps, documents, config: { ...CONFIG, dynamicRegistration } });
    expect(await directory(stricter).find(clientId)).toMatchObject({
      value: { redirectUris: ['http://127.0.0.1/cb'] },
    });
    expect(await directory({ ...stricter, enabled: false }).find(clientId)).toMatchObject({
      error: { kind: 'unknown' },
    });
  });

  test.each([
    'dcr_',
    'dcr_short',
    `dcr_${'é'.repeat(22)}`,
    `dcr_${'x'.repeat(23)}`,
    '',
    'constructor',
    'x'.repeat(100_000),
  ])('is not looked up by %.30j', async (clientId) => {
    const fixture = signInFixture();
    expect(await problemOf(fixture, clientId)).toBe('unknown');
    expect(fixture.store.calls).toEqual([]);
  });
});
