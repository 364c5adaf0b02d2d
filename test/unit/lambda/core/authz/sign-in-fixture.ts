import { randomBytes } from 'node:crypto';
import {
  type AuthorizationServerConfig,
  AUTHORIZATION_SERVER_DEFAULTS as DEFAULTS,
} from '../../../../../lambda/config/gateway-config';
import { clientDirectory } from '../../../../../lambda/core/authz/clients/client-directory';
import { documentCache } from '../../../../../lambda/core/authz/clients/document-cache';
import type { AuthzAnswer, AuthzRequest, Parameters } from '../../../../../lambda/core/authz/http';
import type {
  AuthEvent,
  FetchedDocument,
  FetchRefusal,
  IdentityProvider,
  IdpCallback,
  IdpClaims,
  IdpLogin,
  IdpProblem,
} from '../../../../../lambda/core/authz/ports';
import { resourceRules } from '../../../../../lambda/core/authz/resources';
import { type AuthorizeDeps, serveAuthorize } from '../../../../../lambda/core/authz/serve-authorize';
import { serveCallback } from '../../../../../lambda/core/authz/serve-callback';
import { serveConsent } from '../../../../../lambda/core/authz/serve-consent';
import { serveRegister } from '../../../../../lambda/core/authz/serve-register';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import { testClock } from '../../../../helpers/clock';
import { fakeAuthStore } from '../../../../helpers/fake-auth-store';

export const ISSUER = 'https://mcp.acme.example';
export const IDP = 'https://login.acme.example';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
export const THROTTLED = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;

/** Clients of every kind. */
export const CLAUDE = 'https://claude.ai/oauth/mcp-oauth-client-metadata';
export const CLAUDE_CODE = 'https://claude.ai/oauth/claude-code-client-metadata';
export const WEB_CLIENT = 'acme-cli';
export const WEB_REDIRECT = 'https://cli.acme.example/callback';
export const MACHINE_CLIENT = 'nightly-report';

export const DOCUMENTS: Readonly<Record<string, unknown>> = {
  [CLAUDE]: {
    client_id: CLAUDE,
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  // As published: loopback addresses without a port, and no application_type.
  [CLAUDE_CODE]: {
    client_id: CLAUDE_CODE,
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'none',
  },
};

export const CONFIG: AuthorizationServerConfig = {
  identityProvider: {
    issuer: IDP,
    clientId: 'gateway',
    clientAuthentication: 'none',
    scopes: DEFAULTS.idpScopes,
    authorizationParameters: {},
    idTokenAlgorithms: DEFAULTS.idTokenAlgorithms,
    subjectClaim: 'sub',
    groupsClaim: 'groups',
    allowed: { groups: ['staff'] },
    administratorGroups: ['admins'],
  },
  clients: [
    { clientId: WEB_CLIENT, name: 'Acme CLI', redirectUris: [WEB_REDIRECT], grantTypes: ['authorization_code'] },
    { clientId: MACHINE_CLIENT, name: 'Nightly report', redirectUris: [], grantTypes: ['client_credentials'] },
  ],
  clientIdMetadata: { enabled: true, allowedHosts: DEFAULTS.clientIdHosts },
  dynamicRegistration: {
    enabled: true,
    allowedRedirectHosts: DEFAULTS.redirectHosts,
    allowedPrivateSchemes: DEFAULTS.privateSchemes,
    unusedDays: DEFAULTS.unusedDays,
  },
  assertionIssuers: [],
  accessTokenSeconds: DEFAULTS.accessTokenSeconds,
  grantIdleSeconds: DEFAULTS.grantIdleSeconds,
  grantMaxSeconds: DEFAULTS.grantMaxSeconds,
  refreshGraceSeconds: DEFAULTS.refreshGraceSeconds,
  signingKeyRotationDays: 90,
  branding: { name: 'Acme' },
};

export const ALICE: IdpClaims = {
  iss: IDP,
  sub: 'alice',
  email: 'alice@acme.example',
  email_verified: true,
  groups: ['staff'],
};
export const ADMIN: IdpClaims = { iss: IDP, sub: 'root', email: 'root@acme.example', groups: ['staff', 'admins'] };

/** What an attacker or a browser sends, as the front door hands it over. */
export function requestOf(method: string, path: string, changes: Partial<AuthzRequest> = {}): AuthzRequest {
  return { method, path, query: {}, headers: {}, body: '', requestId: 'request-1', ...changes };
}

/** Name/value pairs as parameters; a name may come twice. */
export function parametersOf(pairs: Iterable<readonly [string, string]>): Parameters {
  const parameters: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    parameters[name] ??= [];
    parameters[name].push(value);
  }
  return parameters;
}

/** A valid authorization request of the registered web client; `undefined` takes a parameter away. */
export function authorizeQuery(
  changes: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): Parameters {
  const valid = {
    response_type: 'code',
    client_id: WEB_CLIENT,
    redirect_uri: WEB_REDIRECT,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'client-state',
  };
  const pairs = Object.entries({ ...valid, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => [name, one] as const),
  );
  return parametersOf(pairs);
}

type IdpAnswer = Result<IdpClaims, IdpProblem>;

/** A gateway's sign-in over an auth store in memory and an IdP that answers as told. */
export function signInFixture(config: Partial<AuthorizationServerConfig> = {}, issuer = ISSUER) {
  const clock = testClock();
  // One turn of the loop before and after each effect: concurrent callers interleave.
  const store = fakeAuthStore({ now: clock.now, tick: () => new Promise((resolve) => setImmediate(resolve)) });
  const events: AuthEvent[] = [];
  const fetched: string[] = [];
  const documents = new Map<string, FetchedDocument | { readonly refused: FetchRefusal }>(
    Object.entries(DOCUMENTS).map(([url, document]) => [url, { document }]),
  );
  const redeemed: { readonly login: IdpLogin; readonly callback: IdpCallback }[] = [];
  const idp: { isUp: boolean; answer: (callback: IdpCallback) => IdpAnswer } = { isUp: true, answer: () => ok(ALICE) };
  const identityProvider: IdentityProvider = {
    authorizationUrl: async ({ redirectUri, state, nonce, codeVerifier }) => {
      if (!idp.isUp) return err('idp_unreachable');
      // The verifier itself, which a real IdP never sees: a test wants to know that two logins do not share it.
      const query = new URLSearchParams({ redirect_uri: redirectUri, state, nonce, verifier: codeVerifier });
      return ok(`${IDP}/authorize?${query}`);
    },
    finish: async (login, callback) => {
      redeemed.push({ login, callback });
      return idp.answer(callback);
    },
  };
  const full = { ...CONFIG, ...config };
  const deps: AuthorizeDeps = {
    store,
    now: clock.now,
    randomBytes,
    log: (event) => events.push(event),
    issuer,
    config: full,
    identityProvider,
    upstreamNames: ['stripe', 'mail'],
    clients: clientDirectory({
      store,
      config: full,
      documents: documentCache({
        store,
        now: clock.now,
        fetcher: {
          fetch: async (url) => {
            fetched.push(url);
            await new Promise((resolve) => setImmediate(resolve));
            return ok(documents.get(url) ?? { refused: 'bad_status' });
          },
        },
      }),
    }),
    resources: resourceRules({
      gatewayUrl: issuer,
      upstreamNames: ['stripe', 'mail'],
      scopes: ['mcp:tools', 'mcp:admin'],
    }),
  };
  return { clock, store, events, fetched, documents, redeemed, idp, deps };
}

export type SignInFixture = ReturnType<typeof signInFixture>;

/** A browser: keeps cookies, follows what it is told to, presses buttons. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly deps: AuthorizeDeps) {}

  async authorize(query: Parameters = authorizeQuery()): Promise<AuthzAnswer> {
    return this.#keep(
      await serveAuthorize(requestOf('GET', '/authorize', { query, headers: this.headers() }), this.deps),
    );
  }

  /** The IdP sends the browser back, with the state it was sent there with. */
  async callback(atIdp: AuthzAnswer, changes: Readonly<Record<string, string>> = {}): Promise<AuthzAnswer> {
    const state = new URL(locationOf(atIdp)).searchParams.get('state') ?? '';
    const query = parametersOf(Object.entries({ code: 'idp-code', state, iss: IDP, ...changes }));
    return this.#keep(
      await serveCallback(requestOf('GET', '/idp/callback', { query, headers: this.headers() }), this.deps),
    );
  }

  async consentPage(tx: string): Promise<AuthzAnswer> {
    const query = parametersOf([['tx', tx]]);
    return serveConsent(requestOf('GET', '/consent', { query, headers: this.headers() }), this.deps);
  }

  async answer(
    { tx, csrf }: { readonly tx: string; readonly csrf: string },
    decision: string,
    changes: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = { origin: 'null', 'sec-fetch-site': 'same-origin' },
  ): Promise<AuthzAnswer> {
    const body = new URLSearchParams({ tx, csrf, decision, ...changes }).toString();
    return serveConsent(
      requestOf('POST', '/consent', {
        body,
        headers: { ...this.headers(), 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
      this.deps,
    );
  }

  /** Everything up to the question. */
  async toConsent(
    query?: Parameters,
  ): Promise<{ readonly tx: string; readonly csrf: string; readonly page: AuthzAnswer }> {
    const asked = await this.callback(await this.authorize(query));
    const tx = new URL(locationOf(asked), ISSUER).searchParams.get('tx') ?? '';
    const page = await this.consentPage(tx);
    return { tx, csrf: /name="csrf" value="([\w-]{43})"/.exec(page.body)?.[1] ?? '', page };
  }

  headers(): Readonly<Record<string, string>> {
    return this.cookies.size === 0 ? {} : { cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') };
  }

  #keep(answer: AuthzAnswer): AuthzAnswer {
    for (const cookie of answer.cookies ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0(;|$)/.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}

export async function register(fixture: SignInFixture, metadata: unknown): Promise<AuthzAnswer> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(metadata);
  return serveRegister(requestOf('POST', '/register', { headers, body }), fixture.deps);
}

export function locationOf(answer: AuthzAnswer): string {
  return answer.headers['Location'] ?? '';
}

/** What a client reads from the address it was answered at. */
export function clientAnswer(answer: AuthzAnswer): Readonly<Record<string, string>> {
  return Object.fromEntries(new URL(locationOf(answer)).searchParams);
}
