import type { ProviderFacts } from './provider-facts';

export const salesforce: ProviderFacts = {
  id: 'salesforce',
  name: 'Salesforce',
  oauth: {
    issuer: 'https://{loginHost}',
    authorizationEndpoint: 'https://{loginHost}/services/oauth2/authorize',
    tokenEndpoint: 'https://{loginHost}/services/oauth2/token',
    revocation: { style: 'rfc7009', endpoint: 'https://{loginHost}/services/oauth2/revoke', ends: 'token' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['openid', 'api', 'refresh_token'],
    authorizationParameters: { prompt: 'consent' },
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://{loginHost}/services/oauth2/userinfo',
      idPath: 'user_id',
      namePath: 'preferred_username',
      workspaceIdPath: 'organization_id',
    },
  },
  apiBaseUrl: '{instance_url}',
  variables: [
    {
      name: 'loginHost',
      from: 'operator',
      pattern: '^[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.salesforce\\.com$',
      allowedHosts: ['*.salesforce.com'],
      example: 'login.salesforce.com',
    },
    {
      name: 'instance_url',
      from: 'token',
      path: 'instance_url',
      pattern: '^https://[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.(?:salesforce|force)\\.com$',
      allowedHosts: ['*.salesforce.com', '*.force.com'],
      example: 'https://acme.my.salesforce.com',
    },
  ],
  mcp: [
    {
      url: 'https://api.salesforce.com/platform/mcp/v1/platform/sobject-all',
      registration: 'preregistered',
      scopes: ['mcp_api', 'refresh_token'],
    },
  ],
  secretPatterns: [
    { name: 'salesforce-access-token', pattern: '\\b00[A-Za-z0-9]{13}![A-Za-z0-9_.]{96}\\b' },
    { name: 'salesforce-consumer-key', pattern: '\\b3MVG9[0-9A-Za-z._+/=]{80,251}' },
    { name: 'salesforce-refresh-token', pattern: '\\b5AEP861[A-Za-z0-9._=]{80,}' },
  ],
  notes: [
    'No `expires_in`: refreshed when Salesforce refuses the token. How long a token lives is a setting of the organisation.',
    'Rotation of refresh tokens is a setting too; whatever comes is kept.',
    'The API is at `instance_url` of the token answer, which is accepted on hosts of Salesforce only.',
    '`loginHost` is login.salesforce.com, test.salesforce.com or your own my.salesforce.com host.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_pkce.htm',
      'https://developer.salesforce.com/docs/platform/hosted-mcp-servers/guide/hosted-mcp-servers-overview.html',
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'reports of client authors',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
