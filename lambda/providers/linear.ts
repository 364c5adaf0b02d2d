import type { ProviderFacts } from './provider-facts';

export const linear: ProviderFacts = {
  id: 'linear',
  name: 'Linear',
  oauth: {
    authorizationEndpoint: 'https://linear.app/oauth/authorize',
    tokenEndpoint: 'https://api.linear.app/oauth/token',
    revocation: { style: 'rfc7009', endpoint: 'https://api.linear.app/oauth/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ',',
    defaultScopes: ['read', 'write'],
    authorizationParameters: { prompt: 'consent' },
    refresh: { issued: true, rotation: 'always' },
    identity: {
      endpoint: 'https://api.linear.app/graphql',
      method: 'POST',
      body: '{"query":"{ viewer { id name email organization { id name } } }"}',
      idPath: 'data.viewer.id',
      namePath: 'data.viewer.email',
      workspaceIdPath: 'data.viewer.organization.id',
      workspaceNamePath: 'data.viewer.organization.name',
    },
  },
  // Bare: a personal key behind Bearer is taken for an OAuth token.
  apiKey: { headers: { Authorization: '{key}' }, help: 'https://linear.app/settings/account/security' },
  apiBaseUrl: 'https://api.linear.app',
  mcp: [{ url: 'https://mcp.linear.app/mcp', registration: 'dynamic', scopes: ['read', 'write'] }],
  secretPatterns: [{ name: 'linear-api-key', pattern: '\\blin_api_[0-9A-Za-z]{40}\\b' }],
  notes: [
    'Scopes are separated by commas; each refresh token works once.',
    'The hosted MCP server is another OAuth app, with blanks between scopes: `Connection.mcpServer()`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://linear.app/developers/oauth-2-0-authentication',
      'https://linear.app/docs/oauth/authentication',
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/better-auth/better-auth',
      'https://github.com/trufflesecurity/trufflehog',
      'reports of client authors',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
    conflicts: ['Clients disagree on separator: Nango comma, Arctic space; Linear docs say comma separated.'],
  },
};
