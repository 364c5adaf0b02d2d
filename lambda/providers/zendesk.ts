import type { ProviderFacts } from './provider-facts';

export const zendesk: ProviderFacts = {
  id: 'zendesk',
  name: 'Zendesk',
  oauth: {
    authorizationEndpoint: 'https://{subdomain}.zendesk.com/oauth/authorizations/new',
    tokenEndpoint: 'https://{subdomain}.zendesk.com/oauth/tokens',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['users:read', 'tickets:read'],
    // Tokens expire only if asked to, and only those that do come with a refresh token.
    tokenParameters: { expires_in: '1800' },
    refreshParameters: { expires_in: '1800' },
    refresh: {
      issued: true,
      rotation: 'always',
      endsAccessToken: true,
      assumedAccessSeconds: 1800,
      idleSeconds: 2_592_000,
    },
    identity: {
      endpoint: 'https://{subdomain}.zendesk.com/api/v2/users/me.json',
      idPath: 'user.id',
      namePath: 'user.email',
    },
  },
  apiKey: {
    headers: { Authorization: 'Basic {email}/token:{api-token}' },
    help: 'https://support.zendesk.com/hc/en-us/articles/4408889192858',
  },
  apiBaseUrl: 'https://{subdomain}.zendesk.com',
  variables: [
    {
      name: 'subdomain',
      from: 'operator',
      pattern: '^[a-z0-9][a-z0-9_-]*$',
      allowedHosts: ['*.zendesk.com'],
      example: 'acme',
    },
  ],
  notes: [
    'A refresh deletes both old tokens. How long tokens live is asked for with every token request.',
    'How long a refresh token lives unused is not confirmed; 30 days are assumed.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developer.zendesk.com/documentation/api-basics/authentication/oauth-pkce',
      'https://developer.zendesk.com/documentation/api-basics/authentication/refresh-token',
      'https://support.zendesk.com/hc/en-us/articles/9182123625370',
      'https://developer.zendesk.com/rest_api/docs/support/grant_type_tokens',
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'https://github.com/preset-io/agor',
    ],
    conflicts: [
      'mcp.zendesk.com/mcp circulates in public code but does not resolve; Zendesk shipped only an MCP client as of 2026-08 (Agor).',
    ],
  },
};
