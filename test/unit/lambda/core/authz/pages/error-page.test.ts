import { errorPage } from '../../../../../../lambda/core/authz/pages/error-page';
import { type PageProblem, PROBLEMS } from '../../../../../../lambda/core/authz/pages/page-problems';
import { signedOutPage } from '../../../../../../lambda/core/connect/pages/signed-out-page';
import { BRANDING, styleHash, textOf } from './page-fixture';

const page = (problem: PageProblem, host?: string) =>
  errorPage({ branding: BRANDING, problem, requestId: 'req-7', host });

test('says what happened, what to do next, and what to quote', () => {
  const answer = page('redirect_not_registered');
  expect(answer.status).toBe(400);
  expect(textOf(answer)).toBe(`The answer would go astray
The program that sent you asks for the answer at an address it has not registered. This may be an attack.
Nothing was given away. Close this page, and start again only from an agent you trust.
Reference: req-7`);
});

test.each(Object.keys(PROBLEMS) as PageProblem[])('%s: no form target but ours, no opener, never kept', (problem) => {
  const answer = page(problem);
  expect(answer.status).toBe(PROBLEMS[problem].status);
  expect(answer.headers).toMatchObject({
    'Cache-Control': 'no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Content-Security-Policy': `default-src 'none'; style-src ${styleHash(answer)}; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  });
  expect(answer.body).not.toMatch(/<(form|script|img|iframe)\b/);
});

test('names the host that is not allowed, as text', () => {
  expect(textOf(page('client_not_allowed', 'agents.example'))).toContain('Web address: agents.example');
  expect(page('client_not_allowed', '<b>').body).not.toContain('<b>');
});

test('the reference is text as well', () => {
  expect(errorPage({ branding: BRANDING, problem: 'internal', requestId: '<b>' }).body).toContain('&lt;b&gt;');
});

test('signed out: the way back in, and what was not signed out', () => {
  expect(textOf(signedOutPage(BRANDING, 'https://mcp.acme.example'))).toBe(`You are signed out
Agents you have allowed keep working.
On a shared computer, sign out at your company’s sign-in service as well: this page cannot do it for you.
Sign in again`);
});
