import type { ProviderFacts } from './provider-facts';

export const gong: ProviderFacts = {
  id: 'gong',
  name: 'Gong',
  oauth: {
    authorizationEndpoint: 'https://app.gong.io/oauth2/authorize',
    tokenEndpoint: 'https://app.gong.io/oauth2/generate-customer-token',
    pkce: 'omit',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: [],
    authorizationParameters: { access_type: 'offline' },
    refresh: { issued: true, rotation: 'sometimes' },
  },
  apiKey: {
    headers: { Authorization: 'Basic {access-key}:{secret}' },
    help: 'https://app.gong.io/company/api',
  },
  apiBaseUrl: '{api_base_url_for_customer}',
  variables: [
    {
      name: 'api_base_url_for_customer',
      from: 'token',
      path: 'api_base_url_for_customer',
      pattern: '^https://[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.gong\\.io$',
      allowedHosts: ['*.gong.io'],
      example: 'https://us-11211.api.gong.io',
    },
  ],
  mcp: [{ url: 'https://mcp.gong.io/mcp', registration: 'preregistered' }],
  notes: [
    'The API is at `api_base_url_for_customer` of the token answer, which is accepted on hosts of Gong only.',
    'Give the scopes of your integration; there is no default. Nothing says whose account a token is for.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: ['https://github.com/NangoHQ/nango', 'https://github.com/scalekit-inc/developer-docs'],
  },
};
