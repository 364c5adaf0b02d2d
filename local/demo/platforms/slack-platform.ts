import { randomBytes } from 'node:crypto';
import { slack } from '../../../lambda/providers/slack';
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

const NAME = 'Slack (demo)';
const CLIENT_ID = '2141029472.691202649728';
const SCOPES = ['channels:read', 'chat:write'];

/**
 * As Slack does: errors are `ok: false` in HTTP 200, scopes are separated by commas, the person's token is inside
 * `authed_user` and of type `user`, tokens end after 12 hours, a refresh token works once.
 */
export function startSlackPlatform(options?: PlatformOptions): Promise<DemoPlatform> {
  return startDemoPlatform(
    {
      id: 'slack',
      name: NAME,
      clientId: CLIENT_ID,
      rules: {
        refreshTokens: 'single_use',
        refreshEndsAccessToken: false,
        newAccessToken: () => `xoxe.xoxp-1-${randomBytes(60).toString('hex')}`,
        newRefreshToken: () => `xoxe-1-${randomBytes(60).toString('hex')}`,
      },
      list: { name: 'list_channels', things: ['#general', '#random'] },
      knobs: { tokenLifetimeSeconds: 43_200 },
      scopes: SCOPES,
      facts: slack,
      routes: slackRoutes,
    },
    options,
  );
}

function slackRoutes(parts: PlatformParts): PlatformRoutes {
  const authTest = (request: PlatformRequest) => identity(parts, request);
  const authRevoke = (request: PlatformRequest) => revoke(parts, request);
  return {
    'GET /oauth/v2/authorize': { answer: ({ query }: PlatformRequest) => authorize(parts, query) },
    'POST /api/oauth.v2.access': {
      endpoint: tokenEndpoint,
      answer: (request: PlatformRequest) => token(parts, request),
    },
    'GET /api/auth.test': { endpoint: 'identity', answer: authTest },
    'POST /api/auth.test': { endpoint: 'identity', answer: authTest },
    'GET /api/auth.revoke': { endpoint: 'revoke', answer: authRevoke },
    'POST /api/auth.revoke': { endpoint: 'revoke', answer: authRevoke },
  };
}

function authorize({ client, ask }: PlatformParts, query: URLSearchParams): PlatformAnswer {
  const refuse = (error: string) => page(200, `Something went wrong when authorising this app: ${error}`);
  const redirectUri = query.get('redirect_uri');
  if (query.get('client_id') !== client.id) return refuse('invalid_client_id');
  if (!isGatewayCallback(redirectUri)) return refuse('bad_redirect_uri');
  // The app has not opted in; one that does is a public client from then on.
  if (query.has('code_challenge')) return refuse('pkce_not_enabled');
  const scope = query.get('user_scope') ?? '';
  if (!/^[a-z:.]+(,[a-z:.]+)*$/.test(scope)) return refuse('invalid_scope');
  return ask({
    redirectUri,
    state: query.get('state') ?? undefined,
    scopes: scope.split(','),
    challenge: undefined,
    isOffline: () => true,
  });
}

const tokenEndpoint = ({ body }: PlatformRequest) =>
  new URLSearchParams(body).get('grant_type') === 'refresh_token' ? 'refresh' : 'token';

function token({ client, book }: PlatformParts, request: PlatformRequest): PlatformAnswer {
  const refuse = (error: string) => json(200, { ok: false, error });
  if (!isForm(request)) return refuse('invalid_form_data');
  const form = new URLSearchParams(request.body);
  const [id, secret] = basicOf(request.headers) ?? [form.get('client_id'), form.get('client_secret')];
  if (id !== client.id) return refuse('invalid_client_id');
  if (secret !== client.secret) return refuse('bad_client_secret');
  if (form.get('grant_type') === 'refresh_token') {
    const tokens = book.refresh(form.get('refresh_token') ?? '', client.id);
    if (tokens === undefined) return refuse('invalid_refresh_token');
    // At the top, where it was nested before.
    return json(200, { ok: true, app_id: 'A01DEMO', ...members(tokens), ...install(tokens) });
  }
  const tokens = book.redeem(form.get('code') ?? '', client.id, form.get('redirect_uri') ?? '', undefined);
  if (tokens === undefined) return refuse('invalid_code');
  const authed_user = { id: tokens.grant.account.id, ...members(tokens) };
  return json(200, { ok: true, app_id: 'A01DEMO', authed_user, ...install(tokens) });
}

function members({ grant, accessToken, refreshToken, lifetimeSeconds }: PlatformTokens) {
  return {
    scope: grant.scopes.join(','),
    access_token: accessToken,
    token_type: 'user',
    refresh_token: refreshToken,
    expires_in: lifetimeSeconds,
  };
}

function install({ grant: { account } }: PlatformTokens) {
  return { team: account.workspace, enterprise: null, is_enterprise_install: false };
}

function identity({ book, origin }: PlatformParts, { headers }: PlatformRequest): PlatformAnswer {
  const account = book.use(bearerOf(headers))?.account;
  if (account === undefined) return json(200, { ok: false, error: 'invalid_auth' });
  return json(200, {
    ok: true,
    url: `${origin}/`,
    team: account.workspace.name,
    user: account.login,
    team_id: account.workspace.id,
    user_id: account.id,
  });
}

function revoke({ book, counts }: PlatformParts, { headers }: PlatformRequest): PlatformAnswer {
  const grant = book.grantOf(bearerOf(headers));
  if (grant === undefined) return json(200, { ok: false, error: 'invalid_auth' });
  counts.revocations += 1;
  book.endGrant(grant);
  return json(200, { ok: true, revoked: true });
}
