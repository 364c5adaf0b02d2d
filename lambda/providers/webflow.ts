import type { ProviderFacts } from './provider-facts';

export const webflow: ProviderFacts = {
  id: 'webflow',
  name: 'Webflow',
  oauth: {
    authorizationEndpoint: 'https://webflow.com/oauth/authorize',
    tokenEndpoint: 'https://api.webflow.com/oauth/access_token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['authorized_user:read', 'sites:read', 'pages:read', 'cms:read', 'assets:read', 'forms:read'],
    refresh: { issued: false, rotation: 'never' },
    identity: { endpoint: 'https://api.webflow.com/v2/token/authorized_by', idPath: 'id', namePath: 'email' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://webflow.com/dashboard' },
  apiBaseUrl: 'https://api.webflow.com',
  mcp: [{ url: 'https://mcp.webflow.com/mcp', registration: 'dynamic' }],
  notes: [
    'No refresh tokens.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/webflow/mcp-server',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
