import type { ProviderFacts } from './provider-facts';

export const figma: ProviderFacts = {
  id: 'figma',
  name: 'Figma',
  oauth: {
    authorizationEndpoint: 'https://www.figma.com/oauth',
    tokenEndpoint: 'https://api.figma.com/v1/oauth/token',
    refreshEndpoint: 'https://api.figma.com/v1/oauth/refresh',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['current_user:read', 'file_content:read', 'file_metadata:read', 'file_comments:read'],
    refresh: { issued: true, rotation: 'never' },
    identity: { endpoint: 'https://api.figma.com/v1/me', idPath: 'id', namePath: 'email' },
  },
  apiKey: { headers: { 'X-Figma-Token': '{key}' }, help: 'https://www.figma.com/settings' },
  apiBaseUrl: 'https://api.figma.com',
  mcp: [{ url: 'https://mcp.figma.com/mcp', registration: 'dynamic', scopes: ['mcp:connect'] }],
  secretPatterns: [
    { name: 'figma-token', pattern: '\\bfig[a-z]{1,3}_[A-Za-z0-9_-]{40}\\b' },
    { name: 'figma-plan-token', pattern: '\\bfigp_[A-Za-z0-9_=-]{40,54}' },
  ],
  notes: [
    'Refreshing has an endpoint of its own, and its answer no refresh token: the first one stays.',
    'The hosted MCP server advertises registration; whether it takes any client is not known.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.figma.com/docs/rest-api/authentication',
      'https://arcticjs.dev/providers/figma',
      'https://github.com/figma/rest-api-spec',
      'https://github.com/NangoHQ/nango',
      'https://github.com/better-auth/better-auth',
      'https://github.com/pilcrowonpaper/arctic',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
    conflicts: [
      'Separator: Nango comma; better-auth/Arctic space. Auth.js still requests deprecated files:read. Token host: api.figma.com (spec) vs www.figma.com/api/oauth/token (grant, old).',
    ],
  },
};
