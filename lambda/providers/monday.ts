import type { ProviderFacts } from './provider-facts';

export const monday: ProviderFacts = {
  id: 'monday',
  name: 'monday.com',
  oauth: {
    authorizationEndpoint: 'https://auth.monday.com/oauth2/authorize',
    tokenEndpoint: 'https://auth.monday.com/oauth2/token',
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['me:read', 'boards:read', 'boards:write'],
    authorizationParameters: { force_install_if_needed: 'true' },
    refresh: { issued: false, rotation: 'never' },
    identity: {
      endpoint: 'https://api.monday.com/v2',
      method: 'POST',
      body: '{"query":"{ me { id name email } }"}',
      idPath: 'data.me.id',
      namePath: 'data.me.email',
    },
  },
  // Bare, without Bearer.
  apiKey: {
    headers: { Authorization: '{key}' },
    help: 'https://developer.monday.com/api-reference/docs/authentication',
  },
  apiBaseUrl: 'https://api.monday.com/v2',
  mcp: [{ url: 'https://mcp.monday.com/mcp', registration: 'dynamic', notes: 'A key works too.' }],
  notes: [
    'Tokens live until the app is uninstalled; there is no refresh.',
    'A key is sent bare to the API, and as Bearer to the hosted MCP server.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/mondaycom/mcp',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
    conflicts: [
      'recorded metadata notes auth.monday.com itself now offers DCR and 26 scopes, so the classic flow may have gained OAuth 2.1 features.',
    ],
  },
};
