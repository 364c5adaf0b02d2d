import type { ProviderFacts } from './provider-facts';

export const square: ProviderFacts = {
  id: 'square',
  name: 'Square',
  oauth: {
    authorizationEndpoint: 'https://connect.squareup.com/oauth2/authorize',
    tokenEndpoint: 'https://connect.squareup.com/oauth2/token',
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'json',
    scopeSeparator: ' ',
    defaultScopes: ['MERCHANT_PROFILE_READ', 'PAYMENTS_READ', 'ORDERS_READ', 'CUSTOMERS_READ', 'INVOICES_READ'],
    authorizationParameters: { session: 'false' },
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 2_592_000 },
    identity: {
      endpoint: 'https://connect.squareup.com/oauth2/token/status',
      method: 'POST',
      idPath: 'merchant_id',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://developer.squareup.com/apps' },
  apiBaseUrl: 'https://connect.squareup.com/v2',
  mcp: [{ url: 'https://mcp.squareup.com/mcp', registration: 'dynamic' }],
  secretPatterns: [
    { name: 'square-access-token', pattern: '\\b(?:EAAA|sq0atp-)[\\w-]{22,60}' },
    { name: 'square-app-secret', pattern: '\\b(?:sandbox-)?sq0c[a-z]{2}-[0-9A-Za-z_-]{40,50}' },
  ],
  notes: [
    'Token requests are JSON. The answer has a date of expiry instead of `expires_in`: 30 days are assumed.',
    'Revocation wants the client secret in a scheme of its own and is not done: end access in the Square Dashboard.',
    'The sandbox is on connect.squareupsandbox.com: `Provider.SQUARE.adapt(...)`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'reports of client authors',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
