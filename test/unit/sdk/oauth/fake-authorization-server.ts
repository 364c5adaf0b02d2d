import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { closeNow, listenOnLoopback } from '../../../../local/demo/listen';

export interface FakeAuthorizationServer {
  readonly url: string;
  /** What was asked, in order: `GET /authorize`, `POST /token authorization_code`. */
  readonly asked: string[];
  /** Forms the token endpoint got. */
  readonly forms: URLSearchParams[];
  /** Registrations it got. */
  readonly registrations: Record<string, unknown>[];
  /** Authorization requests it got. */
  readonly requests: URLSearchParams[];
  /** Tokens that open the vault; a test takes them out to revoke them. */
  readonly accepted: Set<string>;
  /** Scopes the vault knows. */
  vaultScopes: readonly string[];
  /** Answers `/vault/v1/connections`, to whoever has a token; without it there is no such thing. */
  connections?: (method: string, path: string, body: string) => { status: number; body?: object };
  /** What is different from a proper server. */
  misbehave: Misbehaviour;
  close(): Promise<void>;
}

export interface Misbehaviour {
  readonly resourceMetadata?: object;
  readonly metadata?: object;
  /** Added to, or replacing parts of, the answer in the browser. */
  readonly answer?: (answer: URLSearchParams) => void;
  /** Instead of a token answer. */
  readonly token?: (form: URLSearchParams) => { status: number; body: object; headers?: object } | undefined;
}

/** A gateway with an authorization server of its own, where whoever asks has consented already. */
export async function fakeAuthorizationServer(): Promise<FakeAuthorizationServer> {
  const codes = new Map<string, { challenge: string; redirectUri: string; clientId: string }>();
  let generation = 0;
  const server = createServer((incoming, answer) => void serve(incoming, answer));
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
  const self: FakeAuthorizationServer = {
    url,
    asked: [],
    forms: [],
    registrations: [],
    requests: [],
    accepted: new Set(),
    vaultScopes: ['vault:manage'],
    misbehave: {},
    close: () => closeNow(server),
  };

  async function serve(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '', url);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const form = new URLSearchParams(body);
    self.asked.push(`${incoming.method} ${pathname} ${form.get('grant_type') ?? ''}`.trim());
    const json = (status: number, document: object, headers: object = {}) =>
      answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document));

    const resource = /^\/\.well-known\/oauth-protected-resource(\/mcp|\/vault\/v1)$/.exec(pathname)?.[1];
    if (resource !== undefined) {
      const scopes = resource === '/mcp' ? ['mcp:tools'] : self.vaultScopes;
      const proper = { resource: url + resource, authorization_servers: [url], scopes_supported: scopes };
      json(200, { ...proper, ...self.misbehave.resourceMetadata });
    } else if (pathname === '/.well-known/oauth-authorization-server') {
      json(200, { ...properMetadata(url), ...self.misbehave.metadata });
    } else if (pathname === '/register') {
      self.registrations.push(JSON.parse(body) as Record<string, unknown>);
      json(201, { ...JSON.parse(body), client_id: `dynamic-${self.registrations.length}` });
    } else if (pathname === '/authorize') {
      self.requests.push(searchParams);
      const code = randomBytes(8).toString('hex');
      const [challenge, redirectUri, clientId] = ['code_challenge', 'redirect_uri', 'client_id'].map(
        (name) => searchParams.get(name) ?? '',
      ) as [string, string, string];
      codes.set(code, { challenge, redirectUri, clientId });
      const parameters = new URLSearchParams({ code, state: searchParams.get('state') ?? '', iss: url });
      self.misbehave.answer?.(parameters);
      answer.writeHead(303, { location: `${redirectUri}?${parameters}` }).end();
    } else if (pathname === '/token') {
      self.forms.push(form);
      const other = self.misbehave.token?.(form);
      if (other) json(other.status, other.body, other.headers);
      else if (form.get('grant_type') === 'authorization_code' && !redeem(form)) json(400, { error: 'invalid_grant' });
      else {
        generation += 1;
        const accessToken = `access-${generation}`;
        self.accepted.add(accessToken);
        json(200, {
          access_token: accessToken,
          token_type: 'Bearer',
          expires_in: 300,
          refresh_token: `refresh-${generation}`,
        });
      }
    } else if (pathname === '/revoke') json(200, {});
    else if (pathname.startsWith('/vault/v1/connections') && self.connections) {
      const token = incoming.headers.authorization?.replace('Bearer ', '') ?? '';
      const said = self.accepted.has(token)
        ? self.connections(incoming.method ?? '', pathname, body)
        : { status: 401, body: { error: { code: 'unauthorized', message: 'No', help: 'Sign in.' } } };
      if (said.body === undefined) answer.writeHead(said.status).end();
      else json(said.status, said.body);
    } else if (pathname.startsWith('/vault/v1/keys')) {
      const token = incoming.headers.authorization?.replace('Bearer ', '') ?? '';
      if (self.accepted.has(token)) json(200, { provider: 'stripe', version: 1, keys: [], configured: ['stripe'] });
      else json(401, { error: { code: 'unauthorized', message: 'No', help: 'Sign in.' } });
    } else json(404, {});
  }

  function redeem(form: URLSearchParams): boolean {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    return (
      code?.challenge === challenge &&
      code.redirectUri === form.get('redirect_uri') &&
      code.clientId === form.get('client_id')
    );
  }
  return self;
}

function properMetadata(url: string): object {
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    registration_endpoint: `${url}/register`,
    revocation_endpoint: `${url}/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    authorization_response_iss_parameter_supported: true,
  };
}

/** A browser whose person agrees: follows the server to the loopback address. Gives what is shown there. */
export async function browse(address: string, headers: Record<string, string> = {}): Promise<BrowserPage> {
  const first = await get(address, {});
  return first.location === undefined ? first : get(first.location, headers);
}

export interface BrowserPage {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
  readonly location: string | undefined;
}

export function get(address: string, headers: Record<string, string> = {}, method = 'GET'): Promise<BrowserPage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { method, headers, agent: false }, async (incoming) => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const { statusCode = 0, headers } = incoming;
      resolve({ status: statusCode, text, headers, location: headers.location });
    });
    outgoing.once('error', reject).end();
  });
}
