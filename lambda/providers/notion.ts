import type { ProviderFacts } from './provider-facts';

export const notion: ProviderFacts = {
  id: 'notion',
  name: 'Notion',
  oauth: {
    authorizationEndpoint: 'https://api.notion.com/v1/oauth/authorize',
    tokenEndpoint: 'https://api.notion.com/v1/oauth/token',
    revocation: {
      style: 'json',
      endpoint: 'https://api.notion.com/v1/oauth/revoke',
      ends: 'grant',
      prefers: 'access_token',
    },
    pkce: 'send',
    // Client ids are UUIDs; their hyphens must stay as they are.
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'json',
    scopeSeparator: 'none',
    defaultScopes: [],
    authorizationParameters: { owner: 'user' },
    headers: { 'Notion-Version': '2026-03-11' },
    response: {
      errorMember: 'code',
      errorCodes: { unauthorized: 'invalid_client', validation_error: 'invalid_request' },
    },
    refresh: { issued: true, rotation: 'always' },
    identity: {
      idPath: 'token.owner.user.id',
      namePath: 'token.owner.user.name',
      workspaceIdPath: 'token.workspace_id',
      workspaceNamePath: 'token.workspace_name',
    },
  },
  apiKey: {
    headers: { Authorization: 'Bearer {key}', 'Notion-Version': '2026-03-11' },
    help: 'https://www.notion.so/profile/integrations',
  },
  apiBaseUrl: 'https://api.notion.com',
  mcp: [{ url: 'https://mcp.notion.com/mcp', registration: 'dynamic' }],
  secretPatterns: [
    { name: 'notion-token', pattern: '\\bntn_[0-9]{11}[A-Za-z0-9]{35}\\b' },
    { name: 'notion-legacy', pattern: '\\bsecret_[A-Za-z0-9]{43}\\b' },
  ],
  notes: [
    'Token requests are JSON with HTTP Basic and a `Notion-Version` header.',
    'No `expires_in`: refreshed when Notion refuses the token. `refresh_token` may be null.',
    'Which pages are shared is chosen by the person, not by scopes.',
    'The hosted MCP server is another OAuth app: `Connection.mcpServer()`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; what its own error codes mean; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.notion.com/reference/create-a-token',
      'https://developers.notion.com/reference/refresh-a-token',
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/makenotion/notion-sdk-js',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
