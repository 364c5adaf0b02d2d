import type { ProviderFacts } from './provider-facts';

export const x: ProviderFacts = {
  id: 'x',
  name: 'X',
  oauth: {
    authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
    tokenEndpoint: 'https://api.x.com/2/oauth2/token',
    revocation: { style: 'rfc7009', endpoint: 'https://api.x.com/2/oauth2/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['users.read', 'tweet.read', 'offline.access'],
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 7200 },
    identity: { endpoint: 'https://api.x.com/2/users/me', idPath: 'data.id', namePath: 'data.username' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://developer.x.com/en/portal/dashboard' },
  apiBaseUrl: 'https://api.x.com/2',
  mcp: [{ url: 'https://api.x.com/mcp', registration: 'key' }],
  notes: [
    'PKCE is mandatory; a code lives 30 seconds.',
    'Without `offline.access` (with a dot) there is no refresh token.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/xdevplatform/docs',
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'https://github.com/pilcrowonpaper/arctic',
    ],
  },
};
