import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { google } from '../../../lambda/providers/google';
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

const NAME = 'Google (demo)';
const CLIENT_ID = '1234567890-demo.apps.googleusercontent.com';
const SCOPES = ['openid', 'email', 'profile', 'https://www.googleapis.com/auth/drive'];

/**
 * As Google does: a refresh token comes only with `access_type=offline`, and after the first time only with
 * `prompt=consent`; a refresh brings none, the first one stays; an ID token comes uncalled for; revoking any token
 * ends all that was granted.
 */
export function startGooglePlatform(options?: PlatformOptions): Promise<DemoPlatform> {
  return startDemoPlatform(
    {
      id: 'google',
      name: NAME,
      clientId: CLIENT_ID,
      rules: {
        refreshTokens: 'kept',
        refreshEndsAccessToken: false,
        newAccessToken: () => `ya29.${randomBytes(90).toString('base64url')}`,
        newRefreshToken: () => `1//${randomBytes(60).toString('base64url')}`,
      },
      list: { name: 'list_files', things: ['Budget.xlsx', 'Plan.docx'] },
      knobs: { tokenLifetimeSeconds: 3_599 },
      scopes: SCOPES,
      facts: google,
      routes: googleRoutes,
    },
    options,
  );
}

function googleRoutes(parts: PlatformParts): PlatformRoutes {
  const hasConsented = new Set<string>();
  return {
    'GET /o/oauth2/v2/auth': { answer: ({ query }: PlatformRequest) => authorize(parts, hasConsented, query) },
    'POST /token': {
      endpoint: ({ body }: PlatformRequest) =>
        new URLSearchParams(body).get('grant_type') === 'refresh_token' ? 'refresh' : 'token',
      answer: (request: PlatformRequest) => token(parts, request),
    },
    'POST /revoke': { endpoint: 'revoke', answer: (request: PlatformRequest) => revoke(parts, request) },
    'GET /v1/userinfo': { endpoint: 'identity', answer: (request: PlatformRequest) => identity(parts, request) },
  };
}

function authorize(
  { client, ask, origin }: PlatformParts,
  hasConsented: Set<string>,
  query: URLSearchParams,
): PlatformAnswer {
  const refuse = (error: string) => page(400, `Access blocked: Authorisation Error. Error 400: ${error}`);
  const redirectUri = query.get('redirect_uri');
  if (query.get('client_id') !== client.id) return refuse('invalid_client');
  if (!isGatewayCallback(redirectUri)) return refuse('redirect_uri_mismatch');
  if (query.get('response_type') !== 'code') return refuse('unsupported_response_type');
  const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean);
  if (scopes.length === 0 || scopes.some((scope) => scope.includes(','))) return refuse('invalid_scope');
  const challenge = query.get('code_challenge') ?? undefined;
  if (challenge !== undefined && query.get('code_challenge_method') !== 'S256') return refuse('invalid_request');
  const isOfflineAsked = query.get('access_type') === 'offline';
  const isConsentAsked = query.get('prompt')?.split(' ').includes('consent') === true;
  return ask({
    redirectUri,
    state: query.get('state') ?? undefined,
    scopes,
    challenge,
    isOffline: (accountId) => {
      const isFirst = !hasConsented.has(accountId);
      hasConsented.add(accountId);
      return isOfflineAsked && (isFirst || isConsentAsked);
    },
    callback: { iss: origin, scope: scopes.join(' '), authuser: '0', prompt: 'consent' },
  });
}

function token(parts: PlatformParts, request: PlatformRequest): PlatformAnswer {
  const { client, book } = parts;
  const refuse = (status: number, error: string) => json(status, { error, error_description: 'Bad Request' });
  if (!isForm(request)) return refuse(400, 'invalid_request');
  const form = new URLSearchParams(request.body);
  const basic = basicOf(request.headers)?.map(decodeURIComponent);
  const [id, secret] = basic ?? [form.get('client_id'), form.get('client_secret')];
  if (id !== client.id || secret !== client.secret) return refuse(401, 'invalid_client');
  if (form.get('grant_type') === 'refresh_token') {
    const tokens = book.refresh(form.get('refresh_token') ?? '', client.id);
    return tokens === undefined ? refuse(400, 'invalid_grant') : json(200, members(parts, tokens));
  }
  if (form.get('grant_type') !== 'authorization_code') return refuse(400, 'unsupported_grant_type');
  const verifier = form.get('code_verifier') ?? undefined;
  const tokens = book.redeem(form.get('code') ?? '', client.id, form.get('redirect_uri') ?? '', verifier);
  return tokens === undefined ? refuse(400, 'invalid_grant') : json(200, members(parts, tokens));
}

function members(parts: PlatformParts, tokens: PlatformTokens) {
  const { grant, accessToken, refreshToken, lifetimeSeconds } = tokens;
  return {
    access_token: accessToken,
    expires_in: lifetimeSeconds,
    refresh_token: refreshToken,
    scope: grant.scopes.join(' '),
    token_type: 'Bearer',
    id_token: grant.scopes.includes('openid') ? idToken(parts, tokens) : undefined,
  };
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Signed by a key nobody asks for. Its issuer is without `https://`, as Google's may be. */
function idToken({ client }: PlatformParts, { grant: { account } }: PlatformTokens): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: 'accounts.google.com', aud: client.id, sub: String(account.number), iat, exp: iat + 3600 };
  const text = [{ alg: 'ES256', typ: 'JWT', kid: 'demo' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function identity({ book }: PlatformParts, { headers }: PlatformRequest): PlatformAnswer {
  const grant = book.use(bearerOf(headers));
  if (grant === undefined) return json(401, { error: 'invalid_request', error_description: 'Invalid Credentials' });
  const { number, name, email } = grant.account;
  const hasEmail = grant.scopes.includes('email');
  return json(200, { sub: String(number), name, ...(hasEmail ? { email, email_verified: true } : {}) });
}

function revoke({ book, counts }: PlatformParts, { body, query }: PlatformRequest): PlatformAnswer {
  const token = new URLSearchParams(body).get('token') ?? query.get('token') ?? '';
  const grant = book.grantOf(token);
  if (grant === undefined) return json(400, { error: 'invalid_token', error_description: 'Token expired or revoked' });
  counts.revocations += 1;
  book.endAll(grant.clientId, grant.account);
  return json(200, {});
}
