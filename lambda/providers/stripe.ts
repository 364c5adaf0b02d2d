import type { ProviderFacts } from './provider-facts';

export const stripe: ProviderFacts = {
  id: 'stripe',
  name: 'Stripe',
  oauth: {
    authorizationEndpoint: 'https://connect.stripe.com/oauth/authorize',
    tokenEndpoint: 'https://connect.stripe.com/oauth/token',
    pkce: 'send',
    // The secret key is the user name; there is no password and no client id.
    clientAuthentication: 'basic_secret_only',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['read_write'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api.stripe.com/v1/account',
      idPath: 'id',
      namePath: 'settings.dashboard.display_name',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://dashboard.stripe.com/apikeys' },
  apiBaseUrl: 'https://api.stripe.com',
  mcp: [{ url: 'https://mcp.stripe.com', registration: 'dynamic', scopes: ['mcp'], notes: 'A key works too.' }],
  secretPatterns: [{ name: 'stripe-key', pattern: '\\b(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,99}\\b' }],
  notes: [
    'Stripe Connect: the client secret is the secret API key of the platform, sent as the user name of HTTP Basic.',
    'Scopes are `read_write` or `read_only`; tokens do not expire.',
    'For agents, a restricted key (`rk_`) is the better credential: `Credential.operatorKey(Provider.STRIPE)`.',
    "The metadata of the hosted MCP server's authorization server is at a path of its host, not at its root.",
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'https://github.com/stripe/ai',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
