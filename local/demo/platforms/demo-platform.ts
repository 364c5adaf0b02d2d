import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import type { ProviderFacts } from '../../../lambda/providers/provider-facts';
import { accountMcp, type ListTool } from './account-mcp';
import { consentPage, readDecision } from './consent-page';
import { demoAccount } from './demo-account';
import { noCounts, type PlatformCounts } from './platform-counts';
import { PlatformFaults } from './platform-faults';
import type { PlatformKnobs } from './platform-knobs';
import type { RecordedExchange } from './platform-recorder';
import {
  bearerOf,
  json,
  MCP_PATH,
  type PlatformAnswer,
  type PlatformRequest,
  type PlatformRoute,
  page,
  redirectTo,
  startPlatformServer,
} from './platform-server';
import { relocated } from './relocated';
import { TokenBook, type TokenRules } from './token-book';

/** A third party on loopback, and what a test sees and turns. */
export interface DemoPlatform {
  /** As people know it. */
  readonly name: string;
  readonly origin: string;
  readonly port: number;
  /** Streamable HTTP URL of its MCP server. */
  readonly mcpUrl: string;
  /** How a gateway is set up for it. */
  readonly provider: ProviderConfig;
  /** Absent: the gateway registers itself. */
  readonly clientSecret: string | undefined;
  readonly knobs: PlatformKnobs;
  readonly faults: PlatformFaults;
  readonly counts: Readonly<PlatformCounts>;
  readonly liveAccessTokens: number;
  readonly liveRefreshTokens: number;
  /** Every access token is over at once; refresh tokens live. */
  endAccessTokens(): void | Promise<void>;
  /** Refresh tokens are over, as if the person had thrown the app out; access tokens live on to their end. */
  endRefreshTokens(): void | Promise<void>;
  close(): Promise<void>;
}

export interface PlatformOptions {
  /** @default a free one */
  readonly port?: number;
  readonly knobs?: Partial<PlatformKnobs>;
  readonly clock?: () => number;
  /** Is given everything the platform is sent, and what it answers. */
  readonly onExchange?: (exchange: RecordedExchange) => void;
}

/** Parts a platform's own file puts together. */
export interface PlatformParts {
  readonly origin: string;
  readonly client: DemoClient;
  readonly book: TokenBook;
  readonly knobs: PlatformKnobs;
  readonly counts: PlatformCounts;
  /** The consent page; the answer to it redirects to the client. */
  ask(question: AuthorizationQuestion): PlatformAnswer;
}

export interface DemoClient {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
}

/** What a client asks a person for. Its client id and redirect address have been checked. */
export interface AuthorizationQuestion {
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly scopes: readonly string[];
  readonly challenge: string | undefined;
  /** Whether a refresh token may come of it, for whichever account is chosen. */
  readonly isOffline: (accountId: string) => boolean;
  /** Beside `code` and `state` in the callback. */
  readonly callback?: Readonly<Record<string, string>>;
}

export interface PlatformSpec {
  /** What the gateway calls it. */
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly rules: TokenRules;
  readonly list: ListTool;
  readonly knobs: Pick<PlatformKnobs, 'tokenLifetimeSeconds'>;
  readonly scopes: readonly string[];
  /** Of the platform it stands in for. */
  readonly facts: ProviderFacts;
  readonly routes: (parts: PlatformParts) => PlatformRoutes;
}

/** `POST /token` -> what answers there. */
export type PlatformRoutes = Readonly<Record<string, PlatformRoute>>;

/** Of a gateway on this machine, whatever its port: it is not known when the platform starts. */
const GATEWAY_CALLBACK = /^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}\/callback\/[a-z][a-z0-9-]*$/;

export function isGatewayCallback(redirectUri: string | null): redirectUri is string {
  return redirectUri !== null && GATEWAY_CALLBACK.test(redirectUri);
}

/** A platform with one client, the gateway, and an API that is an MCP server. */
export async function startDemoPlatform(spec: PlatformSpec, options: PlatformOptions = {}): Promise<DemoPlatform> {
  const knobs: PlatformKnobs = {
    graceSeconds: 0,
    issuesRefreshTokens: true,
    grantedScopes: undefined,
    delayMs: 0,
    ...spec.knobs,
    ...options.knobs,
  };
  const counts = noCounts();
  const faults = new PlatformFaults();
  const book = new TokenBook(spec.rules, knobs, counts, options.clock ?? Date.now);
  const client = { id: spec.clientId, secret: randomBytes(24).toString('base64url'), name: 'MCP gateway' };
  const mcp = accountMcp(spec.name, spec.list, (authorization) => book.grantOf(bearerOf({ authorization }))?.account);
  const server = await startPlatformServer({
    port: options.port,
    faults,
    delayMs: () => knobs.delayMs,
    onExchange: options.onExchange,
    others: {
      endpointOf: (path) => (path === MCP_PATH ? 'mcp' : 'other'),
      serve: (request, response) => {
        if (!request.url?.startsWith(MCP_PATH)) return void response.writeHead(404).end();
        if (book.use(bearerOf(request.headers)) === undefined) return refuseToken(response);
        mcp.serve(request, response).catch(() => response.destroy());
      },
    },
  });

  const questions = new Map<string, AuthorizationQuestion>();
  const parts: PlatformParts = {
    origin: server.origin,
    client,
    book,
    knobs,
    counts,
    ask: (question) => {
      const id = randomBytes(16).toString('base64url');
      questions.set(id, question);
      const { scopes } = question;
      const asked = { platform: spec.name, client: client.name, scopes, fields: { question: id }, action: CONSENT };
      return page(200, consentPage(asked));
    },
  };
  const decide = ({ body }: PlatformRequest): PlatformAnswer => {
    const form = new URLSearchParams(body);
    const question = questions.get(form.get('question') ?? '');
    questions.delete(form.get('question') ?? '');
    if (question === undefined) return page(400, 'This question has been answered: start again where you came from.');
    const account = demoAccount(readDecision(form).account);
    const location = new URL(question.redirectUri);
    if (account === undefined) {
      location.searchParams.set('error', 'access_denied');
    } else {
      const code = randomBytes(24).toString('base64url');
      const { scopes, redirectUri, challenge } = question;
      const granted = knobs.grantedScopes;
      book.addCode(code, {
        grant: {
          account,
          clientId: client.id,
          scopes: granted === undefined ? scopes : scopes.filter((scope) => granted.includes(scope)),
          isOffline: knobs.issuesRefreshTokens && question.isOffline(account.id),
        },
        redirectUri,
        challenge,
      });
      location.searchParams.set('code', code);
    }
    if (question.state !== undefined) location.searchParams.set('state', question.state);
    for (const [name, value] of Object.entries(question.callback ?? {})) location.searchParams.set(name, value);
    return redirectTo(location.href);
  };
  server.routes.set(`POST ${CONSENT}`, { answer: decide });
  for (const [route, answer] of Object.entries(spec.routes(parts))) server.routes.set(route, answer);

  return {
    name: spec.name,
    origin: server.origin,
    port: server.port,
    mcpUrl: server.origin + MCP_PATH,
    provider: providerOf(spec, server.origin),
    clientSecret: client.secret,
    knobs,
    faults,
    counts,
    get liveAccessTokens() {
      return book.liveAccessTokens;
    },
    get liveRefreshTokens() {
      return book.liveRefreshTokens;
    },
    endAccessTokens: () => book.endAccessTokens(),
    endRefreshTokens: () => book.endRefreshTokens(),
    close: async () => {
      await server.close();
      await mcp.close();
    },
  };
}

const CONSENT = '/demo/consent';

function refuseToken(response: ServerResponse): void {
  const { status, headers, body } = json(401, { error: 'invalid_token' }, { 'WWW-Authenticate': 'Bearer' });
  response.writeHead(status, headers).end(body);
}

function providerOf({ id, name, clientId, scopes, facts }: PlatformSpec, origin: string): ProviderConfig {
  return {
    name: id,
    kind: 'oauth',
    facts: relocated(facts, name, origin),
    client: { clientId, isPublic: false },
    scopes,
    origins: [origin],
    headers: { Authorization: 'Bearer {access_token}' },
  };
}
