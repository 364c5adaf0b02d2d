import type { ProviderFacts } from './provider-facts';

export const paypal: ProviderFacts = {
  id: 'paypal',
  name: 'PayPal',
  oauth: {
    authorizationEndpoint: 'https://www.paypal.com/signin/authorize',
    tokenEndpoint: 'https://api-m.paypal.com/v1/oauth2/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    // Set in the dashboard; asking for them may fail.
    scopeSeparator: 'none',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api-m.paypal.com/v1/identity/oauth2/userinfo?schema=paypalv1.1',
      idPath: 'user_id',
      namePath: 'name',
    },
  },
  apiBaseUrl: 'https://api-m.paypal.com',
  mcp: [{ url: 'https://mcp.paypal.com/mcp', registration: 'dynamic' }],
  notes: [
    'Scopes are set in the dashboard and never asked for.',
    'The sandbox is on www.sandbox.paypal.com and api-m.sandbox.paypal.com: `Provider.PAYPAL.adapt(...)`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
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
