import { randomBytes, randomUUID } from 'node:crypto';
import { notion } from '../../../lambda/providers/notion';
import {
  type DemoPlatform,
  isGatewayCallback,
  type PlatformOptions,
  type PlatformParts,
  type PlatformRoutes,
  startDemoPlatform,
} from './demo-platform';
import { basicOf, bearerOf, isJson, json, type PlatformAnswer, type PlatformRequest, page } from './platform-server';
import type { PlatformTokens } from './token-book';

const NAME = 'Notion (demo)';
const CLIENT_ID = '1a2b3c4d-0000-4000-8000-00000000d3e0';
const VERSIONS = ['2022-06-28', '2025-09-03', '2026-03-11'];

/**
 * As Notion does: Basic authentication that is not decoded, a JSON body, a version header on everything, no scopes, no
 * `expires_in`, nulls where there is nothing, and a refresh token that works once.
 */
export function startNotionPlatform(options?: PlatformOptions): Promise<DemoPlatform> {
  return startDemoPlatform(
    {
      id: 'notion',
      name: NAME,
      clientId: CLIENT_ID,
      rules: {
        refreshTokens: 'single_use',
        refreshEndsAccessToken: false,
        newAccessToken: () => `ntn_${randomBytes(23).toString('hex')}`,
        newRefreshToken: () => `nrt_${randomBytes(23).toString('hex')}`,
      },
      list: { name: 'list_pages', things: ['Roadmap', 'Meeting notes'] },
      knobs: { tokenLifetimeSeconds: undefined },
      scopes: [],
      facts: notion,
      routes: notionRoutes,
    },
    options,
  );
}

function notionRoutes(parts: PlatformParts): PlatformRoutes {
  return {
    'GET /v1/oauth/authorize': { answer: ({ query }: PlatformRequest) => authorize(parts, query) },
    'POST /v1/oauth/token': {
      endpoint: ({ body }: PlatformRequest) => (body.includes('"grant_type":"refresh_token"') ? 'refresh' : 'token'),
      answer: (request: PlatformRequest) => token(parts, request),
    },
    'POST /v1/oauth/revoke': { endpoint: 'revoke', answer: (request: PlatformRequest) => revoke(parts, request) },
    'GET /v1/users/me': { endpoint: 'identity', answer: (request: PlatformRequest) => identity(parts, request) },
  };
}

function authorize({ client, ask }: PlatformParts, query: URLSearchParams): PlatformAnswer {
  const refuse = (problem: string) => page(400, `Missing or invalid ${problem}.`);
  const redirectUri = query.get('redirect_uri');
  if (query.get('client_id') !== client.id) return refuse('client_id');
  if (!isGatewayCallback(redirectUri)) return refuse('redirect_uri');
  if (query.get('response_type') !== 'code') return refuse('response_type');
  if (query.get('owner') !== 'user') return refuse('owner');
  // A challenge is not looked at, nor the verifier later.
  return ask({
    redirectUri,
    state: query.get('state') ?? undefined,
    scopes: [],
    challenge: undefined,
    isOffline: () => true,
  });
}

function refusal(status: number, code: string): PlatformAnswer {
  return json(status, { object: 'error', status, code, message: 'The demo refuses.', request_id: randomUUID() });
}

/** What is wrong with a request of an app, before what it asks is looked at. */
function problemOf({ client }: PlatformParts, request: PlatformRequest): PlatformAnswer | undefined {
  if (!VERSIONS.includes(String(request.headers['notion-version']))) return refusal(400, 'missing_version');
  if (!isJson(request)) return refusal(400, 'invalid_json');
  const [id, secret] = basicOf(request.headers) ?? [];
  if (id !== client.id || secret !== client.secret) return refusal(401, 'unauthorized');
  return undefined;
}

function token(parts: PlatformParts, request: PlatformRequest): PlatformAnswer {
  const problem = problemOf(parts, request);
  if (problem !== undefined) return problem;
  const { client, book } = parts;
  const asked = bodyOf(request);
  // A client secret in the body is what their validator trips over.
  if ('client_secret' in asked) return refusal(400, 'validation_error');
  if (asked['grant_type'] === 'refresh_token') {
    const tokens = book.refresh(String(asked['refresh_token']), client.id);
    return tokens === undefined ? refusal(400, 'invalid_grant') : json(200, members(tokens));
  }
  if (asked['grant_type'] !== 'authorization_code') return refusal(400, 'validation_error');
  const tokens = book.redeem(String(asked['code']), client.id, String(asked['redirect_uri']), undefined);
  return tokens === undefined ? refusal(400, 'invalid_grant') : json(200, members(tokens));
}

function members({ grant: { account }, accessToken, refreshToken, lifetimeSeconds }: PlatformTokens) {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    refresh_token: refreshToken ?? null,
    ...(lifetimeSeconds === undefined ? {} : { expires_in: lifetimeSeconds }),
    bot_id: `bot-${account.id}`,
    workspace_icon: null,
    workspace_name: account.workspace.name,
    workspace_id: account.workspace.id,
    owner: { type: 'user', user: userOf(account) },
    duplicated_template_id: null,
    request_id: randomUUID(),
  };
}

function userOf({ id, name, email }: PlatformTokens['grant']['account']) {
  return { object: 'user', id, name, avatar_url: null, type: 'person', person: { email } };
}

function identity({ book }: PlatformParts, { headers }: PlatformRequest): PlatformAnswer {
  if (!VERSIONS.includes(String(headers['notion-version']))) return refusal(400, 'missing_version');
  const account = book.use(bearerOf(headers))?.account;
  if (account === undefined) return refusal(401, 'unauthorized');
  const { id, workspace } = account;
  const bot = { owner: { type: 'user', user: userOf(account) }, workspace_name: workspace.name };
  return json(200, { object: 'user', id: `bot-${id}`, name: 'MCP gateway', avatar_url: null, type: 'bot', bot });
}

function revoke(parts: PlatformParts, request: PlatformRequest): PlatformAnswer {
  const problem = problemOf(parts, request);
  if (problem !== undefined) return problem;
  const grant = parts.book.grantOf(String(bodyOf(request)['token']));
  if (grant !== undefined) {
    parts.counts.revocations += 1;
    parts.book.endGrant(grant);
  }
  return json(200, { request_id: randomUUID() });
}

function bodyOf({ body }: PlatformRequest): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
