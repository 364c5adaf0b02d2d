import type { ProviderFacts } from './provider-facts';

export const databricks: ProviderFacts = {
  id: 'databricks',
  name: 'Databricks',
  oauth: {
    authorizationEndpoint: 'https://{workspaceHost}/oidc/v1/authorize',
    tokenEndpoint: 'https://{workspaceHost}/oidc/v1/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['all-apis', 'offline_access'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://{workspaceHost}/api/2.0/preview/scim/v2/Me',
      idPath: 'id',
      namePath: 'userName',
    },
  },
  apiKey: {
    headers: { Authorization: 'Bearer {key}' },
    help: 'https://docs.databricks.com/aws/en/dev-tools/auth/pat',
  },
  apiBaseUrl: 'https://{workspaceHost}/api/2.0',
  variables: [
    {
      name: 'workspaceHost',
      from: 'operator',
      pattern: '^[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.(?:databricks\\.com|azuredatabricks\\.net)$',
      allowedHosts: ['*.databricks.com', '*.azuredatabricks.net'],
      example: 'dbc-a1b2345c-d6e7.cloud.databricks.com',
    },
  ],
  secretPatterns: [{ name: 'databricks-pat', pattern: '\\bdapi[a-f0-9]{32}(?:-\\d)?\\b' }],
  notes: [
    "MCP servers are at `/api/2.0/mcp/…` of the workspace's host.",
    "How the client of a person's flow authenticates is not documented in what was read; HTTP Basic is assumed.",
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/obot-platform/mcp-catalog',
      'reports of client authors',
    ],
  },
};
