import { ownPage } from '../../../../../lambda/core/authz/own-page';
import { serveSignIn } from '../../../../../lambda/core/authz/serve-sign-in';
import { Browser, IDP, ISSUER, locationOf, parametersOf, requestOf, signInFixture } from './sign-in-fixture';

const TICKET = 'Abc_-123';

test.each(['/account', '/connect/github', `/connect/github?e=${TICKET}`, '/connect/a-1'])(
  'a sign-in may lead back to %s',
  (page) => {
    expect(ownPage(page)).toBe(page);
  },
);

test.each([
  '',
  '/',
  'account',
  '//evil.example',
  '/\\evil.example',
  '/account/',
  '/account?x=1',
  '/account#x',
  '/account/../evil',
  'https://evil.example/connect/github',
  '//evil.example/connect/github',
  '/connect',
  '/connect/',
  '/connect//evil.example',
  '/connect/../account',
  '/connect/GitHub',
  '/connect/github/',
  '/connect/github/x',
  '/connect/github@evil.example',
  '/connect/github?e=',
  '/connect/github?e=a&e=b',
  '/connect/github?e=a&x=https://evil.example',
  '/connect/github?x=1',
  '/connect/github?e=a#b',
  '/connect/github?e=a%0d%0aSet-Cookie:b',
  '/connect/github?e=a\r\nSet-Cookie: b=c',
  '/connect/github\n',
  '/connect/github?e=a\n',
  ' /connect/github',
  '/Connect/github',
  `/connect/${'a'.repeat(64)}`,
  `/connect/github?e=${'a'.repeat(5000)}`,
  '/authorize?client_id=x',
  '/vault/v1/keys',
  'javascript:alert(1)',
])('refuses to lead to %j after a sign-in (open redirect)', (page) => {
  expect(ownPage(page)).toBeUndefined();
});

const signIn = (fixture: ReturnType<typeof signInFixture>, ...pages: readonly string[]) => {
  const query = parametersOf(pages.map((page) => ['continue', page] as const));
  return serveSignIn(requestOf('GET', '/account/sign-in', { query }), fixture.deps);
};

test('a person comes back to the page they wanted, with its ticket, and has a session', async () => {
  const fixture = signInFixture();
  const browser = new Browser(fixture.deps);
  const atIdp = await signIn(fixture, `/connect/github?e=${TICKET}`);
  expect(locationOf(atIdp).startsWith(`${IDP}/authorize?`)).toBe(true);
  expect(locationOf(atIdp)).not.toContain(TICKET);
  for (const cookie of atIdp.cookies ?? []) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    browser.cookies.set(name, value);
  }
  expect(locationOf(await browser.callback(atIdp))).toBe(`${ISSUER}/connect/github?e=${TICKET}`);
  expect([...browser.cookies.keys()]).toEqual(['__Host-mcp-session']);
});

test.each([
  ['no page', []],
  ['another site', ['https://evil.example']],
  ['two pages', ['/account', '/account']],
])('refuses %s before anybody is asked to sign in', async (_, pages) => {
  const fixture = signInFixture();
  const answer = await signIn(fixture, ...pages);
  expect([answer.status, answer.headers['Location']]).toEqual([400, undefined]);
  expect(fixture.store.dump()).toBe('[]');
});
