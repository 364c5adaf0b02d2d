import { randomBytes } from 'node:crypto';
import { githubApp } from '../../../lambda/providers/github-app';
import {
  type DemoPlatform,
  isGatewayCallback,
  type PlatformOptions,
  type PlatformParts,
  type PlatformRoutes,
  startDemoPlatform,
} from './demo-platform';
import { basicOf, bearerOf, isForm, json, type PlatformAnswer, type PlatformRequest, page } from './platform-server';
import type { PlatformTokens } from './token-book';

const NAME = 'GitHub (demo)';
const CLIENT_ID = 'Iv23demo0123456789ab';

/**
 * As a GitHub App does: the answer is a form unless JSON is asked for, errors come in HTTP 200, `expires_in` is a
 * string, the callback carries `iss`, there are no scopes, and a refresh ends the access token before.
 */
export function startGitHubPlatform(options?: PlatformOptions): Promise<DemoPlatform> {
  return startDemoPlatform(
    {
      id: 'github',
      name: NAME,
      clientId: CLIENT_ID,
      rules: {
        refreshTokens: 'single_use',
        refreshEndsAccessToken: true,
        newAccessToken: () => `ghu_${randomBytes(18).toString('hex')}`,
        newRefreshToken: () => `ghr_${randomBytes(38).toString('hex')}`,
      },
      list: { name: 'list_repositories', things: ['website', 'api'] },
      knobs: { tokenLifetimeSeconds: 28_800 },
      scopes: [],
      facts: githubApp,
      routes: gitHubRoutes,
    },
    options,
  );
}

function gitHubRoutes(parts: PlatformParts): PlatformRoutes {
  return {
    'GET /login/oauth/authorize': { answer: ({ query }: PlatformRequest) => authorize(parts, query) },
    'POST /login/oauth/access_token': {
      endpoint: ({ body }: PlatformRequest) =>
        new URLSearchParams(body).get('grant_type') === 'refresh_token' ? 'refresh' : 'token',
      answer: (request: PlatformRequest) => token(parts, request),
    },
    'GET /user': { endpoint: 'identity', answer: (request: PlatformRequest) => identity(parts, request) },
    [`DELETE /applications/${CLIENT_ID}/token`]: {
      endpoint: 'revoke',
      answer: (request: PlatformRequest) => revoke(parts, request),
    },
  };
}

const issuerOf = (origin: string) => `${origin}/login/oauth`;

function authorize({ client, ask, origin }: PlatformParts, query: URLSearchParams): PlatformAnswer {
  const redirectUri = query.get('redirect_uri');
  if (query.get('client_id') !== client.id) return page(404, 'This is not the web page you are looking for.');
  if (!isGatewayCallback(redirectUri)) return page(200, 'The redirect_uri is not associated with this application.');
  const challenge = query.get('code_challenge') ?? undefined;
  if (challenge !== undefined && query.get('code_challenge_method') !== 'S256')
    return page(400, 'Only S256 is supported.');
  return ask({
    redirectUri,
    state: query.get('state') ?? undefined,
    scopes: [],
    challenge,
    isOffline: () => true,
    callback: { iss: issuerOf(origin) },
  });
}

function token({ client, book }: PlatformParts, request: PlatformRequest): PlatformAnswer {
  const answer = (members: Readonly<Record<string, string>>) => inFormatOf(request, members);
  const refuse = (error: string) => answer({ error, error_description: 'The demo refuses.', error_uri: 'about:blank' });
  const form = new URLSearchParams(isForm(request) ? request.body : '');
  const [id, secret] = basicOf(request.headers) ?? [form.get('client_id'), form.get('client_secret')];
  if (id !== client.id || secret !== client.secret) return refuse('incorrect_client_credentials');
  if (form.get('grant_type') === 'refresh_token') {
    const tokens = book.refresh(form.get('refresh_token') ?? '', client.id);
    return tokens === undefined ? refuse('bad_refresh_token') : answer(members(tokens));
  }
  const verifier = form.get('code_verifier') ?? undefined;
  const tokens = book.redeem(form.get('code') ?? '', client.id, form.get('redirect_uri') ?? '', verifier);
  return tokens === undefined ? refuse('bad_verification_code') : answer(members(tokens));
}

function members({ accessToken, refreshToken, lifetimeSeconds }: PlatformTokens): Readonly<Record<string, string>> {
  return {
    access_token: accessToken,
    ...(lifetimeSeconds === undefined ? {} : { expires_in: String(lifetimeSeconds) }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken, refresh_token_expires_in: '15811200' }),
    scope: '',
    token_type: 'bearer',
  };
}

function inFormatOf({ headers }: PlatformRequest, members: Readonly<Record<string, string>>): PlatformAnswer {
  if (headers.accept?.includes('application/json')) return json(200, members);
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams(members).toString(),
  };
}

function identity({ book }: PlatformParts, { headers }: PlatformRequest): PlatformAnswer {
  // GitHub's API refuses whoever does not say what program it is.
  if (headers['user-agent'] === undefined)
    return page(403, 'Request forbidden by administrative rules: no User-Agent.');
  const account = book.use(bearerOf(headers))?.account;
  if (account === undefined) return json(401, { message: 'Bad credentials', status: '401' });
  return json(200, { login: account.login, id: account.number, name: account.name, email: null });
}

function revoke({ book, client, counts }: PlatformParts, { headers, body }: PlatformRequest): PlatformAnswer {
  const [id, secret] = basicOf(headers) ?? [];
  if (id !== client.id || secret !== client.secret) return json(401, { message: 'Bad credentials' });
  const { access_token: accessToken } = JSON.parse(body) as { access_token?: unknown };
  const grant = book.grantOf(String(accessToken));
  if (grant === undefined) return json(404, { message: 'Not Found' });
  counts.revocations += 1;
  book.endGrant(grant);
  return { status: 204, body: '' };
}
