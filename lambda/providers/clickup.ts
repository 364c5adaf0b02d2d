import type { ProviderFacts } from './provider-facts';

export const clickup: ProviderFacts = {
  id: 'clickup',
  name: 'ClickUp',
  oauth: {
    authorizationEndpoint: 'https://app.clickup.com/api',
    tokenEndpoint: 'https://api.clickup.com/api/v2/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: 'none',
    defaultScopes: [],
    refresh: { issued: false, rotation: 'never' },
    identity: { endpoint: 'https://api.clickup.com/api/v2/user', idPath: 'user.id', namePath: 'user.email' },
  },
  // Bare, without Bearer.
  apiKey: { headers: { Authorization: '{key}' }, help: 'https://app.clickup.com/settings/apps' },
  apiBaseUrl: 'https://api.clickup.com/api/v2',
  mcp: [{ url: 'https://mcp.clickup.com/mcp', registration: 'dynamic', scopes: ['read', 'write'] }],
  secretPatterns: [{ name: 'clickup-personal', pattern: '\\bpk_[0-9]{7,9}_[0-9A-Z]{32}\\b' }],
  notes: [
    'No scopes, no expiry, no refresh: the person chooses workspaces instead.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
