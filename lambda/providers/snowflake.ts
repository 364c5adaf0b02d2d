import type { ProviderFacts } from './provider-facts';

export const snowflake: ProviderFacts = {
  id: 'snowflake',
  name: 'Snowflake',
  oauth: {
    authorizationEndpoint: 'https://{accountHost}/oauth/authorize',
    tokenEndpoint: 'https://{accountHost}/oauth/token-request',
    pkce: 'send',
    // Client ids are base64: encoded, they are not recognised.
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['refresh_token'],
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 600 },
    identity: { idPath: 'token.username', namePath: 'token.username' },
  },
  apiKey: {
    headers: {
      Authorization: 'Bearer {key}',
      'X-Snowflake-Authorization-Token-Type': 'PROGRAMMATIC_ACCESS_TOKEN',
    },
    help: 'https://docs.snowflake.com/en/user-guide/programmatic-access-tokens',
  },
  apiBaseUrl: 'https://{accountHost}',
  variables: [
    {
      name: 'accountHost',
      from: 'operator',
      // No underscore: Snowflake's names may have one, its host names must not.
      pattern: '^[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.snowflakecomputing\\.com$',
      allowedHosts: ['*.snowflakecomputing.com'],
      example: 'myorg-myaccount.snowflakecomputing.com',
    },
  ],
  notes: [
    "The role is a scope: `session:role:ANALYST`. Give it, or the person's default role is used.",
    'Whether there are refresh tokens, and whether each works once, is a setting of the security integration.',
    "MCP servers are at `/api/v2/databases/…/schemas/…/mcp-servers/…` of the account's host, written with hyphens.",
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; that access tokens live 600 s; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: ['https://docs.snowflake.com', 'https://github.com/NangoHQ/nango', 'https://github.com/simov/grant'],
  },
};
