import type { ProviderFacts } from './provider-facts';

export const hubspot: ProviderFacts = {
  id: 'hubspot',
  name: 'HubSpot',
  oauth: {
    authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
    tokenEndpoint: 'https://api.hubapi.com/oauth/2026-03/token',
    revocation: { style: 'rfc7009', endpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke', ends: 'grant' },
    pkce: 'send',
    // In the body only, never in a header or the query.
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['oauth', 'crm.objects.contacts.read'],
    response: {
      errorMember: 'status',
      errorCodes: {
        BAD_REFRESH_TOKEN: 'invalid_grant',
        BAD_AUTH_CODE: 'invalid_grant',
        BAD_REDIRECT_URI: 'invalid_grant',
        BAD_CLIENT_ID: 'invalid_client',
        BAD_CLIENT_SECRET: 'invalid_client',
        BAD_GRANT_TYPE: 'unsupported_grant_type',
      },
    },
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 1800 },
    // A portal, not a person: the token answer names no one.
    identity: { idPath: 'token.hub_id', workspaceIdPath: 'token.hub_id' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://app.hubspot.com' },
  apiBaseUrl: 'https://api.hubapi.com',
  mcp: [
    { url: 'https://mcp.hubspot.com', registration: 'preregistered' },
    { url: 'https://app.hubspot.com/mcp/v1/http', registration: 'key' },
  ],
  secretPatterns: [
    {
      name: 'hubspot-private-app',
      pattern: '\\bpat-(?:eu|na)1-[A-Za-z0-9]{8}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{12}\\b',
    },
  ],
  notes: [
    'Errors are told by `status`, not by `error`.',
    'The first version of the OAuth API ends on 2027-02-16; these are the addresses of the one after it.',
    'The hosted MCP server wants an app of its own kind ("MCP auth app"); ordinary ones do not work there.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; what its own error codes mean; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide',
      'https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens',
      'https://developers.hubspot.com/docs/api-reference/legacy/authentication/oauth-tokens/v1/refresh-oauth-token',
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'reports of client authors',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
    conflicts: [
      'v1 vs v3 vs 2026-03 token endpoints; one doc page spells fields camelCase (accessToken) in the schema box.',
    ],
  },
};
