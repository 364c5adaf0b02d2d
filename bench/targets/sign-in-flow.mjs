// A client and a person's browser in front of an authorization server that is called with events, whoever's it is.
import { createHash, randomBytes } from 'node:crypto';
import { restEvent } from './rest-event.mjs';

const REDIRECT_URI = 'http://127.0.0.1:33418/callback';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const CONTEXT = { awsRequestId: '00000000-0000-4000-8000-000000000000', getRemainingTimeInMillis: () => 29_000 };

export class SignInFlow {
  #server;
  #clientId;
  #code;
  #verifier;
  #tokens;

  /** `server`: `{ handler, origin, idp, resource, scope }`. */
  constructor(server) {
    this.#server = server;
  }

  get tokens() {
    return { clientId: this.#clientId, ...this.#tokens };
  }

  /** Dynamic registration, as clients without a metadata document do. */
  async register() {
    const metadata = {
      client_name: 'Bench',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    const headers = { 'content-type': 'application/json' };
    const { answer } = await this.#send('POST', '/register', headers, JSON.stringify(metadata));
    if (answer.statusCode !== 201) throw new Error(`registration answered ${answer.statusCode}: ${answer.body}`);
    this.#clientId = JSON.parse(answer.body).client_id;
  }

  /**
   * From the client's authorization request to its code, in a browser without cookies: every request the authorization
   * server gets meanwhile. The way through the identity provider's own pages is not one of them.
   */
  async authorize() {
    const cost = { us: 0, cpuUs: 0 };
    const cookies = new Map();
    this.#verifier = randomBytes(32).toString('base64url');
    let request = { method: 'GET', url: this.#authorizationUrl(), body: null };
    for (let step = 0; step < 12; step += 1) {
      const headers = {
        accept: 'text/html',
        ...(cookies.size > 0 ? { cookie: Array.from(cookies, (pair) => pair.join('=')).join('; ') } : {}),
        ...(request.body === null ? {} : { ...FORM, origin: this.#server.origin, 'sec-fetch-site': 'same-origin' }),
      };
      const { answer, us, cpuUs } = await this.#send(request.method, request.url, headers, request.body);
      cost.us += us;
      cost.cpuUs += cpuUs;
      keepCookies(cookies, answer);
      const location = headerOf(answer, 'location');
      if (location?.startsWith(REDIRECT_URI)) {
        this.#code = new URL(location).searchParams.get('code');
        if (!this.#code) throw new Error(`sign-in refused: ${location}`);
        return cost;
      }
      request = location === undefined ? this.#submit(answer, request.url) : this.#follow(location, request.url);
    }
    throw new Error('redirects without end');
  }

  async token() {
    return this.#redeem({
      grant_type: 'authorization_code',
      code: this.#code,
      code_verifier: this.#verifier,
      redirect_uri: REDIRECT_URI,
    });
  }

  async refresh() {
    const before = this.#tokens.refreshToken;
    const cost = await this.#redeem({ grant_type: 'refresh_token', refresh_token: before });
    if (this.#tokens.refreshToken === before) throw new Error('the refresh token was not rotated');
    return cost;
  }

  #authorizationUrl() {
    const { origin, resource, scope } = this.#server;
    const url = new URL('/authorize', origin);
    const parameters = {
      response_type: 'code',
      client_id: this.#clientId,
      redirect_uri: REDIRECT_URI,
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'bench-state',
      resource,
      scope,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  #follow(location, from) {
    const to = new URL(location, from);
    if (to.origin !== this.#server.idp) return { method: 'GET', url: to.href, body: null };
    const back = new URL(to.searchParams.get('redirect_uri'));
    back.searchParams.set('code', to.searchParams.get('nonce'));
    back.searchParams.set('state', to.searchParams.get('state'));
    back.searchParams.set('iss', this.#server.idp);
    return { method: 'GET', url: back.href, body: null };
  }

  /** Says yes on the consent page. */
  #submit(answer, from) {
    const [, action] = /<form\b[^>]*\baction="([^"]*)"/.exec(answer.body) ?? [];
    if (answer.statusCode !== 200 || action === undefined) {
      throw new Error(`no consent page but ${answer.statusCode}: ${answer.body.slice(-500)}`);
    }
    const fields = new URLSearchParams();
    for (const [tag] of answer.body.matchAll(/<input\b[^>]*>/g)) {
      const [name, value] = ['name', 'value'].map((key) => new RegExp(`\\b${key}="([^"]*)"`).exec(tag)?.[1]);
      if (name !== undefined && value !== undefined) fields.append(name, value);
    }
    fields.set('decision', 'allow');
    return { method: 'POST', url: new URL(action, from).href, body: fields.toString() };
  }

  async #redeem(parameters) {
    const { resource } = this.#server;
    const body = new URLSearchParams({ client_id: this.#clientId, resource, ...parameters }).toString();
    const { answer, us, cpuUs } = await this.#send('POST', '/token', FORM, body);
    if (answer.statusCode !== 200) throw new Error(`the token endpoint answered ${answer.statusCode}: ${answer.body}`);
    const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(answer.body);
    if (!accessToken || !refreshToken) throw new Error('an access token and a refresh token were expected');
    this.#tokens = { accessToken, refreshToken };
    return { us, cpuUs };
  }

  /** One invocation: event text in, answer text out, as under the runtime client. */
  async #send(method, path, headers, body) {
    const text = JSON.stringify(restEvent(method, new URL(path, this.#server.origin).href, headers, body));
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    const answerText = JSON.stringify(await this.#server.handler(JSON.parse(text), CONTEXT));
    const us = (performance.now() - before) * 1000;
    const cpu = process.cpuUsage(cpuBefore);
    return { answer: JSON.parse(answerText), us, cpuUs: cpu.user + cpu.system };
  }
}

function keepCookies(cookies, answer) {
  const lists = Object.entries(answer.multiValueHeaders ?? {}).filter(([name]) => name.toLowerCase() === 'set-cookie');
  for (const cookie of [...lists.flatMap(([, values]) => values), headerOf(answer, 'set-cookie') ?? []].flat()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    cookies.set(name, value);
  }
}

function headerOf({ headers }, wanted) {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
