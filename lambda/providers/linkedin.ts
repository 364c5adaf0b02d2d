import type { ProviderFacts } from './provider-facts';

export const linkedin: ProviderFacts = {
  id: 'linkedin',
  name: 'LinkedIn',
  oauth: {
    issuer: 'https://www.linkedin.com/oauth',
    authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    // A code_verifier makes the token endpoint refuse the request.
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['openid', 'profile', 'email'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: { endpoint: 'https://api.linkedin.com/v2/userinfo', idPath: 'sub', namePath: 'email' },
  },
  apiBaseUrl: 'https://api.linkedin.com',
  notes: [
    'PKCE and HTTP Basic are refused.',
    'Refresh tokens are for some products only; without one, the person connects again when the token ends.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/better-auth/better-auth',
    ],
  },
};
