import type { ProviderFacts } from './provider-facts';

export const pagerduty: ProviderFacts = {
  id: 'pagerduty',
  name: 'PagerDuty',
  oauth: {
    authorizationEndpoint: 'https://identity.pagerduty.com/oauth/authorize',
    tokenEndpoint: 'https://identity.pagerduty.com/oauth/token',
    revocation: { style: 'rfc7009', endpoint: 'https://identity.pagerduty.com/oauth/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['read'],
    refresh: { issued: true, rotation: 'always', assumedAccessSeconds: 864_000, idleSeconds: 18_144_000 },
    identity: {
      endpoint: 'https://api.pagerduty.com/users/me',
      headers: { Accept: 'application/vnd.pagerduty+json;version=2' },
      idPath: 'user.id',
      namePath: 'user.email',
    },
  },
  apiKey: {
    headers: { Authorization: 'Token token={key}' },
    help: 'https://support.pagerduty.com/main/docs/api-access-keys',
  },
  apiBaseUrl: 'https://api.pagerduty.com',
  mcp: [{ url: 'https://mcp.pagerduty.com/mcp', registration: 'preregistered', notes: 'A key works too.' }],
  secretPatterns: [{ name: 'pagerduty-oauth', pattern: '\\bpdus\\+_[01][A-Z0-9]{7}_[0-9a-f-]{36}\\b' }],
  notes: [
    'PKCE is mandatory; a code lives 30 seconds.',
    'A scope it does not know is dropped without a word: look at what was granted.',
    'The answer always has an ID token, which is not for the gateway.',
    'Keys are sent as `Token token=…`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/PagerDuty/developer-docs',
      'https://github.com/NangoHQ/nango',
      'https://github.com/PagerDuty/pagerduty-mcp-server',
    ],
    conflicts: [
      'Nango still uses app.pagerduty.com/oauth/*; current docs use identity.pagerduty.com. revoke URL from third-party code only.',
    ],
  },
};
