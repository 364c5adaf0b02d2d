import type { ProviderFacts } from './provider-facts';

export const netlify: ProviderFacts = {
  id: 'netlify',
  name: 'Netlify',
  oauth: {
    authorizationEndpoint: 'https://app.netlify.com/authorize',
    tokenEndpoint: 'https://api.netlify.com/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: 'none',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: { endpoint: 'https://api.netlify.com/api/v1/user', idPath: 'id', namePath: 'email' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://app.netlify.com/user/applications' },
  apiBaseUrl: 'https://api.netlify.com/api/v1',
  mcp: [
    {
      url: 'https://netlify-mcp.netlify.app/mcp',
      registration: 'dynamic',
      scopes: ['offline_access', 'read', 'write'],
    },
  ],
  secretPatterns: [{ name: 'netlify-pat', pattern: '\\bnfp_[A-Za-z0-9_]{36}\\b' }],
  notes: [
    'No scopes. Whether tokens expire is not documented in what was read; whatever comes is kept.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/simov/grant',
      'https://github.com/preset-io/agor',
      'https://github.com/netlify/netlify-mcp',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
