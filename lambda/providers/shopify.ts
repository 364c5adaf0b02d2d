import type { ProviderFacts } from './provider-facts';

export const shopify: ProviderFacts = {
  id: 'shopify',
  name: 'Shopify',
  oauth: {
    authorizationEndpoint: 'https://{shop}.myshopify.com/admin/oauth/authorize',
    tokenEndpoint: 'https://{shop}.myshopify.com/admin/oauth/access_token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ',',
    defaultScopes: ['read_products', 'read_orders'],
    // Without it tokens never expire.
    tokenParameters: { expiring: '1' },
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 3600, idleSeconds: 7_776_000 },
    identity: {
      endpoint: 'https://{shop}.myshopify.com/admin/api/2026-07/shop.json',
      idPath: 'shop.id',
      namePath: 'shop.name',
    },
    apiHeaders: { 'X-Shopify-Access-Token': '{access_token}' },
  },
  apiKey: {
    headers: { 'X-Shopify-Access-Token': '{key}' },
    help: 'https://help.shopify.com/en/manual/apps/app-types/custom-apps',
  },
  apiBaseUrl: 'https://{shop}.myshopify.com',
  variables: [
    {
      name: 'shop',
      from: 'operator',
      pattern: '^[a-z0-9][a-z0-9_-]*$',
      allowedHosts: ['*.myshopify.com'],
      example: 'my-store',
    },
  ],
  secretPatterns: [
    { name: 'shopify-token', pattern: '\\bshp(?:at|ca|pa)_[a-fA-F0-9]{32}\\b' },
    { name: 'shopify-secret', pattern: '\\bshpss_[a-fA-F0-9]{32}\\b' },
  ],
  notes: [
    'The token is sent as `X-Shopify-Access-Token`, never as `Authorization`.',
    'The token answer has no `token_type`, and its scopes are separated by commas.',
    'Expiring tokens are asked for: one hour, with a refresh token of 90 days.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'https://github.com/preset-io/agor',
      'reports of client authors',
    ],
  },
};
