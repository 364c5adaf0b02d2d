import type { DemoIssuer } from './issuer';
import type { DemoPersonName } from './people';

/** What came of following a sign-in to its end. */
export interface Outcome {
  /** Where the browser was sent away from the gateway; absent where it stayed on a page. */
  readonly redirect: URL | undefined;
  readonly status: number;
  readonly body: string;
}

/** A person's browser at the gateway, as far as a test needs one: cookies, redirects, forms. No scripts, as the pages have none. */
export class Person {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly gatewayUrl: string,
    readonly issuer: Pick<DemoIssuer, 'issuer' | 'logIn'>,
    readonly name: DemoPersonName | 'cancel' = 'alice',
  ) {}

  /** Opens an authorization URL, signs in, and stops at the consent page. */
  async reachConsent(
    authorizationUrl: string | URL,
  ): Promise<{ readonly page: Outcome; readonly form: URLSearchParams }> {
    const page = await this.visit(authorizationUrl);
    return { page, form: formOf(page.body) };
  }

  /** The whole of it: signs in, answers the question, and gives where the client gets its answer. */
  async signIn(authorizationUrl: string | URL, decision: 'allow' | 'deny' = 'allow'): Promise<URL> {
    const { page, form } = await this.reachConsent(authorizationUrl);
    if (page.redirect !== undefined) return page.redirect;
    if (!form.has('csrf')) throw new Error(`no consent page but ${page.status}: ${textOf(page.body)}`);
    const { redirect, status, body } = await this.decide(form, decision);
    if (redirect === undefined) throw new Error(`no redirect but ${status}: ${textOf(body)}`);
    return redirect;
  }

  async decide(form: URLSearchParams, decision: 'allow' | 'deny'): Promise<Outcome> {
    const filled = new URLSearchParams(form);
    filled.set('decision', decision);
    return this.follow(await this.open(`${this.gatewayUrl}/consent`, { body: filled }));
  }

  /** Revokes every agent on the person's own page. */
  async revokeAll(): Promise<Outcome> {
    const { body } = await this.visit(`${this.gatewayUrl}/account`);
    const form = new URLSearchParams({ csrf: formOf(body).get('csrf') ?? '', grant: '*' });
    return this.follow(await this.open(`${this.gatewayUrl}/account/revoke`, { body: form }));
  }

  /** Opens a page of the gateway, and signs in if it wants that. */
  async visit(url: string | URL): Promise<Outcome> {
    return this.follow(await this.open(url));
  }

  /** One request, as the browser sends it: with its cookies, from our own page. */
  async open(
    url: string | URL,
    {
      body,
      headers = {},
    }: { readonly body?: URLSearchParams; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const answer = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(this.cookies.size > 0 ? { Cookie: Array.from(this.cookies, (pair) => pair.join('=')).join('; ') } : {}),
        ...(body === undefined ? {} : { Origin: this.gatewayUrl, 'Sec-Fetch-Site': 'same-origin' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** Goes where the browser would, through the identity provider and back, until a page or an address elsewhere. */
  async follow(answer: Response): Promise<Outcome> {
    let current = answer;
    let at = current.url;
    for (let step = 0; step < 10; step += 1) {
      const location = current.headers.get('location');
      if (location === null) return { redirect: undefined, status: current.status, body: await current.text() };
      await current.body?.cancel();
      const next = new URL(location, at);
      if (next.origin === this.issuer.issuer) {
        at = await this.issuer.logIn(next.href, this.name);
        current = await this.open(at);
      } else if (next.origin === this.gatewayUrl) {
        at = next.href;
        current = await this.open(next);
      } else {
        return { redirect: next, status: current.status, body: '' };
      }
    }
    throw new Error('redirects without end');
  }
}

/** Hidden fields of the page's form. */
function formOf(html: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input\b[^>]*>/g)) {
    const [name, value] = ['name', 'value'].map((attribute) => new RegExp(`\\b${attribute}="([^"]*)"`).exec(tag)?.[1]);
    if (name !== undefined && value !== undefined) fields.append(name, value);
  }
  return fields;
}

function textOf(html: string): string {
  return html
    .replace(/<style.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
