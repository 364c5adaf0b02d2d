import { createHash, randomBytes } from 'node:crypto';
import { PATHS } from '../../../lambda/contract/paths';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';

/** Parameters as a test changes them: `undefined` leaves one out, a list sends it more than once. */
export type Change = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface AgentOptions {
  /** Of the authorization server. */
  readonly url: string;
  readonly clientId: string;
  readonly redirectUri?: string;
  readonly resource: string;
  readonly scope?: string;
}

export const REDIRECT_URI = 'http://127.0.0.1:33333/callback';

/** An OAuth client that writes each request by hand, and so can write it wrong. */
export class Agent {
  readonly redirectUri: string;
  readonly verifier = randomBytes(32).toString('base64url');
  readonly state = randomBytes(8).toString('base64url');
  readonly #scope: string;

  constructor(readonly options: AgentOptions) {
    this.redirectUri = options.redirectUri ?? REDIRECT_URI;
    this.#scope = options.scope ?? 'mcp:tools';
  }

  /** A client that has just registered itself. */
  static async registered(url: string, resource: string, name = 'Agent'): Promise<Agent> {
    const answer = await register(url, { client_name: name });
    const { client_id: clientId } = JSON.parse(answer.text) as { client_id: string };
    return new Agent({ url, clientId, resource });
  }

  /** The same client with a verifier and a state of its own. */
  again(change: Partial<AgentOptions> = {}): Agent {
    return new Agent({ ...this.options, ...change });
  }

  authorizationUrl(change: Change = {}): URL {
    const url = new URL(PATHS.authorize, this.options.url);
    url.search = parameters({
      response_type: 'code',
      client_id: this.options.clientId,
      redirect_uri: this.redirectUri,
      scope: this.#scope,
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      resource: this.options.resource,
      ...change,
    }).toString();
    return url;
  }

  codeForm(code: string, change: Change = {}): URLSearchParams {
    return parameters({
      grant_type: 'authorization_code',
      client_id: this.options.clientId,
      redirect_uri: this.redirectUri,
      code_verifier: this.verifier,
      resource: this.options.resource,
      code,
      ...change,
    });
  }

  refreshForm(token: string, change: Change = {}): URLSearchParams {
    return parameters({
      grant_type: 'refresh_token',
      client_id: this.options.clientId,
      refresh_token: token,
      ...change,
    });
  }

  redeem(code: string, change?: Change): Promise<RawAnswer> {
    return postForm(this.options.url + PATHS.token, this.codeForm(code, change));
  }

  refresh(token: string, change?: Change): Promise<RawAnswer> {
    return postForm(this.options.url + PATHS.token, this.refreshForm(token, change));
  }

  revoke(token: string, change: Change = {}): Promise<RawAnswer> {
    const form = parameters({ client_id: this.options.clientId, token, ...change });
    return postForm(this.options.url + PATHS.revoke, form);
  }
}

export function register(url: string, change: Readonly<Record<string, unknown>> = {}): Promise<RawAnswer> {
  const body = { client_name: 'Agent', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none', ...change };
  return rawCall(url + PATHS.register, {
    headers: ['Content-Type', 'application/json'],
    body: JSON.stringify(body),
  });
}

export function postForm(url: string, form: URLSearchParams, headers: readonly string[] = []): Promise<RawAnswer> {
  return rawCall(url, {
    headers: ['Content-Type', 'application/x-www-form-urlencoded', ...headers],
    body: form.toString(),
  });
}

export function parameters(values: Change): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one);
  }
  return form;
}

/** The tokens of an answer; fails with what it says when there are none. */
export function tokensOf({ status, text }: Pick<RawAnswer, 'status' | 'text'>): Tokens {
  if (status !== 200) throw new Error(`no tokens but ${status}: ${text}`);
  return JSON.parse(text) as Tokens;
}

/** What a program learns from a refusal. */
export function errorOf({ text }: Pick<RawAnswer, 'text'>): string | undefined {
  return (JSON.parse(text) as { error?: string }).error;
}

export function codeOf(redirect: URL): string {
  const code = redirect.searchParams.get('code');
  if (code === null) throw new Error(`no code but ${redirect.search}`);
  return code;
}

export function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}
