import type {
  ConnectionProblem,
  ConnectionRecord,
  PinnedServer,
} from '../../../../../lambda/contract/connection-record';
import type { AuthzAnswer } from '../../../../../lambda/core/authz/http';
import type { PagesDeps } from '../../../../../lambda/core/connect/serve-pages';
import { servePages } from '../../../../../lambda/core/connect/serve-pages';
import { err, ok } from '../../../../../lambda/core/result';
import { textOf } from '../authz/pages/page-fixture';
import { ADA, BOB, type Browser, ISSUER, locationOf, type Scene, scene, THROTTLED, titleOf } from './connect-fixture';

const PINNED: PinnedServer = {
  issuer: 'https://as.example',
  tokenEndpoint: 'https://as.example/token',
  resource: 'https://mcp.example/mcp',
  clientId: 'gateway',
  clientAuthentication: 'none',
};

let at: Scene;
let ada: Browser;

beforeEach(async () => {
  at = scene();
  ada = await at.browser();
});

const page = (path: string, browser = ada): Promise<AuthzAnswer> => servePages(browser.request('GET', path), at.deps);
const press = (path: string, fields: Record<string, string>, headers = {}, browser = ada): Promise<AuthzAnswer> =>
  servePages(browser.form(path, fields, headers), at.deps);
const plant = (values: Partial<ConnectionRecord>, facts: Partial<ConnectionRecord['facts']> = {}) => {
  const found = at.connections.peek(ADA, 'github');
  if (found === undefined) throw new Error('connect first');
  at.connections.plant({ ...found, ...values, facts: { ...found.facts, ...facts } });
};

describe('connected accounts on the account page', () => {
  test('each platform is there by name, connected or not, with its buttons', async () => {
    await ada.connect();
    at.clock.advance(3 * 3_600_000 - 1);
    await ada.signIn(ADA);
    plant({ lastUsedAtMs: at.clock.now() - 60_000 });
    const text = textOf(await page('/account'));
    expect(text.slice(text.indexOf('Connected accounts'))).toBe(`Connected accounts
Agents you have let act for you use these accounts, and never see a password, a token or a key of them.
GitHub
Connected
octocat (org-1)
May: repo, read:user
Connected 2 hours ago · last used 1 minute ago
Connect again
Disconnect
Notion
Not connected
Connect
Stripe
Not connected
Connect`);
  });

  test('says what was allowed less than asked for', async () => {
    at.platform.tokens = () => ok({ accessToken: 'at-12345', scopes: ['repo'], answer: {} });
    await ada.connect();
    expect(textOf(await page('/account'))).toContain('Not confirmed: read:user. Connect again to change that.');
  });

  test.each<[ConnectionProblem, string]>([
    ['refresh_token_refused', 'The platform has ended the connection. Connect again.'],
    ['no_refresh_token', 'The connection has run out, and this platform does not prolong it. Connect again.'],
    ['access_revoked', 'The platform refuses this access; it may have been taken back there. Connect again.'],
    ['answer_lost', 'An answer of the platform got lost, and with it the key to go on. Connect again.'],
    ['provider_unavailable', 'The platform did not answer. The gateway goes on trying.'],
    ['provider_refused', 'The platform refused to prolong the connection. The gateway goes on trying'],
    ['unreadable', 'What was stored cannot be read. Connect again.'],
  ])('says %s in words', async (code, words) => {
    await ada.connect();
    plant({ status: 'broken' }, { lastError: { code, atMs: at.clock.now() } });
    const text = textOf(await page('/account'));
    expect(text).toContain('Does not work any more');
    expect(text).toContain(words);
  });

  test('a platform that is switched off says so, and can be disconnected and not connected', async () => {
    await ada.connect();
    await at.connections.switchProvider('github', { blocked: true, updatedAtMs: 1, updatedBy: 'x' });
    const { body } = await page('/account');
    expect(body).toContain('Switched off by the operator of this gateway');
    expect(body).not.toContain('href="https://mcp.acme.example/connect/github"');
    expect(body).toContain('name="platform" value="github"');
  });

  test('an MCP server, which names no account, is told by where it is', async () => {
    at.platform.account = () => ok(undefined);
    const pinned = { ...PINNED, resource: 'https://mcp.tracker.example/mcp' };
    const authorizationEndpoint = 'https://as.example/a';
    at.platform.target_ = () => ok({ authorizationEndpoint, issuer: undefined, clientId: 'gateway', pinned });
    await ada.connect();
    const words = 'mcp.tracker.example, which does not tell whose account it is';
    expect(textOf(await page('/account'))).toContain(`Connected\n${words}`);
    expect(textOf(await page('/connect/github'))).toContain(`Connected just now: ${words}. This takes its place.`);
    for (const resource of ['nonsense', '']) {
      plant({}, { pinned: { ...pinned, resource } });
      expect(textOf(await page('/account'))).toContain('an account the platform does not name');
    }
  });

  test('those of another person are not there', async () => {
    await ada.connect();
    expect((await page('/account', await at.browser(BOB))).body).not.toContain('octocat');
  });

  test('fails to show them while their table does, and agents can be ended all the same', async () => {
    at.connections.fail(THROTTLED, { operation: 'list' });
    const answer = await page('/account');
    expect(answer.status).toBe(200);
    expect(textOf(answer)).toContain('What is connected cannot be shown at the moment.');
    expect(textOf(answer)).toContain('Agents that act for you');
  });

  test('without platforms there is no such section', async () => {
    const { connect: _, ...deps } = at.deps;
    const answer = await servePages(ada.request('GET', '/account'), deps);
    expect(answer.body).not.toContain('Connected accounts');
  });

  test('tells what was just connected, to whoever has just done so', async () => {
    expect((await page('/account?done=connected')).body).not.toContain('role="status"');
    await ada.connect();
    expect(textOf(await page('/account?done=connected'))).toContain('GitHub is connected as octocat (org-1).');
    at.clock.advance(60_000);
    expect((await page('/account?done=connected')).body).not.toContain('role="status"');
  });

  test('no page holds what is sealed, or anything of it', async () => {
    await ada.connect();
    const { call = '', refresh = '' } = at.connections.peek(ADA, 'github') ?? {};
    const { body } = await page('/account?done=connected');
    for (const sealed of [call, refresh]) expect(body).not.toContain(JSON.parse(sealed).ciphertext);
  });
});

describe('POST /account/disconnect', () => {
  test('has it revoked and deleted, says so, and logs it', async () => {
    const answer = await press('/account/disconnect', { platform: 'github' });
    expect([answer.status, locationOf(answer)]).toEqual([303, `${ISSUER}/account?done=disconnected&platform=github`]);
    expect(at.refresherAsked).toEqual([{ action: 'disconnect', subject: ADA, provider: 'github', by: ADA }]);
    expect(at.events.at(-1)).toEqual({
      event: 'connect.disconnected',
      outcome: 'ok',
      subject: ADA,
      provider: 'github',
      revokedAtProvider: true,
    });
    expect(textOf(await page('/account?done=disconnected&platform=github'))).toContain(
      'GitHub is not connected any more.',
    );
  });

  test('says where the platform was not told', async () => {
    at.refresherAnswers = () => ok({ outcome: 'done', revokedAtProvider: false });
    const location = locationOf(await press('/account/disconnect', { platform: 'github' })) ?? '';
    expect(location).toBe(`${ISSUER}/account?done=disconnected-here&platform=github`);
    expect(textOf(await page('/account?done=disconnected-here&platform=github'))).toContain(
      'remove this gateway in your settings at GitHub',
    );
  });

  test('what was not there is not called disconnected: an attempt before may have left it at the platform', async () => {
    at.refresherAnswers = () => ok({ outcome: 'done' });
    const location = locationOf(await press('/account/disconnect', { platform: 'github' })) ?? '';
    expect(location).toBe(`${ISSUER}/account?done=not-connected&platform=github`);
    expect(at.events.at(-1)).toMatchObject({ event: 'connect.disconnected', outcome: 'absent', provider: 'github' });
    expect(textOf(await page('/account?done=not-connected&platform=github'))).toContain(
      'GitHub was not connected here any more. If disconnecting it failed before, GitHub may still list this gateway: to be thorough, remove it in your settings there.',
    );
  });

  test('of a key the platform never knew, there is nobody to tell', async () => {
    at.refresherAnswers = () => ok({ outcome: 'done', revokedAtProvider: false });
    expect(locationOf(await press('/account/disconnect', { platform: 'stripe' }))).toContain('done=disconnected&');
  });

  test('a link of another site fails to have it said where it is not so', async () => {
    await ada.connect();
    for (const query of [
      'done=disconnected&platform=github',
      'done=not-connected&platform=github',
      'done=disconnected',
      'done=disconnected&platform=%3Cb%3E',
    ]) {
      expect((await page(`/account?${query}`)).body).not.toContain('role="status"');
    }
  });

  test.each([
    ['another site’s form', { platform: 'github' }, { 'sec-fetch-site': 'cross-site' }, 403],
    ['a form without its token', { platform: 'github', csrf: '' }, {}, 400],
    ['a platform there is none of', { platform: 'slack' }, {}, 400],
    ['no platform', {}, {}, 400],
    ['a name that is no own member', { platform: '__proto__' }, {}, 400],
  ])('refuses %s', async (_, fields, headers, status) => {
    expect((await press('/account/disconnect', fields as Record<string, string>, headers)).status).toBe(status);
    expect(at.refresherAsked).toEqual([]);
  });

  test('can name nobody else: the subject is that of the session', async () => {
    await press('/account/disconnect', { platform: 'github', subject: BOB });
    expect(at.refresherAsked).toMatchObject([{ subject: ADA }]);
  });

  test.each([
    ['does not answer', () => err({ service: 'lambda', kind: 'unavailable', name: 'TimeoutError' } as const)],
    ['could not', () => ok({ outcome: 'unavailable', problem: 'provider_unavailable' } as const)],
  ])('fails where the refresher %s, and does not call it done', async (_, answers) => {
    at.refresherAnswers = answers;
    const answer = await press('/account/disconnect', { platform: 'github' });
    expect([answer.status, titleOf(answer)]).toEqual([503, 'The account may still be connected']);
    expect(textOf(answer)).toContain('if not, remove this gateway in your settings at the platform as well');
  });
});

describe('what the function serves', () => {
  test.each([
    ['GET', '/connect'],
    ['GET', '/account/disconnect'],
    ['POST', '/callback/github'],
    ['GET', '/account/sign-in'],
    ['GET', '/vault/v1/keys'],
    ['GET', '/oauth/client.json'],
    ['GET', '/'],
  ])('refuses %s %s', async (method, path) => {
    const answer = await servePages(ada.request(method, path), at.deps);
    expect([answer.status, answer.headers['Content-Type']]).toEqual([404, 'application/json']);
  });

  test('without platforms, nothing of them', async () => {
    const { connect: _, ...deps } = at.deps;
    for (const path of ['/connect/github', '/callback/github', '/vault/v1/connections']) {
      expect((await servePages(ada.request('GET', path), deps)).status).toBe(404);
    }
  });

  test('documents about the gateway as a client are for anybody', async () => {
    const documents: PagesDeps['documents'] = new Map<string, () => Promise<object | undefined>>([
      ['/oauth/client.json', async () => ({ client_id: 'x' })],
      ['/oauth/client-keys.json', async () => undefined],
    ]);
    const answer = await servePages(ada.request('GET', '/oauth/client.json'), { ...at.deps, documents });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' },
      body: '{"client_id":"x"}',
    });
    const keys = await servePages(ada.request('GET', '/oauth/client-keys.json'), { ...at.deps, documents });
    expect(keys.status).toBe(404);
  });

  test('a slash at the end is nothing, as API Gateway has it', async () => {
    expect(titleOf(await page('/account/'))).toBe('Agents that act for you');
    expect(titleOf(await page('/connect/github/'))).toBe('Connect GitHub?');
  });
});
