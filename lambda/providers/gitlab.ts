import type { ProviderFacts } from './provider-facts';

export const gitlab: ProviderFacts = {
  id: 'gitlab',
  name: 'GitLab',
  oauth: {
    issuer: 'https://gitlab.com',
    authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
    tokenEndpoint: 'https://gitlab.com/oauth/token',
    revocation: { style: 'rfc7009', endpoint: 'https://gitlab.com/oauth/revoke', ends: 'token' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['read_user', 'read_api'],
    refresh: {
      issued: true,
      rotation: 'always',
      endsAccessToken: true,
      assumedAccessSeconds: 7200,
      sendsRedirectUri: true,
    },
    identity: { endpoint: 'https://gitlab.com/api/v4/user', idPath: 'id', namePath: 'username' },
  },
  apiKey: {
    headers: { 'PRIVATE-TOKEN': '{key}' },
    help: 'https://gitlab.com/-/user_settings/personal_access_tokens',
  },
  apiBaseUrl: 'https://gitlab.com/api/v4',
  mcp: [{ url: 'https://gitlab.com/api/v4/mcp', registration: 'dynamic', scopes: ['mcp'] }],
  secretPatterns: [
    { name: 'gitlab-pat', pattern: '\\bglpat-[A-Za-z0-9._-]{20,300}' },
    { name: 'gitlab-oauth-app-secret', pattern: '\\bgloas-[0-9A-Za-z_-]{64}\\b' },
    { name: 'gitlab-deploy-token', pattern: '\\bgldt-[0-9A-Za-z_-]{20}\\b' },
  ],
  notes: [
    'A refresh kills both old tokens at once, and has to repeat the redirect URI.',
    'A self-managed GitLab is `Provider.GITLAB.adapt(...)` with the addresses of your host.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/gitlabhq/gitlabhq',
      'https://github.com/better-auth/better-auth',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
