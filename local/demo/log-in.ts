import type { DemoPersonName } from './people';

/** From the authorization URL to the demo issuer's sign-in page and back, there and back at most. */
const MAX_STEPS = 8;

/**
 * Signs a person in at the demo issuer without a browser: follows its redirects, chooses on its page, and gives the
 * callback URL it would send the browser to. `cancel`: the person does not want to.
 */
export async function logIn(authorizationUrl: string, person: DemoPersonName | 'cancel'): Promise<string> {
  const { origin } = new URL(authorizationUrl);
  const cookies = new Map<string, string>();
  let url = authorizationUrl;
  let form: URLSearchParams | null = null;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const answer: Response = await fetch(url, {
      method: form === null ? 'GET' : 'POST',
      headers: { Cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ') },
      body: form,
      redirect: 'manual',
    });
    await answer.body?.cancel();
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null && !answer.ok) throw new Error(`the demo issuer refused the sign-in: ${answer.status}`);
    if (location !== null) url = new URL(location, url).href;
    if (new URL(url).origin !== origin) return url;
    form = location === null ? new URLSearchParams({ person: person === 'cancel' ? '' : person }) : null;
  }
  throw new Error('the demo issuer redirects without end');
}
