import type { ProviderFacts } from './provider-facts';

export const vercel: ProviderFacts = {
  id: 'vercel',
  name: 'Vercel',
  oauth: {
    issuer: 'https://vercel.com',
    authorizationEndpoint: 'https://vercel.com/oauth/authorize',
    tokenEndpoint: 'https://api.vercel.com/login/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['openid', 'profile', 'email', 'offline_access'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api.vercel.com/login/oauth/userinfo',
      idPath: 'sub',
      namePath: 'preferred_username',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://vercel.com/account/settings/tokens' },
  apiBaseUrl: 'https://api.vercel.com',
  mcp: [
    {
      url: 'https://mcp.vercel.com',
      registration: 'dynamic',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
    },
  ],
  secretPatterns: [{ name: 'vercel-token', pattern: '\\bvcp_[A-Za-z0-9]{20,}\\b' }],
  notes: [
    'Without `offline_access` there is no refresh token.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/better-auth/better-auth',
      'https://github.com/simov/grant',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
