import type { ProviderFacts } from './provider-facts';

export const airtable: ProviderFacts = {
  id: 'airtable',
  name: 'Airtable',
  oauth: {
    issuer: 'https://airtable.com/oauth2/v1',
    authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
    tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['user.email:read', 'data.records:read', 'data.records:write', 'schema.bases:read'],
    refresh: { issued: true, rotation: 'sometimes', idleSeconds: 5_184_000 },
    identity: { endpoint: 'https://api.airtable.com/v0/meta/whoami', idPath: 'id', namePath: 'email' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://airtable.com/create/tokens' },
  apiBaseUrl: 'https://api.airtable.com',
  mcp: [{ url: 'https://mcp.airtable.com/mcp', registration: 'dynamic' }],
  secretPatterns: [{ name: 'airtable-pat', pattern: '\\bpat[A-Za-z0-9]{14}\\.[a-f0-9]{64}\\b' }],
  notes: [
    'A client secret in the body is refused: HTTP Basic.',
    'A token works on the API and on the hosted MCP server.',
    'How long a refresh token lives unused is not confirmed; 60 days are assumed.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'reports of client authors',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
