import type { ProviderFacts } from './provider-facts';

export const microsoft: ProviderFacts = {
  id: 'microsoft',
  name: 'Microsoft (Entra ID, Graph)',
  oauth: {
    issuer: 'https://login.microsoftonline.com/{tenant}/v2.0',
    authorizationEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    authorizationParameters: { response_mode: 'query' },
    refresh: { issued: true, rotation: 'sometimes', assumedAccessSeconds: 3599, idleSeconds: 7_776_000 },
    identity: {
      endpoint: 'https://graph.microsoft.com/v1.0/me',
      idPath: 'id',
      namePath: 'userPrincipalName',
    },
  },
  apiBaseUrl: 'https://graph.microsoft.com/v1.0',
  variables: [
    {
      name: 'tenant',
      from: 'operator',
      pattern: '^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|common|organizations|consumers)$',
      allowedHosts: ['login.microsoftonline.com', 'agent365.svc.cloud.microsoft'],
      example: '0f0f0f0f-1111-2222-3333-444444444444',
    },
  ],
  mcp: [
    { url: 'https://mcp.svc.cloud.microsoft/enterprise', registration: 'preregistered' },
    {
      url: 'https://agent365.svc.cloud.microsoft/agents/tenants/{tenant}/servers/mcp_TeamsServer',
      registration: 'preregistered',
    },
    { url: 'https://mcp.management.azure.com', registration: 'preregistered' },
  ],
  secretPatterns: [{ name: 'azure-ad-client-secret', pattern: '\\b[A-Za-z0-9_~.]{3}\\dQ~[A-Za-z0-9_~.-]{31,34}' }],
  notes: [
    'The tenant is part of every address. Give the GUID of yours: `common` and `organizations` admit accounts of any company.',
    'Without `offline_access` there is no refresh token. The old one should be dropped for the new, but is not revoked.',
    'One token is for one resource: scopes of Graph and of another API cannot be mixed.',
    'There is no revocation endpoint: a person ends access at https://myapps.microsoft.com.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; that unused refresh tokens end after 90 days.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/better-auth/better-auth',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/microsoft/mcp',
      'https://github.com/microsoft/EnterpriseMCP',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
