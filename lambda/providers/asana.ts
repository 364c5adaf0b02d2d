import type { ProviderFacts } from './provider-facts';

export const asana: ProviderFacts = {
  id: 'asana',
  name: 'Asana',
  oauth: {
    authorizationEndpoint: 'https://app.asana.com/-/oauth_authorize',
    tokenEndpoint: 'https://app.asana.com/-/oauth_token',
    revocation: { style: 'rfc7009', endpoint: 'https://app.asana.com/-/oauth_revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['default'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: { endpoint: 'https://app.asana.com/api/1.0/users/me', idPath: 'data.gid', namePath: 'data.email' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://app.asana.com/0/my-apps' },
  apiBaseUrl: 'https://app.asana.com/api/1.0',
  mcp: [{ url: 'https://mcp.asana.com/v2/mcp', registration: 'preregistered', scopes: ['default'] }],
  secretPatterns: [{ name: 'asana-pat', pattern: '\\b[0-9]{1,2}/[0-9]{16,}(?:/[0-9]{16,})?:[A-Za-z0-9]{32,}\\b' }],
  notes: [
    'Tokens of an "MCP app" work on the MCP server only, and others not there: two apps for two purposes.',
    'The MCP server is the second version; the one at /sse was shut in August 2026.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.asana.com/docs/oauth',
      'https://developers.asana.com/docs/integrating-with-asanas-mcp-server',
      'https://github.com/NangoHQ/nango',
      'https://github.com/Asana/openapi',
      'https://github.com/simov/grant',
    ],
    conflicts: [
      "Docker/a list of servers/Obot/Agor still list the retired V1 SSE URL; recorded metadata records V1's DCR metadata.",
    ],
  },
};
