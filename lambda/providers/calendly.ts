import type { ProviderFacts } from './provider-facts';

export const calendly: ProviderFacts = {
  id: 'calendly',
  name: 'Calendly',
  oauth: {
    authorizationEndpoint: 'https://auth.calendly.com/oauth/authorize',
    tokenEndpoint: 'https://auth.calendly.com/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: 'none',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api.calendly.com/users/me',
      idPath: 'resource.uri',
      namePath: 'resource.email',
      workspaceIdPath: 'resource.current_organization',
    },
  },
  apiKey: {
    headers: { Authorization: 'Bearer {key}' },
    help: 'https://calendly.com/integrations/api_webhooks',
  },
  apiBaseUrl: 'https://api.calendly.com',
  mcp: [
    {
      url: 'https://mcp.calendly.com',
      registration: 'dynamic',
      scopes: ['mcp:scheduling:read', 'mcp:scheduling:write'],
    },
  ],
  notes: [
    'The hosted MCP server takes neither keys nor tokens of these apps: `Connection.mcpServer()`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/scalekit-inc/developer-docs',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
