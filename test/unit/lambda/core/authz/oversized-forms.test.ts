import { AUTH_KEYS } from '../../../../../lambda/contract/auth-record';
import { readForm } from '../../../../../lambda/core/authz/http';
import { serveAuthorize } from '../../../../../lambda/core/authz/serve-authorize';
import { serveConsent } from '../../../../../lambda/core/authz/serve-consent';
import type { AccountDeps } from '../../../../../lambda/core/connect/connect-deps';
import { serveAccountRevoke, serveAccountSignOut } from '../../../../../lambda/core/connect/serve-account';
import { authorizeQuery, Browser, requestOf, type SignInFixture, signInFixture } from './sign-in-fixture';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const KB = 1024;
const AUTHORIZE = Object.entries(authorizeQuery())
  .map((pair) => pair.join('='))
  .join('&');

let fixture: SignInFixture;
beforeEach(() => {
  fixture = signInFixture();
});

const accountDeps = (): AccountDeps => fixture.deps;
const post = (path: string, body: string) => requestOf('POST', path, { headers: FORM, body });

test('a form as large as any that is meant is read', () => {
  const body = `a=${'x'.repeat(64 * KB - 2)}`;
  expect(readForm({ headers: FORM, body })?.['a']?.[0]).toHaveLength(64 * KB - 2);
  expect(readForm({ headers: FORM, body: 'a=1&'.repeat(99) })?.['a']).toHaveLength(99);
});

test.each([
  ['a form of more than 64 KB', `a=${'x'.repeat(64 * KB)}`],
  ['101 parameters', Array.from({ length: 101 }, (_, i) => `p${i}=1`).join('&')],
  ['one parameter 101 times', Array.from({ length: 101 }, () => 'a=1').join('&')],
  ['60,000 separators', '&'.repeat(60_000)],
])('refuses %s unread', (_, body) => {
  expect(readForm({ headers: FORM, body })).toBeUndefined();
});

test.each([
  ['/authorize', AUTHORIZE, 64],
  ['/consent', 'tx=tagtagta&csrf=x&decision=allow', 16],
  ['/account/revoke', 'csrf=x&grant=*', 16],
  ['/account/sign-out', 'csrf=x', 16],
])(
  'refuses to make %s parse a huge form of somebody who has no cookie, before anything is read',
  async (path, good, kb) => {
    const body = `${good}&x=${'%41'.repeat((kb * KB) / 3)}`;
    const serve = { '/authorize': serveAuthorize, '/consent': serveConsent }[path];
    const account = path === '/account/revoke' ? serveAccountRevoke : serveAccountSignOut;
    const answer = await (serve?.(post(path, body), fixture.deps) ?? account(post(path, body), accountDeps()));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('This link does not work');
    expect(fixture.store.calls).toEqual([]);
  },
);

test('refuses a consent whose form was filled up, and takes the form as it was', async () => {
  const browser = new Browser(fixture.deps);
  const question = await browser.toConsent();
  expect((await browser.answer(question, 'allow', { x: 'x'.repeat(16 * KB) })).status).toBe(400);
  expect(fixture.store.dump()).not.toContain(AUTH_KEYS.grant('', '').sk);
  expect((await browser.answer(question, 'allow')).status).toBe(303);
});
