import type { ProviderFacts } from './provider-facts';

export const githubApp: ProviderFacts = {
  id: 'github-app',
  name: 'GitHub (GitHub App)',
  oauth: {
    issuer: 'https://github.com/login/oauth',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    revocation: {
      style: 'basic_delete',
      endpoint: 'https://api.github.com/applications/{client_id}/token',
      ends: 'token',
      prefers: 'access_token',
    },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    // Permissions belong to the app; there is nothing to ask for.
    scopeSeparator: 'none',
    defaultScopes: [],
    headers: { Accept: 'application/json' },
    response: {
      errorInSuccess: true,
      errorCodes: {
        bad_verification_code: 'invalid_grant',
        bad_refresh_token: 'invalid_grant',
        unverified_user_email: 'invalid_grant',
        redirect_uri_mismatch: 'invalid_grant',
        incorrect_client_credentials: 'invalid_client',
      },
    },
    refresh: { issued: true, rotation: 'always', endsAccessToken: true, idleSeconds: 15_552_000 },
    identity: {
      endpoint: 'https://api.github.com/user',
      headers: { 'User-Agent': 'cdk-mcp-gateway', 'X-GitHub-Api-Version': '2022-11-28' },
      idPath: 'id',
      namePath: 'login',
    },
  },
  apiBaseUrl: 'https://api.github.com',
  mcp: [{ url: 'https://api.githubcopilot.com/mcp/', registration: 'preregistered', notes: 'A key works too.' }],
  secretPatterns: [
    { name: 'github-app-user', pattern: '\\bghu_[0-9A-Za-z]{36,255}\\b' },
    { name: 'github-app-installation', pattern: '\\bghs_[A-Za-z0-9._-]{36,}' },
    { name: 'github-refresh', pattern: '\\bghr_[0-9A-Za-z]{36,255}\\b' },
  ],
  notes: [
    'A refresh kills the old refresh token and the old access token at once.',
    'Access tokens live eight hours, refresh tokens six months, unless the app has opted out of expiry.',
    'Permissions, not scopes: what the app may do is set in the app and limited to where it is installed.',
    'Tokens can be some 520 characters long and contain dots.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; what its own error codes mean.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication',
      'https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/',
      'https://github.com/NangoHQ/nango',
      'https://github.com/github/docs',
      'https://docs.github.com/en/enterprise-server@3.22/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app',
      'https://github.com/github/gh-aw/issues/35016',
      'https://github.com/github/github-mcp-server',
    ],
    conflicts: ['gitleaks still matches ghs_ as exactly 36 chars; GitHub asks for {36,} with . _ - allowed.'],
  },
};
