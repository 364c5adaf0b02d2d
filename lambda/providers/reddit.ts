import type { ProviderFacts } from './provider-facts';

export const reddit: ProviderFacts = {
  id: 'reddit',
  name: 'Reddit',
  oauth: {
    authorizationEndpoint: 'https://www.reddit.com/api/v1/authorize',
    tokenEndpoint: 'https://www.reddit.com/api/v1/access_token',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['identity', 'read'],
    authorizationParameters: { duration: 'permanent' },
    // Clients that do not say who they are are throttled.
    headers: { 'User-Agent': 'cdk-mcp-gateway' },
    response: { errorInSuccess: true },
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://oauth.reddit.com/api/v1/me',
      headers: { 'User-Agent': 'cdk-mcp-gateway' },
      idPath: 'id',
      namePath: 'name',
    },
  },
  apiBaseUrl: 'https://oauth.reddit.com',
  notes: [
    'Without `duration=permanent` there is no refresh token.',
    'HTTP Basic only, and a `User-Agent` with every request.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/better-auth/better-auth',
    ],
  },
};
