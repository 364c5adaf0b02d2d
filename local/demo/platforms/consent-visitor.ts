import type { DemoAccountName } from './demo-account';

/** What somebody chooses on the page of a demo platform. */
export type ConsentChoice = DemoAccountName | 'deny';

/** From an authorization URL to the page and back, redirects in between. */
const MAX_STEPS = 8;

/**
 * Answers a platform's consent page without a browser: follows redirects, chooses on the page, and gives the callback
 * URL the browser would be sent to. Fails with what the page says where it does not ask.
 */
export async function consentAt(authorizationUrl: string | URL, choice: ConsentChoice = 'work'): Promise<URL> {
  const { origin } = new URL(authorizationUrl);
  const cookies = new Map<string, string>();
  let url = new URL(authorizationUrl);
  let form: URLSearchParams | null = null;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const answer: Response = await fetch(url, {
      method: form === null ? 'GET' : 'POST',
      headers: { Cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ') },
      body: form,
      redirect: 'manual',
    });
    const html = await answer.text();
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null && !html.includes('name="decision"')) {
      throw new Error(`the platform does not ask but answers ${answer.status}: ${html.slice(0, 500)}`);
    }
    form = location === null ? filled(html, choice) : null;
    url = new URL(location ?? /<form method="post" action="([^"]*)"/.exec(html)?.[1] ?? url.href, url);
    if (url.origin !== origin) return url;
  }
  throw new Error('the platform redirects without end');
}

function filled(html: string, choice: ConsentChoice): URLSearchParams {
  const form = new URLSearchParams();
  for (const [, name = '', value = ''] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    form.set(name, value);
  }
  form.set('decision', choice === 'deny' ? 'deny' : 'allow');
  if (choice !== 'deny') form.set('account', choice);
  return form;
}
