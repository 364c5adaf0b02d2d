import { AUTH_KEYS, type PersonRecord } from '../../../../../lambda/contract/auth-record';
import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import type { RefresherAnswer, RefresherRequest } from '../../../../../lambda/contract/refresher-api';
import type { AuthzAnswer, AuthzRequest } from '../../../../../lambda/core/authz/http';
import type { AuthEvent } from '../../../../../lambda/core/authz/ports';
import { openSession, readSession } from '../../../../../lambda/core/authz/session';
import type { ConnectableConfig, ConnectDeps } from '../../../../../lambda/core/connect/connect-deps';
import { serveConnect } from '../../../../../lambda/core/connect/serve-connect';
import { serveConnectCallback } from '../../../../../lambda/core/connect/serve-connect-callback';
import { authorizationRequestUrl } from '../../../../../lambda/core/connections/authorization-request';
import { codeOfCallback } from '../../../../../lambda/core/connections/callback-check';
import type { PersonKeyMaker } from '../../../../../lambda/core/connections/ports';
import type {
  AuthorizationTarget,
  ProviderAccount,
  ProviderClient,
  ProviderProblem,
  ProviderTokens,
} from '../../../../../lambda/core/connections/provider-port';
import { openTicket, sealTicket, type Ticket } from '../../../../../lambda/core/connections/ticket';
import type { BackendFailure } from '../../../../../lambda/core/ports';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import type { DataKey } from '../../../../../lambda/core/vault/seal-value';
import type { ProviderFacts } from '../../../../../lambda/providers/provider-facts';
import { type TestClock, testClock } from '../../../../helpers/clock';
import { type FakeAuthStore, fakeAuthStore } from '../../../../helpers/fake-auth-store';
import { type FakeConnections, fakeConnections } from '../../../../helpers/fake-connections';
import { grant } from '../authz/pages/page-fixture';

export const ISSUER = 'https://mcp.acme.example';
export const NOW_MS = Date.UTC(2026, 10, 1, 12);
export const ADA = 'a'.repeat(43);
export const BOB = 'b'.repeat(43);
export const SESSION_KEY = Buffer.alloc(32, 7);
export const THROTTLED = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;
export const KMS_DOWN = { service: 'kms', kind: 'unavailable', name: 'KMSInternalException' } as const;

const EVIDENCE: ProviderFacts['evidence'] = { confidence: 'high', verifiedOn: '2026-11-01', sources: [] };

export const GITHUB: ConnectableConfig = {
  name: 'github',
  kind: 'oauth',
  facts: {
    id: 'github',
    name: 'GitHub',
    oauth: {
      issuer: 'https://github.com/login/oauth',
      authorizationEndpoint: 'https://github.com/login/oauth/authorize',
      tokenEndpoint: 'https://github.com/login/oauth/access_token',
      revocation: { style: 'rfc7009', endpoint: 'https://api.github.com/revoke', ends: 'token' },
      pkce: 'send',
      clientAuthentication: 'client_secret_post',
      tokenRequestFormat: 'form',
      scopeSeparator: ' ',
      defaultScopes: [],
      refresh: { issued: true, rotation: 'always' },
    },
    evidence: EVIDENCE,
  },
  client: { clientId: 'gateway-at-github', isPublic: false },
  scopes: ['repo', 'read:user'],
  origins: ['https://api.githubcopilot.com'],
  headers: { Authorization: 'Bearer {access-token}' },
  usedBy: ['github'],
};

export const NOTION: ConnectableConfig = {
  ...GITHUB,
  name: 'notion',
  facts: { ...GITHUB.facts, id: 'notion', name: 'Notion' },
  scopes: [],
  usedBy: ['notion', 'wiki'],
};

export const STRIPE: ConnectableConfig = {
  name: 'stripe',
  kind: 'key',
  facts: {
    id: 'stripe',
    name: 'Stripe',
    apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://dashboard.stripe.com/apikeys' },
    evidence: EVIDENCE,
  },
  scopes: [],
  origins: ['https://mcp.stripe.com'],
  headers: { Authorization: 'Bearer {key}' },
  usedBy: ['stripe'],
};

export const person = (subject: string): PersonRecord => ({
  subject,
  displayName: subject === ADA ? 'ada@acme.example' : 'bob@acme.example',
  groups: [],
  isAdministrator: false,
  authenticatedAtMs: NOW_MS,
});

/** What pages show of Ada's connection. */
export function connection(provider: string, facts: Partial<ConnectionRecord['facts']> = {}): ConnectionRecord {
  return {
    subject: ADA,
    provider,
    status: 'active',
    version: 1,
    call: '',
    lastUsedAtMs: NOW_MS - 90_000,
    facts: {
      kind: 'oauth',
      connectionId: 'c1',
      account: { id: '583231', name: 'octocat', workspaceName: 'Acme' },
      scopes: ['repo', 'read:user'],
      connectedAtMs: NOW_MS - 3 * 86_400_000,
      failures: 0,
      ...facts,
    },
  };
}

/** A platform whose answers a test decides, and which says what it was asked. */
export interface FakePlatform extends ProviderClient {
  readonly asked: { readonly what: string; readonly details?: unknown }[];
  target_: () => Result<AuthorizationTarget, ProviderProblem>;
  tokens: (code: string) => Result<ProviderTokens, ProviderProblem>;
  account: () => Result<ProviderAccount | undefined, ProviderProblem>;
  revocation: () => Result<boolean, ProviderProblem>;
  /** Awaited before an exchange answers. */
  meanwhile: () => Promise<void>;
}

export function fakePlatform(clock: TestClock): FakePlatform {
  const platform: FakePlatform = {
    asked: [],
    target_: () =>
      ok({
        issuer: 'https://github.com/login/oauth',
        authorizationEndpoint: 'https://github.com/login/oauth/authorize',
        clientId: 'gateway-at-github',
      }),
    tokens: (code) =>
      ok({
        accessToken: `at-of-${code}`,
        refreshToken: `rt-of-${code}`,
        expiresAtMs: clock.now() + 3_600_000,
        scopes: ['repo', 'read:user'],
        answer: {},
      }),
    account: () => ok({ id: '583231', name: 'octocat', workspaceId: 'org-1', domain: 'acme.example' }),
    revocation: () => ok(true),
    meanwhile: async () => undefined,
    target: async () => {
      platform.asked.push({ what: 'target' });
      return platform.target_();
    },
    authorizationUrl: authorizationRequestUrl,
    exchange: async (_provider, target, attempt, callback) => {
      platform.asked.push({ what: 'exchange' });
      await platform.meanwhile();
      const expected = { state: attempt.state, issuer: target.issuer, sendsIssuer: target.sendsIssuer ?? false };
      const code = codeOfCallback(callback, expected);
      if (!code.ok) return code;
      platform.asked.push({ what: 'token', details: { code: code.value, ...attempt } });
      return platform.tokens(code.value);
    },
    refresh: async () => err({ kind: 'invalid', cause: 'connect does not refresh' }),
    revoke: async (_provider, _facts, tokens) => {
      platform.asked.push({ what: 'revoke', details: tokens });
      return platform.revocation();
    },
    identify: async () => {
      platform.asked.push({ what: 'identify' });
      return platform.account();
    },
  };
  return platform;
}

export interface FakeKeys extends PersonKeyMaker {
  readonly made: DataKey[];
  readonly contexts: unknown[];
  readonly failures: BackendFailure[];
}

export function fakeKeys(): FakeKeys {
  const keys: FakeKeys = {
    made: [],
    contexts: [],
    failures: [],
    make: async (context) => {
      const failure = keys.failures.shift();
      if (failure !== undefined) return err(failure);
      const count = keys.made.length + 1;
      const key = { plaintext: new Uint8Array(32).fill(count), wrapped: new Uint8Array(16).fill(count) };
      keys.made.push(key);
      keys.contexts.push(context);
      return ok(key);
    },
  };
  return keys;
}

export interface Scene {
  readonly clock: TestClock;
  readonly store: FakeAuthStore;
  readonly connections: FakeConnections;
  readonly platform: FakePlatform;
  readonly keys: FakeKeys;
  readonly events: AuthEvent[];
  readonly refresherAsked: RefresherRequest[];
  refresherAnswers: () => Result<RefresherAnswer, BackendFailure>;
  readonly deps: ConnectDeps;
  /** What a person's browser holds. */
  browser(subject?: string): Promise<Browser>;
  ticket(values?: Partial<Ticket>): string;
}

export function scene(
  providers: readonly ConnectableConfig[] = [GITHUB, NOTION, STRIPE],
  tick?: () => Promise<void>,
): Scene {
  const clock = testClock(NOW_MS);
  const store = fakeAuthStore({ now: clock.now, ...(tick && { tick }) });
  const connections = fakeConnections(clock, tick && { tick });
  const platform = fakePlatform(clock);
  const keys = fakeKeys();
  const events: AuthEvent[] = [];
  const refresherAsked: RefresherRequest[] = [];
  let bytes = 0;
  const self: Scene = {
    clock,
    store,
    connections,
    platform,
    keys,
    events,
    refresherAsked,
    refresherAnswers: () => ok({ outcome: 'done', revokedAtProvider: true }),
    deps: {
      store,
      now: clock.now,
      randomBytes: (length) => {
        bytes += 1;
        return new Uint8Array(length).map((_, i) => (i < 4 ? (bytes >> (8 * i)) & 255 : 1));
      },
      log: (event) => events.push(event),
      issuer: ISSUER,
      config: { branding: { name: 'Acme' } },
      upstreamNames: ['github', 'notion', 'wiki', 'stripe'],
      connect: {
        gatewayId: 'gw-1',
        providers: new Map(providers.map((provider) => [provider.name, provider])),
        connections,
        keys,
        client: platform,
        refresher: {
          ask: async (request) => {
            refresherAsked.push(request);
            return self.refresherAnswers();
          },
        },
        openTicket: async (text) => ok(openTicket(SESSION_KEY, text, clock.now())),
        pause: async () => undefined,
      },
    },
    browser: async (subject = ADA) => {
      const browser = new Browser(self.deps);
      await letClaudeAct(store);
      await browser.signIn(subject);
      return browser;
    },
    ticket: (values = {}) =>
      sealTicket(
        SESSION_KEY,
        {
          subject: ADA,
          provider: 'github',
          grantId: 'g1',
          expiresAtMs: clock.now() + 600_000,
          nonce: 'nonce-1',
          ...values,
        },
        Buffer.alloc(12, 3),
      ),
  };
  return self;
}

/** Ada's grant for the agent whose links `ticket` makes. */
export function letClaudeAct(store: FakeAuthStore) {
  return store.create(AUTH_KEYS.grant(ADA, 'g1'), grant('g1'), { validUntilMs: NOW_MS + 86_400_000 });
}

type Fields = Readonly<Record<string, string>>;

/** A browser: keeps cookies, sends forms with the headers of one. */
export class Browser {
  readonly cookies = new Map<string, string>();
  csrf = '';
  private readonly deps: ConnectDeps;

  constructor(deps: ConnectDeps) {
    this.deps = deps;
  }

  async signIn(subject: string): Promise<void> {
    const opened = await openSession(person(subject), this.deps);
    if (!opened.ok) throw new Error('no session');
    this.keep([opened.value]);
    const session = await readSession(this.headers(), this.deps);
    this.csrf = session.ok && typeof session.value === 'object' ? session.value.csrf : '';
  }

  keep(set: readonly string[] = []): void {
    for (const line of set) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  request(method: string, pathAndQuery: string, headers: Fields = {}, body = ''): AuthzRequest {
    const url = new URL(pathAndQuery, ISSUER);
    const query: Record<string, string[]> = Object.create(null);
    for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name);
    return { method, path: url.pathname, query, headers: { ...this.headers(), ...headers }, body, requestId: 'req-1' };
  }

  get(pathAndQuery: string): Promise<AuthzAnswer> {
    return this.send(this.request('GET', pathAndQuery));
  }

  form(path: string, fields: Fields = {}, headers: Fields = {}): AuthzRequest {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields }).toString();
    const sent = {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'null',
      'sec-fetch-site': 'same-origin',
    };
    return this.request('POST', path, { ...sent, ...headers }, body);
  }

  post(path: string, fields: Fields = {}, headers: Fields = {}): Promise<AuthzAnswer> {
    return this.send(this.form(path, fields, headers));
  }

  async send(request: AuthzRequest): Promise<AuthzAnswer> {
    const serve = request.path.startsWith('/callback/') ? serveConnectCallback : serveConnect;
    const answer = await serve(request, this.deps);
    this.keep(answer.cookies);
    return answer;
  }

  /** Presses the button; the query the platform was asked with. */
  async begin(provider = 'github', fields: Fields = {}): Promise<URLSearchParams> {
    const { headers, status } = await this.post(`/connect/${provider}`, fields);
    if (status !== 303) throw new Error(`not begun: ${status}`);
    return new URL(headers['Location'] ?? '').searchParams;
  }

  /** As {@link begin}, and comes back with a code. */
  async connect(provider = 'github', code = 'code-1', fields: Fields = {}): Promise<AuthzAnswer> {
    const { state } = Object.fromEntries(await this.begin(provider, fields));
    return this.get(back(provider, { code, state: state ?? '' }));
  }
}

export function back(provider: string, parameters: Fields): string {
  return `/callback/${provider}?${new URLSearchParams(parameters)}`;
}

export const titleOf = ({ body }: AuthzAnswer) => /<h1[^>]*>(.*?)<\/h1>/s.exec(body)?.[1]?.replace(/<[^>]*>/g, '');
export const locationOf = ({ headers }: AuthzAnswer) => headers['Location'];
export const askedFor = ({ asked }: FakePlatform, what: string) => asked.filter((one) => one.what === what);
